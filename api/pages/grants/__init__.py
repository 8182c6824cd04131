"""Grants: calls, applications, assessments, decisions, and the money of a grant."""
