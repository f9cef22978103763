"""What the planner gets of a replay: what was decided when, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from amopt.solution import Column, Solution

__all__ = ["Replay"]


@dataclass(frozen=True)
class Replay(Solution):
    """What a replay did, event by event, and what it cost against knowing all in advance."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "steps": (
            Column("step", "", "number of the decision"),
            Column("weeks", "weeks", "when it is decided, from the start"),
            Column("date", "", "the day then, where the files have dates"),
            Column("events", "", "what happened"),
            Column("status", "", "what the decision is worth: optimal, feasible, wait, or none"),
            Column("lines_open", "lines", "lines to decide"),
            Column("parts_open", "parts", "parts that they need"),
            Column("orders", "orders", "orders that the decision makes"),
            Column("paid", "money", "cost of all orders placed before and of these"),
            Column("gap", "", "proven relative gap of the decision"),
            Column("reason", "", "why no plan exists, where lines wait", shown=False),
        ),
        "decisions": (
            Column("step", "", "number of the decision", shown=False),
            Column("weeks", "weeks", "when it is decided, from the start"),
            Column("line", "", "order line"),
            Column("part", "", "part"),
            Column("supplier", "", "supplier, or conventional"),
            Column("order", "", "number of the order, which lines may share", shown=False),
            Column("route", "", "route of the offer", shown=False),
            Column("material", "", "material of the offer", shown=False),
            Column("quantity", "parts", "parts ordered"),
            Column("cost", "money", "what is paid for them"),
            Column("placed_weeks", "weeks", "when the order is placed, from the start"),
            Column("delivered_weeks", "weeks", "when it is delivered, from the start"),
            Column("placed_date", "", "day on which it is placed, where the files have dates"),
            Column("delivered_date", "", "day on which it is received"),
            Column("state", "", "placed; planned and decided again later; lost; or given"),
        ),
        "lines": (
            Column("line", "", "order line"),
            Column("part", "", "part"),
            Column("quantity", "parts", "parts needed"),
            Column("since_weeks", "weeks", "when it came in, from the start"),
            Column("delivered_weeks", "weeks", "when its last order is delivered"),
            Column("delivered_date", "", "day on which that is received"),
            Column("waited_weeks", "weeks", "how long it waited"),
            Column("cost", "money", "what is paid for it"),
            Column("downtime_cost", "money", "what its waiting costs"),
            Column("objective", "money", "weighted sum of what is minimised"),
            Column("bound", "money", "the least with all events known in advance"),
            Column("regret", "money", "the difference of the two; below 0: another paid tooling"),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the replay in a few plain sentences."""
        money, steps = self.currency, len(self.rows["steps"])
        paid = sum(row["cost"] for row in self.rows["lines"])
        downtime = sum(row["downtime_cost"] for row in self.rows["lines"])
        said = [
            f"{steps} decisions for {len(self.rows['lines'])} lines: {paid:,.2f} {money} paid, "
            f"{downtime:,.2f} {money} of downtime."
        ]
        objective, bound = self.outcome.objective, self.outcome.bound
        if objective is not None and bound is not None:
            said.append(
                f"Knowing all events in advance could have saved {objective - bound:,.2f} {money} "
                "at most."
            )
        return tuple(said)
