"""The planner's road: what one decision answered becomes the instance of the next.

A decision never imports another one; this room stands above them. Each bridge takes an answer and
a template, an instance of the next decision in which an entry about part ``*`` is the pattern for
every part, and returns the next instance as plain data, with what it took from where.
"""

from __future__ import annotations

from amopt.road.chosen_parts import hand_over
from amopt.road.open_sites import printing_at_sites
from amopt.road.pattern import STAR, HandedOver, file_name

__all__ = ["STAR", "HandedOver", "file_name", "hand_over", "printing_at_sites"]
