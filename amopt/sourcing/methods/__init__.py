"""Ways of solving a sourcing instance that are faster than its formulation."""
