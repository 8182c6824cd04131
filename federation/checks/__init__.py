"""What is promised, witnessed, verified, and held against a region with proof."""
