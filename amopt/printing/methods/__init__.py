"""Ways of solving a printing instance that are faster than its formulation."""
