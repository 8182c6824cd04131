"""What somebody owes by when; derived, never stored."""
