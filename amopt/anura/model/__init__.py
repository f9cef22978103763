"""The tables of a model, and what they say of places, products, machines and time."""
