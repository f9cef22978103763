"""Answers as output tables of the schema, and where they are written."""
