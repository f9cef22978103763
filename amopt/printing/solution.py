"""What the planner gets: stock, thresholds and costs of each part, with and without the printer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.printing import cycle
from amopt.printing.instance import REPORTED_DAYS, Numbers, PrintingInstance
from amopt.printing.policy import Action, Policy
from amopt.solution import Column, Solution, Table

__all__ = ["PrintingSolution", "tables"]

Floats = NDArray[np.float64]

PRINTING, SINGLE_SOURCE = "printing", "single source"

ACCOUNT: tuple[Column, ...] = (
    Column("yearly_order_cost", "money", "Regular parts, a year.", shown=False),
    Column("yearly_print_cost", "money", "Printed parts, a year.", shown=False),
    Column("yearly_expedite_cost", "money", "Expedited parts, a year.", shown=False),
    Column("yearly_holding_cost", "money", "Parts on the shelf, a year.", shown=False),
    Column("yearly_backorder_cost", "money", "Systems that are down, a year.", shown=False),
    Column(
        "yearly_unavoidable_cost",
        "money",
        "Regular parts for every failure of a regular part in a fleet that is always up; "
        "subtracted from the sum of the five costs.",
        shown=False,
    ),
    Column(
        "expected_stock",
        "parts",
        "Stock on the shelf, averaged over the days of a cycle.",
        shown=False,
    ),
    Column(
        "down_days_per_cycle", "system-days", "Days that systems are down, a cycle.", shown=False
    ),
    Column("orders_per_cycle", "parts", "Regular parts ordered, a cycle.", shown=False),
    Column("prints_per_cycle", "parts", "Parts printed, a cycle."),
    Column("expedites_per_cycle", "parts", "Parts expedited, a cycle.", shown=False),
)

YEARLY = (
    "A year of 52 weeks, less the unavoidable cost. On the criterion of discounted cost: the equal "
    "charge at the start of every cycle that has the same present value."
)


@dataclass(frozen=True)
class PrintingSolution(Solution):
    """The answer to a printing instance.

    The tables are ``parts`` (the best policy beside the one without a printer), ``single_source``
    (the policy without a printer in full), ``intervals`` (what to do for a system that waits, by
    days to the replenishment) and ``totals``.
    """

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "parts": (
            Column("part", "", "Name of the part."),
            Column("system", "", "Type of system that holds it."),
            Column("systems", "", "Systems in service.", shown=False),
            Column("base_stock", "parts", "Stock after each replenishment."),
            Column(
                "print_threshold",
                "days to go",
                "Fewest days to the replenishment with which a waiting system gets a printed part.",
            ),
            Column(
                "expedite_threshold",
                "days to go",
                "Fewest days to the replenishment with which a part is expedited.",
            ),
            Column("yearly_cost", "money", YEARLY),
            Column("single_source_base_stock", "parts", "Stock where nothing can be printed."),
            Column("single_source_yearly_cost", "money", "Cost where nothing can be printed."),
            Column("saving", "money", "What the printer saves a year."),
            Column("saving_percent", "%", "The saving over that cost.", shown=False),
            *ACCOUNT,
        ),
        "single_source": (
            Column("part", "", "Name of the part.", shown=False),
            Column("base_stock", "parts", "Stock after each replenishment.", shown=False),
            Column(
                "expedite_threshold",
                "days to go",
                "Fewest days to the replenishment with which a part is expedited.",
                shown=False,
            ),
            Column("yearly_cost", "money", YEARLY, shown=False),
            *(Column(entry.name, entry.unit, entry.meaning, shown=False) for entry in ACCOUNT),
        ),
        "intervals": (
            Column("part", "", "Name of the part.", shown=False),
            Column("sourcing", "", f"{PRINTING}, or {SINGLE_SOURCE}: no printer.", shown=False),
            Column("action", "", "What is done for a system that waits.", shown=False),
            Column("from_days_to_go", "days to go", "From so many days to go ...", shown=False),
            Column("to_days_to_go", "days to go", "... down to so many.", shown=False),
        ),
        "totals": (
            Column("parts", "", "Parts in the instance.", shown=False),
            Column("printed_parts", "", "Parts that are printed at some time.", shown=False),
            Column("base_stock", "parts", "Stock after each replenishment."),
            Column("stock_value", "money", "Its value at order cost.", shown=False),
            Column("yearly_cost", "money", YEARLY),
            Column("single_source_base_stock", "parts", "Stock where nothing can be printed."),
            Column("single_source_stock_value", "money", "Its value at order cost.", shown=False),
            Column("single_source_yearly_cost", "money", "Cost where nothing can be printed."),
            Column("saving", "money", "What the printer saves a year."),
            Column("saving_percent", "%", "The saving over that cost."),
            Column("down_days_per_cycle", "system-days", "Days that systems are down, a cycle."),
            Column("prints_per_cycle", "parts", "Parts printed, a cycle."),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        total = self.rows["totals"][0]
        money = self.currency
        sentences = [
            f"Stock {total['base_stock']} parts worth {total['stock_value']:,.2f} {money} at each "
            f"replenishment; without a printer it would be {total['single_source_base_stock']} "
            f"worth {total['single_source_stock_value']:,.2f} {money}.",
        ]
        if not total["printed_parts"]:
            return (*sentences, "No part is worth printing.")
        percent = total["saving_percent"]
        share = "" if percent is None else f" ({percent:.0f} %)"
        sentences.append(
            f"{total['printed_parts']} of {total['parts']} parts are worth printing for a system "
            "that waits, as long as the replenishment is no nearer than the threshold: it saves "
            f"{total['saving']:,.2f} {money} a year{share}."
        )
        best = max(self.rows["parts"], key=lambda row: row["saving"])
        sentences.append(
            f"It saves most on part {best['part']}: {best['saving']:,.2f} {money} a year."
        )
        return tuple(sentences)

    def policy(self, part: str) -> Table:
        """Return the whole policy of one part: a row for each day to go and net stock.

        Parameters
        ----------
        part
            Name of the part.

        Returns
        -------
        Table
            Rows with ``days_to_go``, ``net_stock`` (stock less systems that wait), ``action``
            (``order``, ``print``, ``expedite``, ``wait`` or ``none``) and ``parts``, how many.

        Raises
        ------
        UsageError
            When there is no such part.
        """
        found = [row for row in self.rows["parts"] if row["part"] == part]
        if not found:
            match = closest(part, [row["part"] for row in self.rows["parts"]])
            hint = f" {did_you_mean(match)}" if match else ""
            raise UsageError(f"the answer has no part {shown(part)}.{hint}")
        stock, systems = found[0]["base_stock"], found[0]["systems"]
        actions = {0: "order"}
        for row in self.rows["intervals"]:
            if row["part"] == part and row["sourcing"] == PRINTING:
                for n in range(row["to_days_to_go"], row["from_days_to_go"] + 1):
                    actions[n] = row["action"]
        return [
            {"days_to_go": n, "net_stock": level, **_decision(actions[n], level, stock)}
            for n in sorted(actions, reverse=True)
            for level in range(-systems, stock + 1)
        ]


def _decision(action: str, level: int, stock: int) -> dict[str, Any]:
    """Return what is done and for how many parts at one net stock."""
    if action == "order":
        return {"action": "order" if level < stock else "none", "parts": stock - level}
    if level >= 0:
        return {"action": "none", "parts": 0}
    return {"action": action, "parts": 0 if action == "wait" else -level}


def tables(instance: PrintingInstance, policy: Policy, single: Policy) -> dict[str, Table]:
    """Return the tables of an answer.

    Parameters
    ----------
    instance
        The instance.
    policy
        The policy of each part.
    single
        The policy of each part where nothing can be printed.
    """
    numbers = instance.numbers
    with_printer = _account(numbers, policy)
    without = _account(numbers.without_printer(), single)
    cost, reference = with_printer.pop("yearly_cost"), without.pop("yearly_cost")
    saving = reference - cost
    stake = without["yearly_unavoidable_cost"] + REPORTED_DAYS * numbers.backorder_cost
    return {
        "parts": _rows(
            part=[part.name for part in instance.parts],
            system=[part.system for part in instance.parts],
            systems=numbers.systems.tolist(),
            base_stock=policy.base_stock.tolist(),
            print_threshold=_thresholds(policy, Action.PRINT),
            expedite_threshold=_thresholds(policy, Action.EXPEDITE),
            yearly_cost=cost.tolist(),
            single_source_base_stock=single.base_stock.tolist(),
            single_source_yearly_cost=reference.tolist(),
            saving=saving.tolist(),
            saving_percent=[
                _percent(*entry)
                for entry in zip(saving.tolist(), reference.tolist(), stake.tolist(), strict=True)
            ],
            **{name: values.tolist() for name, values in with_printer.items()},
        ),
        "single_source": _rows(
            part=[part.name for part in instance.parts],
            base_stock=single.base_stock.tolist(),
            expedite_threshold=_thresholds(single, Action.EXPEDITE),
            yearly_cost=reference.tolist(),
            **{name: values.tolist() for name, values in without.items()},
        ),
        "intervals": [
            row
            for index, part in enumerate(instance.parts)
            for sourcing, chosen in ((PRINTING, policy), (SINGLE_SOURCE, single))
            for row in _intervals(part.name, sourcing, chosen, index)
        ],
        "totals": [
            {
                "parts": len(numbers),
                "printed_parts": int((policy.action == Action.PRINT).any(axis=0).sum()),
                "base_stock": int(policy.base_stock.sum()),
                "stock_value": float(policy.base_stock @ numbers.order_cost),
                "yearly_cost": float(cost.sum()),
                "single_source_base_stock": int(single.base_stock.sum()),
                "single_source_stock_value": float(single.base_stock @ numbers.order_cost),
                "single_source_yearly_cost": float(reference.sum()),
                "saving": float(saving.sum()),
                "saving_percent": _percent(
                    float(saving.sum()), float(reference.sum()), float(stake.sum())
                ),
                "down_days_per_cycle": float(with_printer["down_days_per_cycle"].sum()),
                "prints_per_cycle": float(with_printer["prints_per_cycle"].sum()),
            }
        ],
    }


def _account(numbers: Numbers, policy: Policy) -> dict[str, Floats]:
    """Return yearly costs by kind, their total, and what happens in a cycle, by column."""
    cycles = REPORTED_DAYS / numbers.cycle_days
    charged = cycle.amounts(numbers, policy, discounted=True)
    happening = cycle.amounts(numbers, policy)
    costs = {
        "yearly_order_cost": cycles * numbers.order_cost * charged.orders,
        "yearly_print_cost": cycles * _where_possible(numbers.print_cost) * charged.prints,
        "yearly_expedite_cost": cycles * _where_possible(numbers.expedite_cost) * charged.expedites,
        "yearly_holding_cost": cycles * numbers.holding_cost * charged.stock_days,
        "yearly_backorder_cost": cycles * numbers.backorder_cost * charged.down_days,
    }
    unavoidable = REPORTED_DAYS * numbers.order_cost * numbers.systems * numbers.failures_per_day
    return {
        "yearly_cost": np.sum(list(costs.values()), axis=0) - unavoidable,
        **costs,
        "yearly_unavoidable_cost": unavoidable,
        "expected_stock": happening.stock_days / numbers.cycle_days,
        "down_days_per_cycle": happening.down_days,
        "orders_per_cycle": happening.orders,
        "prints_per_cycle": happening.prints,
        "expedites_per_cycle": happening.expedites,
    }


def _where_possible(cost: Floats) -> Floats:
    """Return the costs, 0 where there is no such source: nothing comes from it."""
    return np.where(np.isfinite(cost), cost, 0.0)


def _thresholds(policy: Policy, action: Action) -> list[int | None]:
    return [policy.threshold(part, action) for part in range(len(policy.base_stock))]


def _percent(saving: float, reference: float, stake: float) -> float | None:
    """Return the saving in percent; None where nothing but rounding could be saved."""
    return 100 * saving / reference if reference > 1e-9 * (reference + stake) else None


def _intervals(
    name: str, sourcing: str, policy: Policy, part: int
) -> Iterator[dict[str, str | int]]:
    for run in policy.intervals(part):
        yield {
            "part": name,
            "sourcing": sourcing,
            "action": run.action.word,
            "from_days_to_go": run.last,
            "to_days_to_go": run.first,
        }


def _rows(**columns: list[Any]) -> list[dict[str, Any]]:
    """Return a table given by columns as rows."""
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
