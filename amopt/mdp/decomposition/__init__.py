"""Processes whose cost depends on where they stay: their end components, and the way there."""
