"""What a maintenance file says: the parts, their lives, what things cost, and limits."""

from amopt.maintenance.instance.fields import CODES, MaintenanceInstance

__all__ = ["CODES", "MaintenanceInstance"]
