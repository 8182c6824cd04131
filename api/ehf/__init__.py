"""Invoices and credit notes as EHF: Peppol BIS Billing 3.0 in UBL 2.1.

``document`` says what stands in one, ``writing`` and ``reading`` are each other's
inverse, ``exact`` checks to the øre what the official rules forgive.
"""
