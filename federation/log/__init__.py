"""How a region's log grows on the journal: commands, seals, epochs, membership.

And how far each log is complete, and what of another region's is admitted.
"""
