"""Invoices: made, attested, approved, disputed, credited, paid."""
