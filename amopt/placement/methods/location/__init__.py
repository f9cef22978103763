"""Sites with one capacity each: prices, knapsacks, transport, and a tree over what is open."""
