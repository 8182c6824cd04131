"""Runs of whole federations on a virtual clock, and bugs planted in them."""
