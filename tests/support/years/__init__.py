"""Random business years as folders, the same for the same seed."""
