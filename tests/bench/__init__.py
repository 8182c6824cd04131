"""How fast it is, as ratios: our path beside a peer or the bare limit, in one run."""
