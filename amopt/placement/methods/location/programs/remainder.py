r"""What a tree leaves open of split supply, as a program for the solver.

The facilities that may be open at some node, with those of the best plan, and the rows of
:mod:`~amopt.placement.methods.location.programs.program`; what is left out costs at least as much
as the bound from which on a node is ended. Smaller programs for better plans are not tried: the
tree has found good ones, and proofs are what it lacks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.covering import Cover
from amopt.placement.methods.location.programs.program import SingleSourceProgram
from amopt.placement.methods.location.transportation import Shipment
from amopt.program.linear import LinearProgram

__all__ = ["Remainder"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Remainder:
    """The program of what is left.

    Attributes
    ----------
    program
        The program.
    start
        The values of the best plan in it, shape (n,).
    sites
        The facilities in it, as positions among all.
    choice
        The positions among those that need not be open; their columns are the last.
    """

    program: LinearProgram
    start: Floats
    sites: Ints
    choice: Ints

    @classmethod
    def of(
        cls, facilities: Facilities, cover: Cover, may: Flags, must: Flags, best: Shipment
    ) -> Remainder:
        """Write the program down.

        Parameters
        ----------
        facilities, cover
            All facilities, and how many of them must be open.
        may, must
            Which of them may and must be open where anything is left, shape (facilities,).
        best
            The best plan; it is in the program, whatever is settled.
        """
        opened = np.isin(np.arange(facilities.sites), best.opened)
        sites = np.flatnonzero(may | opened)
        weight, held = cover.weight[sites], cover.weight[opened].sum()
        least, most = min(cover.least, held), max(cover.most, held)
        inside = Cover(weight, least, most, (must & opened)[sites])
        problem = facilities.take(sites)
        every = np.isfinite(problem.cost)
        written = SingleSourceProgram.of(problem, inside, every, np.isfinite(problem.free), np.inf)
        supplies = written.pair.size
        column = np.full((sites.size + 1, problem.pairs), -1, dtype=np.int64)
        column[written.source, written.pair] = np.arange(supplies)  # the last row is source -1
        start = np.zeros(written.program.shape[1])
        spot = np.searchsorted(sites, best.source)
        start[column[np.where(best.source < 0, -1, spot), best.pair]] = best.share
        start[supplies:] = opened[sites][written.choice]
        whole = np.arange(start.size) >= supplies
        return cls(replace(written.program, integer=whole), start, sites, written.choice)

    def opened(self, values: Floats) -> Ints:
        """Return the facilities that are open in an answer, as positions among all."""
        settled = np.ones(self.sites.size, dtype=bool)
        settled[self.choice] = values[values.size - self.choice.size :] > 0.5
        return self.sites[settled]
