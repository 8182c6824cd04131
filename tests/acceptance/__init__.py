"""Whole years through whole federations, by command line and HTTP."""
