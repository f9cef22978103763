"""How values and outcomes read, in the terminal and on the page alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.outcome import Outcome, Status, Stopped
from amopt.phrases import amount, listed, money, visible
from amopt.solution import Column, Solution
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.scenarios.standing import Standing

__all__ = [
    "ROUNDING",
    "gap_in_words",
    "idle_columns",
    "left_out",
    "proven",
    "rounding_of",
    "shown",
    "worth",
]

SIGNIFICANT = 4
"""Digits of a measured number that a planner can act on."""

ROUNDING = 1e-9
"""Below this, a number that a table shows, or a relative gap, is zero but for rounding."""

SMALLEST = 0.005
"""What two digits after the point would show as zero."""

LEAST_WRITTEN_OUT = 1e-10
"""Money below which it is shown with an exponent."""

MOST_WRITTEN_OUT = 1e15
"""Size from which a number is shown with an exponent: floats have no digits behind the point."""

TWO_DIGITS = ("money", "%", "weeks")
"""Units that are shown with two digits after the point."""


def shown(value: Any, unit: str = "", least: float = ROUNDING, digits: int = 0) -> str:
    """Return a value as a planner reads it, never with an exponent that a table can avoid.

    Parameters
    ----------
    value
        The value.
    unit
        Its unit.
    least
        Below this, money is zero but for rounding; see :func:`rounding_of`.
    digits
        Significant digits, as of :class:`amopt.solution.Column`.
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value, unit, least if unit == "money" else ROUNDING, digits)
    return f"{value:,}" if isinstance(value, int) else visible(str(value))


def _number(value: float, unit: str, least: float, digits: int) -> str:
    """Return a number: money, shares of a hundred and weeks with two digits after the point."""
    size = abs(value)
    if not math.isfinite(value) or size >= MOST_WRITTEN_OUT:
        return f"{value:.{digits or SIGNIFICANT}g}"
    if size < least:
        return "0.00" if unit in TWO_DIGITS else "0"
    if unit in TWO_DIGITS and not digits:
        return _small(value) if size < SMALLEST else f"{value:,.2f}"
    return amount(value, max(0, (digits or SIGNIFICANT) - 1 - math.floor(math.log10(size))))


def _small(value: float) -> str:
    """Return money below a cent; what twelve digits do not show has an exponent."""
    return money(value) if abs(value) >= LEAST_WRITTEN_OUT else f"{value:.{SIGNIFICANT - 1}g}"


def rounding_of(rows: Sequence[Mapping[str, Any]], columns: Iterable[Column]) -> float:
    """Return below which money of a table is zero but for rounding, by its largest amount.

    Where all money of a table is below one, as in billionths, none of it is hidden by a fixed
    measure.
    """
    names = [column.name for column in columns if column.unit == "money"]
    sizes = (abs(row[name]) for row in rows for name in names if _is_finite(row.get(name)))
    return ROUNDING * min(1.0, max(sizes, default=1.0) or 1.0)


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def idle_columns(rows: Sequence[Mapping[str, Any]], columns: Iterable[Column]) -> list[str]:
    """Return the names of the columns that are zero or empty in every row.

    A gap that is empty is not known, which is not nothing.
    """
    columns = tuple(columns)
    least = rounding_of(rows, columns)
    return [
        column.name
        for column in columns
        if all(
            _is_nothing(row.get(column.name), least if column.unit == "money" else ROUNDING)
            for row in rows
        )
        and any(row.get(column.name) is not None for row in rows)
        and not (column.name == "gap" and any(row.get("gap") is None for row in rows))
    ]


def _is_nothing(value: Any, least: float) -> bool:
    return value is None or (type(value) in (int, float) and abs(value) < least)


def gap_in_words(gap: float | None) -> str:
    """Return a relative gap between objective and bound in words."""
    if gap is None:
        return "no bound"
    return "gap 0 %" if gap <= ROUNDING else f"gap {_percent(100 * gap)} %"


def proven(outcome: Outcome | Standing) -> str:
    """Say how near to the best an answer is known to be; nothing where ``optimal`` says it.

    A rule, or what was solved elsewhere, ends without a claim; a search that was stopped has no
    bound yet; what has no objective has none to be near to.
    """
    if outcome.objective is None:
        return ""
    if outcome.gap is not None or outcome.stopped is not Stopped.FINISHED:
        return gap_in_words(outcome.gap)
    return "" if outcome.status == Status.OPTIMAL else "not claimed to be the best"


def _percent(percent: float) -> str:
    if not 1e-12 <= percent < 1e15:
        return f"{percent:.2g}"
    return amount(percent, max(0, 1 - math.floor(math.log10(percent))))


def worth(solution: Solution) -> str:
    """Return one line on what the answer is worth."""
    outcome, verdict = solution.outcome, solution.verdict
    by = f" by {outcome.method}" if outcome.method else ""
    meaning = solution.objective_meaning or "objective"
    parts = []
    if outcome.objective is not None:
        unit = f" {solution.currency}" if solution.currency else ""
        parts = [f"{meaning} {_measured(outcome.objective)}{unit}", proven(outcome)]
    said = "; ".join(
        [
            *([", ".join(filter(None, parts))] if parts else []),
            f"{outcome.total_seconds:.2f} s",
            _judged(verdict),
        ]
    )
    told = f"{outcome.status}{_stopped(outcome)}{by}"
    if solution.status is Status.REFUSED:
        told = "refused" if outcome.status is Status.REFUSED else f"refused (said to be {told})"
    return f"{told}: {said}."


def _measured(value: float) -> str:
    """Return a number with six significant digits, and all that it has before the point."""
    if value and 1e-4 <= abs(value) < MOST_WRITTEN_OUT:
        return amount(value, max(0, 5 - math.floor(math.log10(abs(value)))))
    return f"{value:.6g}"


def _judged(verdict: Verdict) -> str:
    """Say what the referee said; an answer of which nothing was checked is not accepted by that."""
    if not verdict.accepted:
        return "refused by the referee"
    if not verdict.checks:
        return "not judged by the referee"
    return f"accepted by the referee ({verdict.checks:,} checks)"


def _stopped(outcome: Outcome) -> str:
    """Say why the solver stopped where the answer is not optimal."""
    return "" if outcome.status is Status.OPTIMAL else f" ({outcome.stopped})"


def left_out(names: Sequence[str]) -> str:
    """Say which columns a table leaves out, because every one of their values is zero."""
    return f"All zero, and left out: {listed([name.replace('_', ' ') for name in names])}."
