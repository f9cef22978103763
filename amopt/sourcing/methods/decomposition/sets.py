"""Sets of segments that the lines of a part may order on together."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

__all__ = ["Sets"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass
class Sets:
    """Sets of segments, k of each at most, of parts of L lines.

    Attributes
    ----------
    part
        The part, shape (n,).
    segment
        Its segments, -1 where there are fewer, shape (n, k).
    lower, upper
        Parts of the order on each, shape (n, k).
    able
        Whether a line may take part in the order, shape (n, k, L).
    since
        What each line waits for at least, shape (n, L).
    least
        What a plan of the set costs at least, shape (n,).
    """

    part: Ints
    segment: Ints
    lower: Floats
    upper: Floats
    able: Bools
    since: Floats
    least: Floats

    def __len__(self) -> int:
        return self.part.size

    def take(self, which: Ints | Bools) -> Sets:
        """Return some of them, as copies."""
        return Sets(*(getattr(self, own.name)[which].copy() for own in fields(self)))

    @staticmethod
    def together(sets: list[Sets]) -> Sets:
        """Return several of them in one."""
        return Sets(
            *(np.concatenate([getattr(one, own.name) for one in sets]) for own in fields(Sets))
        )

    def widened(self, wide: int) -> Sets:
        """Return them with room for so many segments each."""
        more = wide - self.segment.shape[1]
        width = ((0, 0), (0, more))
        return Sets(
            self.part,
            np.pad(self.segment, width, constant_values=-1),
            np.pad(self.lower, width),
            np.pad(self.upper, width),
            np.pad(self.able, (*width, (0, 0))),
            self.since,
            self.least,
        )
