"""Folders, plans, settings, keys and the command line."""
