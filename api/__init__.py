"""The doors: HTTP commands and queries, problems, metrics, and their words."""
