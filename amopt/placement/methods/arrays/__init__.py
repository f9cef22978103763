"""The formulation compiled straight to sparse arrays."""
