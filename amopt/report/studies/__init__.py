"""What came of many computations: the literature again, and one instance many times."""
