"""What failure rates that are not known well cost, and which plans withstand them."""

from __future__ import annotations

from amopt.printing.uncertainty.analysis import study
from amopt.printing.uncertainty.answer import UncertaintySolution

__all__ = ["UncertaintySolution", "study"]
