"""What is verified before it is kept, and held against a region with proof."""
