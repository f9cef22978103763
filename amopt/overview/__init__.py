"""What an instance holds, seen before it is solved."""

from amopt.overview.overview import Overview, show

__all__ = ["Overview", "show"]
