"""What is hashed and signed: entries, Merkle trees, checkpoints, pages and keys.

Nothing here does IO or asks a clock.
"""
