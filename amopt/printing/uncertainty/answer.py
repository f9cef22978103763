"""What the planner gets: what not knowing a rate costs, and which plans withstand it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from amopt.instance.suggest import shown
from amopt.phrases import money
from amopt.solution import Column, Solution

__all__ = ["UncertaintySolution"]

SPENDING = "All that is spent in a year of 52 weeks, the unavoidable cost with it"
NOMINAL = "The plan of the file's own rate"

PLANS = {
    "nominal": NOMINAL.lower(),
    "expected": "least spending in expectation",
    "worst rate": "least spending at the worst rate of the range",
    "least regret": "least regret over the range",
}
"""The plans that are compared, and what each is best in."""

MOST_NAMED = 3
"""Parts that the headline names."""


@dataclass(frozen=True)
class UncertaintySolution(Solution):
    """What is not known of failure rates, and what it costs.

    The tables are ``uncertainty`` (one row a part), ``plans`` (four plans a part) and ``rates``
    (what the file's plan costs over the range, beside the best plan for each rate).
    """

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "uncertainty": (
            Column("part", "", "Name of the part."),
            Column("of", "", "Whose rate is not known: of the regular, or of the printed part."),
            Column("nominal_rate", "a day", "The rate of the file, by which it is planned."),
            Column("lowest_rate", "a day", "The lowest rate of the range."),
            Column("highest_rate", "a day", "The highest rate of the range."),
            Column("expected_rate", "a day", "The expected rate.", shown=False),
            Column("yearly_spending", "money", f"{SPENDING}; {NOMINAL}, in expectation."),
            Column("worth_replanning", "money", "What the best plan in expectation saves a year."),
            Column("worth_knowing", "money", "What knowing the rate would save beyond that."),
            Column("largest_regret", "money", "The most that the file's plan loses a year ..."),
            Column("regret_rate", "a day", "... and the rate at which it does.", shown=False),
        ),
        "plans": (
            Column("part", "", "Name of the part."),
            Column("best_in", "", "nominal, expected, worst rate, or least regret."),
            Column("base_stock", "parts", "With each replenishment, order up to so many."),
            Column("plan", "days to go", "What is done for a system that waits."),
            Column("expected_spending", "money", f"{SPENDING}, in expectation."),
            Column("worst_spending", "money", f"{SPENDING}, at the worst rate."),
            Column("worst_rate", "a day", "The rate at which it costs most.", shown=False),
            Column("largest_regret", "money", "What it costs more than the best plan, at most ..."),
            Column("regret_rate", "a day", "... which is at this rate.", shown=False),
        ),
        "rates": (
            Column("part", "", "Name of the part.", shown=False),
            Column("rate", "a day", "A rate of the range.", shown=False),
            Column("yearly_spending", "money", f"{SPENDING}; {NOMINAL}.", shown=False),
            Column("least_spending", "money", "The same of the best plan for it.", shown=False),
            Column("base_stock", "parts", "The level of that plan.", shown=False),
            Column("plan", "days to go", "What that plan does.", shown=False),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        return tuple(self._sentences())

    def _sentences(self) -> Iterator[str]:
        rows = sorted(self.rows["uncertainty"], key=lambda row: -row["worth_knowing"])
        for row in rows[:MOST_NAMED]:
            low, high = row["lowest_rate"], row["highest_rate"]
            yield (
                f"Part {shown(row['part'])}: with a rate between {low:.3g} and {high:.3g} a day "
                f"the file's plan costs at most {money(row['largest_regret'], self.currency)} a "
                "year more than the best plan for the rate; planning for the belief saves "
                f"{money(row['worth_replanning'], self.currency)}, and knowing the rate would be "
                f"worth another {money(row['worth_knowing'], self.currency)} a year."
            )
            stocks = {
                plan["best_in"]: plan for plan in self.rows["plans"] if plan["part"] == row["part"]
            }
            robust = stocks["worst rate"]
            yield (
                f"Against the worst rate: order up to {robust['base_stock']}, {robust['plan']}; "
                f"{money(robust['worst_spending'], self.currency)} a year at the most."
            )
