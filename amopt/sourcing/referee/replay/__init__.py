"""The referee of a replay: what happened, lived through once more, and the tables that tell it."""
