"""The instance file of sourcing: its fields, what is checked beyond them, and its codes."""

from amopt.sourcing.instance.fields import CODES, Instance

__all__ = ["CODES", "Instance"]
