"""An answer put together from a plan: its tables, and the comparisons beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.decision import answered
from amopt.outcome import Outcome
from amopt.phrases import counted, listed
from amopt.sourcing.answer.solution import SourcingSolution
from amopt.sourcing.answer.tables import notes, switchover_rows
from amopt.sourcing.evaluation import Evaluation
from amopt.sourcing.instance.fields import Line
from amopt.sourcing.offers.analysis import Analysis, analysis_of
from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["answer_of", "switchover"]

Ints = NDArray[np.int64]

MOST_NAMED = 5
"""Lines that a note names."""


def switchover(supply: SupplyOptions, compared: tuple[Ints, Analysis]) -> list[dict[str, Any]]:
    """Return the comparisons as rows, those of a part without a line at a quantity of one."""
    instance = supply.instance
    rows = switchover_rows(supply, *compared)
    asked = {line.part for line in instance.lines}
    idle = sorted({offer.part for offer in instance.offers} - asked)
    if idle:
        lines = tuple(Line(line=part, part=part, quantity=1) for part in idle)
        other = SupplyOptions.of(instance.unchecked_copy(lines=lines, committed=()))
        rows += [{**row, "line": ""} for row in switchover_rows(other, *analysis_of(other))]
    return rows


def answer_of(
    supply: SupplyOptions, plan: Evaluation, rows: dict[str, list[dict[str, Any]]], outcome: Outcome
) -> SourcingSolution:
    """Return an answer that the referee has not seen yet."""
    instance = supply.instance
    return answered(
        SourcingSolution,
        instance,
        outcome,
        rows,
        notes=(*notes(plan), *_unmet_notes(rows["lines"]), *_rule_notes(rows["lines"])),
        meaning=instance.objective_meaning,
        instance=instance,
    )


def _unmet_notes(lines: list[dict[str, Any]]) -> list[str]:
    """Say which lines do not get all that they ask for."""
    short = [row for row in lines if row["unmet"]]
    told = [
        f"Line {row['line']!r}: {row['unmet']:.10g} of {row['quantity']:.10g} parts of "
        f"{row['part']!r} are not supplied."
        for row in short[:MOST_NAMED]
    ]
    more = len(short) - len(told)
    return [*told, f"So are parts of {counted(more, 'more line')}: see lines."] if more else told


def _rule_notes(lines: list[dict[str, Any]]) -> list[str]:
    """Say where the frontier rule would cost more than not using AM at all."""
    worse = [
        repr(row["line"])
        for row in lines
        if row["cost_of_frontier_rule"] is not None
        and row["cost_of_conventional"] is not None
        and row["cost_of_frontier_rule"] > row["cost_of_conventional"] * (1 + 1e-9)
    ]
    if not worse:
        return []
    which = f"line{'s' if len(worse) > 1 else ''} {listed(worse, most=MOST_NAMED)}"
    return [
        f"For {which} the frontier rule costs more than conventional supply: it counts the tooling "
        "once for each supplier that it uses. The method corrected-frontier counts it once."
    ]
