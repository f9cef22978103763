"""The referee of what policies do: distributions worked out again, simulations against them."""
