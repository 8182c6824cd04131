"""Benchmarks: our path beside a peer or the bare limit, as ratios."""
