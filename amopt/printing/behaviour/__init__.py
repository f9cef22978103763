"""What a policy does: distributions of a cycle and a year, exactly, and by simulation."""
