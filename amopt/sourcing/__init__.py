"""From which suppliers to order, and how many of each, now."""
