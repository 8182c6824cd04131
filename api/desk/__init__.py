"""What a node keeps for its people that is no fact: sessions, and what they wish.

It lies in a database of its own beside the journal, never leaves the node, and nothing
is decided from it. Losing it signs everybody out, and loses no fact.
"""
