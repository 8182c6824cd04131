"""Agreements: one with its versions, the list, and all that is said to a version."""
