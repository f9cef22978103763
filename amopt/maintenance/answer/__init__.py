"""What leaves: the solution's tables, its headline and its figures."""
