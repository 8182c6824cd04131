"""What runs in a node: sends, receives, repairs, restores, compares, announces."""
