"""One instance solved under many changes: a grid or a list of them, on any executor, resumable."""

from __future__ import annotations

from amopt.scenarios.sweep.changes import Change, Point, from_list, grid, variation
from amopt.scenarios.sweep.run import Sweep, sweep

__all__ = ["Change", "Point", "Sweep", "from_list", "grid", "sweep", "variation"]
