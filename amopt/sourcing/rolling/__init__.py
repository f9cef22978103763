"""The decision taken again and again, on a rolling horizon, as events come in."""
