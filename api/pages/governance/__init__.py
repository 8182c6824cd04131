"""Networks that are governed: bodies, seats, elections, plans, reports, invitations."""
