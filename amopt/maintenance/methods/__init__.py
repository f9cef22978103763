"""Ways of finding the best policy."""
