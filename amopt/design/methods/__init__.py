"""Ways of choosing: each component by itself, and the formulation handed to the solver."""
