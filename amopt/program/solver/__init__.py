"""The one door to the solver: options in, a validated answer out."""
