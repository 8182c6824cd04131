"""Faults of every kind, drawn by lot, while a year is played on the real thing."""
