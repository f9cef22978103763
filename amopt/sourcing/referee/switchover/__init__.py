"""What the referee says of the comparison of every offer with conventional supply."""

from __future__ import annotations

from amopt.sourcing.referee.switchover.comparison import Reach, check_switchover

__all__ = ["Reach", "check_switchover"]
