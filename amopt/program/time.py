"""One budget of time: what is left of the limit, and the seconds of each phase.

Every phase of a solve looks at the same budget, so that work before or beside the solver counts
against the limit that the caller gave.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from amopt.errors import NoAnswerError

if TYPE_CHECKING:
    from amopt.program.solver.options import Options

__all__ = ["PHASES", "Budget"]

PHASES = logging.getLogger("amopt.phase")
"""Told of each phase as it begins; what a terminal shows of a long solve is heard here."""

LEAST = 0.01
"""Seconds that a solver is given at least, so that it can say that it had no time."""


EXPLAINING = 20.0
"""Seconds for saying why there is no plan where there is no time limit."""

LEAST_EXPLAINING = 5.0
"""Seconds for saying why there is no plan where less is left of the time limit."""


class Budget:
    """The time that a solve may take.

    Parameters
    ----------
    limit
        Seconds of wall clock from now; None for no limit.
    of
        What the limit is called.
    """

    def __init__(self, limit: float | None = None, *, of: str = "the time limit") -> None:
        self.limit, self.of = limit, of
        self.seconds: dict[str, float] = {}
        self._began = time.perf_counter()

    @property
    def spent(self) -> float:
        """Seconds since the budget was made."""
        return time.perf_counter() - self._began

    @property
    def left(self) -> float | None:
        """Seconds that are left, 0 or more; None where there is no limit."""
        return None if self.limit is None else max(0.0, self.limit - self.spent)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return self.left == 0.0

    def require(self, what: str) -> None:
        """Raise where nothing is left for what comes next.

        Parameters
        ----------
        what
            What was not done in time, such as ``"the stock levels were listed"``.

        Raises
        ------
        NoAnswerError
            When the limit has been reached.
        """
        if self.is_over:
            raise NoAnswerError(
                f"{self.of} of {self.limit:g} s was reached before {what}: allow more time"
            )

    def to_explain(self) -> Budget:
        """Return the time for saying why there is no plan, which is an answer too.

        What is left of the limit, though no less than :data:`LEAST_EXPLAINING`, or the limit once
        more where that is shorter; without a limit, :data:`EXPLAINING`.
        """
        if self.limit is None:
            return Budget(EXPLAINING, of="the time for an explanation")
        return Budget(max(self.left or 0.0, min(LEAST_EXPLAINING, self.limit)))

    def options(self, options: Options, share: float = 1.0) -> Options:
        """Return solver options whose time limit is a share of what is left."""
        left = self.left
        return options if left is None else replace(options, time_limit=max(share * left, LEAST))

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the seconds of a block to those of a phase, such as ``"build"``."""
        began = time.perf_counter()
        PHASES.info("%s", name)
        try:
            yield
        finally:
            spent = time.perf_counter() - began
            self.seconds[name] = self.seconds.get(name, 0.0) + spent
