"""The instance file of placement: its fields, what is checked beyond them, and its codes."""

from amopt.placement.instance.fields import CODES, Instance

__all__ = ["CODES", "Instance"]
