"""Bodies and their seats, chairs, gatherings, plans and yearly reports."""
