"""The numbers that the sources print, computed again.

``sources/`` holds what is printed, with its digits, and the verdict that is recorded of it;
``computations/`` holds the functions that those files name. Nothing that is computed is written
down: :func:`reproduce` computes it anew.
"""

from __future__ import annotations

from amopt.reproduce.printed import Verdict, names, source
from amopt.reproduce.run import Number, Reproduction, compute, reproduce

__all__ = ["Number", "Reproduction", "Verdict", "compute", "names", "reproduce", "source"]
