"""The only way to the solver: options in, a validated answer out."""
