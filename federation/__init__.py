"""The journal, and how the regions agree on each other's.

An entry is appended to the home region's journal, sealed in a page under a
signed checkpoint, carried by NATS, verified, and appended as the other
region's entry. NATS only carries (law 1).
"""
