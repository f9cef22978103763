"""What the planner gets of a search for nondominated answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from amopt.outcome import Status
from amopt.phrases import counted, money, weeks
from amopt.solution import Column, Solution
from amopt.sourcing.answer.solution import SourcingSolution

__all__ = ["Pareto"]


@dataclass(frozen=True)
class Pareto(Solution):
    """Nondominated answers, the best in the first criterion first."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "answers": (
            Column("answer", "", "Number of the answer."),
            Column("cost", "money", "What is paid for all orders."),
            Column("downtime", "money", "Cost of all waiting."),
            Column("weeks", "weeks", "Latest delivery of any line."),
            Column("kg_co2", "kg CO2", "Emissions of making and transport."),
            Column("suppliers", "", "Suppliers with an order, conventional supply among them."),
            Column("gap", "", "Proven relative gap of the first criterion."),
        ),
        "orders": (
            Column("answer", "", "Number of the answer.", shown=False),
            *(
                Column(column.name, column.unit, column.meaning, shown=False)
                for column in SourcingSolution.columns["orders"]
            ),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the answers in a few plain sentences."""
        rows = self.rows["answers"]
        if not rows:
            return ("No answer was found.",)
        ends = [
            f"{money(row['cost'], self.currency)} and {weeks(row['weeks'])}"
            for row in (rows[0], rows[-1])
        ]
        if len(rows) == 1 and self.outcome.status is not Status.OPTIMAL:
            return (f"1 answer, and there may be others: {ends[0]}.",)
        if len(rows) == 1:
            return (f"1 answer is best in both criteria: {ends[0]}.",)
        return (f"{counted(len(rows), 'answer')}, from {ends[0]} to {ends[1]}.",)
