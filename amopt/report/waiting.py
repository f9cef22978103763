"""What a terminal shows while work goes on: phase, time, gap, and what is left of the limit."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from amopt.phrases import counted
from amopt.program.time import PHASES
from amopt.report.terminal import console

if TYPE_CHECKING:
    from amopt.program.solver.run import Progress

__all__ = ["Told", "Waiting", "counting", "following", "watching"]

BLOCKS = "▁▂▃▄▅▆▇█"
"""Heights of the gap over time."""

WIDTH = 16
"""Letters in which the gap over time is drawn."""


class Waiting(logging.Handler):
    """The line that a terminal shows of work that goes on; it is written anew as time passes.

    Parameters
    ----------
    limit
        Seconds that the work may take; None for no limit.
    of
        What it is that is done.
    """

    def __init__(self, limit: float | None = None, *, of: str = "working") -> None:
        super().__init__()
        self._limit, self._phase = limit, of
        self._began = time.perf_counter()
        self._heard: Progress | None = None
        self._gaps: list[tuple[float, float]] = []
        self._count: tuple[int, int] | None = None
        self._found = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Hear of a phase that begins."""
        self._phase = record.getMessage()
        self._heard, self._gaps = None, []  # what was heard is of the phase before

    def hear(self, progress: Progress) -> None:
        """Hear of a running solve."""
        if progress.found is not None:
            self._found, self._heard, self._gaps = progress.found, None, []
            return
        if self._heard is not None and progress.seconds < self._heard.seconds:
            self._gaps = []  # another solve has begun
        self._heard = progress
        if progress.gap is not None:
            self._gaps.append((self._spent, progress.gap))

    def count(self, ended: int, of: int) -> None:
        """Hear of how many pieces of the work have ended, and how many there are."""
        self._count = ended, of
        self._heard, self._gaps = None, []

    @property
    def _spent(self) -> float:
        return time.perf_counter() - self._began

    def __rich__(self) -> Text:
        """Return the line as it is now."""
        return Text(", ".join(self.words()), no_wrap=True, overflow="ellipsis")

    def words(self) -> list[str]:
        """Return what the line says, piece by piece."""
        spent = self._spent
        words = [self._phase, f"{spent:.0f} s"]
        if self._limit is not None:
            words[-1] += f" of {self._limit:g} s, {max(0.0, self._limit - spent):.0f} s left"
        if self._count is not None:
            ended, of = self._count
            words.append(f"{ended:,} of {of:,} done")
            if 0 < ended < of:
                words.append(f"about {spent / ended * (of - ended):.0f} s to go")
        if self._found:
            words.append(f"{counted(self._found, 'answer')} found")
        heard = self._heard
        if heard is not None:
            if heard.objective is not None:
                words.append(f"best {heard.objective:,.6g}")
            if heard.bound is not None:
                words.append(f"bound {heard.bound:,.6g}")
            if heard.gap is not None:
                words.append(f"gap {100 * heard.gap:.2f} % {over_time(self._gaps)}".rstrip())
        return words


def over_time(gaps: list[tuple[float, float]]) -> str:
    """Return the gaps over time as a row of blocks, each the last gap of its stretch of time.

    A gap without an end, as to an objective of zero, is as high as blocks are.
    """
    gaps = [(moment, gap) for moment, gap in gaps if not math.isnan(gap)]
    if len(gaps) < 2:
        return ""
    first, last = gaps[0][0], gaps[-1][0]
    highest = max((gap for _, gap in gaps if math.isfinite(gap)), default=1.0) or 1.0
    if last <= first or all(gap <= 0 for _, gap in gaps):
        return ""
    drawn, position = [], 0
    for place in range(WIDTH):
        until = first + (last - first) * (place + 1) / WIDTH
        while position + 1 < len(gaps) and gaps[position + 1][0] <= until:
            position += 1
        height = min(1.0, max(0.0, gaps[position][1] / highest))
        drawn.append(BLOCKS[round(height * (len(BLOCKS) - 1))])
    return "".join(drawn)


@contextmanager
def _shown(waiting: Waiting) -> Iterator[None]:
    """Show a line on standard error as long as a block runs."""
    level, up = PHASES.level, PHASES.propagate
    PHASES.addHandler(waiting)
    PHASES.setLevel(logging.INFO)
    PHASES.propagate = False
    try:
        with console(to_errors=True).status(waiting):
            yield
    finally:
        PHASES.removeHandler(waiting)
        PHASES.setLevel(level)
        PHASES.propagate = up


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told of work: how many pieces have ended, and of the solve that runs."""

    count: Callable[[int, int], None] | None = None
    hear: Callable[[Progress], None] | None = None


@contextmanager
def following(*, wanted: bool, limit: float | None = None, of: str = "solving") -> Iterator[Told]:
    """Show work on standard error, where somebody can see it.

    Parameters
    ----------
    wanted
        Whether it is to be shown; where standard error is no terminal, nothing is.
    limit
        Seconds that it may take.
    of
        What is done, until the first phase is heard of.

    Yields
    ------
    Told
        What is to be told of the work; nothing, where it is not shown.
    """
    if not (wanted and sys.stderr.isatty()):
        yield Told()
        return
    waiting = Waiting(limit, of=of)
    with _shown(waiting):
        yield Told(waiting.count, waiting.hear)


@contextmanager
def watching(
    *, wanted: bool, limit: float | None = None, of: str = "solving"
) -> Iterator[Callable[[Progress], None] | None]:
    """Show a running solve, as :func:`following` does; gives what is to be told of progress."""
    with following(wanted=wanted, limit=limit, of=of) as told:
        yield told.hear


@contextmanager
def counting(
    *, wanted: bool, limit: float | None = None, of: str = "solving"
) -> Iterator[Callable[[int, int], None] | None]:
    """Show how much of several pieces of work has ended, as :func:`following` does."""
    with following(wanted=wanted, limit=limit, of=of) as told:
        yield told.count
