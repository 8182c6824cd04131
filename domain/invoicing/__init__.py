"""Invoices and credit notes, and what the payer says of them."""
