"""The own organisation: its people, mandates, programs, notices, and what they have read."""
