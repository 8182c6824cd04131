"""The read models: convergence, positions, and every question."""
