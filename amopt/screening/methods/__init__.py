"""Ways of choosing parts that are faster than the formulation; each names what it honours."""
