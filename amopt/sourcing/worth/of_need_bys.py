"""By when lines are needed, as limits that move by days."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from amopt.sourcing.instance.calendars import arrival
from amopt.sourcing.worth.stated import StatedLimit

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance, Line

__all__ = ["A_DAY", "of_lines"]

A_DAY = 1 / 7
"""A day, in weeks."""


def of_lines(instance: Instance) -> Iterator[StatedLimit]:
    """Yield by when lines are needed.

    A need-by that is a day moves as the day that the file says: what arrives by the last working
    day before it is in time, so that a day more may change nothing, and the next one much. It is
    used up to the day on which the line is received.
    """
    for n, line in enumerate(instance.lines):
        begin = instance.order_date
        if line.need_by is not None and begin is not None:
            due = float((line.need_by - begin).days * A_DAY)
        elif line.need_by_weeks is not None:
            due = line.need_by_weeks
        else:
            continue
        yield StatedLimit(
            *("need_by", line.line, "", due, A_DAY, "weeks"),
            at=_due(instance, n),
            used=_used(instance, line),
            begin=begin,
        )


def _due(instance: Instance, index: int) -> Callable[[float | None], Instance]:
    def at(value: float | None) -> Instance:
        lines: list[Line] = list(instance.lines)
        changed: dict[str, Any] = {"need_by": None, "need_by_weeks": value}
        begin = instance.order_date
        if value is not None and lines[index].need_by is not None and begin is not None:
            days = math.floor(value / A_DAY + 1e-6)
            if days <= (date.max - begin).days:
                changed = {"need_by": begin + timedelta(days=days)}
        lines[index] = lines[index].model_copy(update=changed)
        return instance.unchecked_copy(lines=tuple(lines))

    return at


def _used(instance: Instance, line: Line) -> Callable[[Solution], float]:
    """Return what tells in how many weeks a line is there; received, where a day is asked for."""
    begin = instance.order_date

    def used(solution: Solution) -> float:
        weeks = next(r["weeks"] for r in solution.rows["lines"] if r["line"] == line.line)
        if line.need_by is None or begin is None:
            return float(weeks)
        day = arrival(begin, weeks, instance.calendar(line.place))
        return float(weeks if day is None else (day - begin).days * A_DAY)

    return used
