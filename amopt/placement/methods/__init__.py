"""Ways of solving a placement instance that are faster than its formulation."""
