"""An answer put together from a plan: its tables, and the comparisons beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.decision import answered
from amopt.outcome import Outcome
from amopt.sourcing.answer.notes import notes
from amopt.sourcing.answer.solution import SourcingSolution
from amopt.sourcing.answer.tables import switchover_rows
from amopt.sourcing.evaluation import Evaluation
from amopt.sourcing.instance.fields import Line
from amopt.sourcing.offers.analysis import Analysis, analysis_of
from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["answer_of", "switchover"]

Ints = NDArray[np.int64]


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
    supply: SupplyOptions,
    plan: Evaluation,
    rule: Evaluation,
    rows: dict[str, list[dict[str, Any]]],
    outcome: Outcome,
) -> SourcingSolution:
    """Return an answer that the referee has not seen yet."""
    instance = supply.instance
    return answered(
        SourcingSolution,
        instance,
        outcome,
        rows,
        notes=notes(plan, rows["lines"], rule),
        meaning=instance.objective_meaning,
        instance=instance,
    )
