"""The referee: recomputes what buyers do and pay, and searches for a contract that earns more."""
