"""The referee: recomputes every table from the instance alone; it never sees a model."""
