"""Checks an answer from the instance alone; it never sees a model."""
