"""Calls, applications, awards and what became of the money."""
