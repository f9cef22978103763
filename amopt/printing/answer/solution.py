"""What the planner gets: stock, thresholds and costs of each part, with and without the printer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.methods import closed_form
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action, Policy
from amopt.solution import Column, Solution, Table

__all__ = ["PrintingSolution", "tables"]

Floats = NDArray[np.float64]

PRINTING, SINGLE_SOURCE = "printing", "single source"

UNAVOIDABLE = (
    "Regular parts for every failure of a regular part in a fleet that is always up; "
    "subtracted from the sum of the five costs."
)

ACCOUNT: tuple[Column, ...] = (
    Column("yearly_order_cost", "money", "Regular parts, a year.", shown=False),
    Column("yearly_print_cost", "money", "Printed parts, a year.", shown=False),
    Column("yearly_expedite_cost", "money", "Expedited parts, a year.", shown=False),
    Column("yearly_holding_cost", "money", "Parts on the shelf, a year.", shown=False),
    Column("yearly_backorder_cost", "money", "Systems that are down, a year.", shown=False),
    Column(
        "yearly_unavoidable_cost",
        "money",
        UNAVOIDABLE,
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
    "What is spent in a year of 52 weeks, with the unavoidable cost (see yearly_unavoidable_cost) "
    "subtracted: what is left is what a plan can change. On the criterion of discounted cost: the "
    "equal charge at the start of every cycle that has the same present value."
)

ORDER_UP_TO = "With each replenishment, order up to so many on the shelf."

WITHOUT = "Cost where nothing can be printed, with the same unavoidable cost subtracted."

FEWEST_TO_EXPEDITE = (
    "Fewest days to go with which a part is expedited; empty where it never is. With more days "
    "another action may be better: see the intervals."
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
            Column("base_stock", "parts", ORDER_UP_TO),
            Column(
                "plan",
                "days to go",
                "What is done for a system that waits, by days to the replenishment: "
                "'print 6-2, wait 1' prints with 6 to 2 days to go and waits with 1.",
            ),
            Column("saving", "money", "What the printer saves a year."),
            Column("yearly_cost", "money", YEARLY),
            Column("single_source_base_stock", "parts", "Stock where nothing can be printed."),
            Column("single_source_yearly_cost", "money", WITHOUT),
            Column("saving_percent", "%", "The saving over that cost.", shown=False),
            Column("system", "", "Type of system that holds it."),
            Column("systems", "", "Systems in service.", shown=False),
            Column(
                "print_threshold",
                "days to go",
                "Fewest days to go with which a waiting system gets a printed part; empty where "
                "it never does. With more days another action may be better: see the plan.",
                shown=False,
            ),
            Column("expedite_threshold", "days to go", FEWEST_TO_EXPEDITE, shown=False),
            *ACCOUNT,
        ),
        "single_source": (
            Column("part", "", "Name of the part.", shown=False),
            Column("base_stock", "parts", ORDER_UP_TO, shown=False),
            Column("expedite_threshold", "days to go", FEWEST_TO_EXPEDITE, shown=False),
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
            Column("base_stock", "parts", ORDER_UP_TO),
            Column("stock_value", "money", "Its value at order cost.", shown=False),
            Column("yearly_cost", "money", YEARLY),
            Column("single_source_base_stock", "parts", "Stock where nothing can be printed."),
            Column("single_source_stock_value", "money", "Its value at order cost.", shown=False),
            Column("single_source_yearly_cost", "money", WITHOUT),
            Column("yearly_unavoidable_cost", "money", UNAVOIDABLE, shown=False),
            Column("saving", "money", "What the printer saves a year."),
            Column("saving_percent", "%", "The saving over the cost without a printer."),
            Column("down_days_per_cycle", "system-days", "Days that systems are down, a cycle."),
            Column("prints_per_cycle", "parts", "Parts printed, a cycle."),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        total, money = self.rows["totals"][0], self.currency
        sentences = [
            f"Order up to {_counted(total['base_stock'], 'part')} worth "
            f"{total['stock_value']:,.2f} {money} at each replenishment; without a printer it "
            f"would be {total['single_source_base_stock']:,} worth "
            f"{total['single_source_stock_value']:,.2f} {money}.",
            *self._what_to_do(),
        ]
        if not total["printed_parts"]:
            return (*sentences, "No part is worth printing.")
        sentences.append(self._what_it_saves(total))
        if total["parts"] > 1:
            best = max(self.rows["parts"], key=lambda row: row["saving"])
            sentences.append(
                f"It saves most on part {best['part']}: {best['saving']:,.2f} {money} a year."
            )
        return tuple(sentences)

    def _what_it_saves(self, total: Mapping[str, Any]) -> str:
        """Return the saving beside all that is spent, and beside what a plan can change."""
        saving, percent = total["saving"], total["saving_percent"]
        spent = total["single_source_yearly_cost"] + total["yearly_unavoidable_cost"]
        if percent is None or spent <= 0:
            return f"Printing saves {saving:,.2f} {self.currency} a year."
        digits = 0 if min(saving, spent) >= 100 else 2
        share = f"{100 * saving / spent:.0f} %"
        if total["yearly_unavoidable_cost"]:
            share += f"; {percent:.0f} % of what a plan can change"
        amounts = f"{saving:,.{digits}f} of {spent:,.{digits}f} {self.currency}"
        return f"Printing saves {amounts} a year ({share})."

    def _what_to_do(self) -> Iterator[str]:
        """Yield what is done for a system that waits: days for one part, counts for several."""
        runs = [row for row in self.rows["intervals"] if row["sourcing"] == PRINTING]
        parts = len(self.rows["parts"])
        if parts == 1:
            yield f"For a system that waits: {', '.join(map(_in_words, runs))}."
            return
        for action, verb in (("print", "printing"), ("expedite", "expediting")):
            names = {row["part"] for row in runs if row["action"] == action}
            if names:
                yield (
                    f"{len(names):,} of {parts:,} parts {'is' if len(names) == 1 else 'are'} worth "
                    f"{verb} for a system that waits, on the days that the plan names."
                )

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


def _counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _in_words(run: Mapping[str, Any]) -> str:
    """Return an interval as part of a sentence."""
    first, last = run["from_days_to_go"], run["to_days_to_go"]
    if first == last:
        return f"{run['action']} with {_counted(first, 'day')} to go"
    return f"{run['action']} with {first} to {last} days to go"


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
    parameters = instance.parameters
    with_printer = _account(parameters, policy)
    without = _account(parameters.without_printer(), single)
    saving = without["yearly_cost"] - with_printer["yearly_cost"]
    stake = without["yearly_unavoidable_cost"] + REPORTED_DAYS * parameters.backorder_cost
    names = [part.name for part in instance.parts]
    return {
        "parts": _rows(
            part=names,
            base_stock=policy.base_stock.tolist(),
            plan=[_plan(policy, part) for part in range(len(names))],
            saving=saving.tolist(),
            yearly_cost=with_printer["yearly_cost"].tolist(),
            single_source_base_stock=single.base_stock.tolist(),
            single_source_yearly_cost=without["yearly_cost"].tolist(),
            saving_percent=list(map(_percent, saving, without["yearly_cost"], stake)),
            system=[part.system for part in instance.parts],
            systems=parameters.systems.tolist(),
            print_threshold=_thresholds(policy, Action.PRINT),
            expedite_threshold=_thresholds(policy, Action.EXPEDITE),
            **_but_cost(with_printer),
        ),
        "single_source": _rows(
            part=names,
            base_stock=single.base_stock.tolist(),
            expedite_threshold=_thresholds(single, Action.EXPEDITE),
            yearly_cost=without["yearly_cost"].tolist(),
            **_but_cost(without),
        ),
        "intervals": [
            row
            for index, name in enumerate(names)
            for sourcing, chosen in ((PRINTING, policy), (SINGLE_SOURCE, single))
            for row in _intervals(name, sourcing, chosen, index)
        ],
        "totals": [_totals(parameters, (policy, with_printer), (single, without), stake.sum())],
    }


Accounted = tuple[Policy, dict[str, Floats]]


def _totals(
    parameters: Parameters, with_printer: Accounted, without: Accounted, stake: float
) -> dict[str, Any]:
    """Return the sums over all parts."""
    (policy, account), (single, single_account) = with_printer, without
    cost, reference = (float(entry["yearly_cost"].sum()) for entry in (account, single_account))
    return {
        "parts": len(parameters),
        "printed_parts": int((policy.action == Action.PRINT).any(axis=0).sum()),
        "base_stock": int(policy.base_stock.sum()),
        "stock_value": float(policy.base_stock @ parameters.order_cost),
        "yearly_cost": cost,
        "single_source_base_stock": int(single.base_stock.sum()),
        "single_source_stock_value": float(single.base_stock @ parameters.order_cost),
        "single_source_yearly_cost": reference,
        "yearly_unavoidable_cost": float(account["yearly_unavoidable_cost"].sum()),
        "saving": reference - cost,
        "saving_percent": _percent(reference - cost, reference, stake),
        "down_days_per_cycle": float(account["down_days_per_cycle"].sum()),
        "prints_per_cycle": float(account["prints_per_cycle"].sum()),
    }


def _but_cost(account: Mapping[str, Floats]) -> dict[str, list[Any]]:
    """Return the columns of an account but the total, which a table has in its own place."""
    return {name: values.tolist() for name, values in account.items() if name != "yearly_cost"}


def _account(parameters: Parameters, policy: Policy) -> dict[str, Floats]:
    """Return yearly costs by kind, their total, and what happens in a cycle, by column."""
    cycles = REPORTED_DAYS / parameters.cycle_days
    charged = closed_form.amounts(parameters, policy, discounted=True)
    happening = closed_form.amounts(parameters, policy)
    costs = {
        "yearly_order_cost": cycles * parameters.order_cost * charged.orders,
        "yearly_print_cost": cycles * _where_possible(parameters.print_cost) * charged.prints,
        "yearly_expedite_cost": cycles
        * _where_possible(parameters.expedite_cost)
        * charged.expedites,
        "yearly_holding_cost": cycles * parameters.holding_cost * charged.stock_days,
        "yearly_backorder_cost": cycles * parameters.backorder_cost * charged.down_days,
    }
    unavoidable = (
        REPORTED_DAYS * parameters.order_cost * parameters.systems * parameters.failures_per_day
    )
    return {
        "yearly_cost": np.sum(list(costs.values()), axis=0) - unavoidable,
        **costs,
        "yearly_unavoidable_cost": unavoidable,
        "expected_stock": happening.stock_days / parameters.cycle_days,
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
    if reference <= 1e-9 * (reference + stake):
        return None
    return float(100 * saving / reference)


def _plan(policy: Policy, part: int) -> str:
    """Return what is done for a system that waits, as a planner reads it: ``print 6-2, wait 1``."""
    words = []
    for run in policy.intervals(part):
        until = "" if run.from_days_to_go == run.to_days_to_go else f"-{run.to_days_to_go}"
        words.append(f"{run.action.word} {run.from_days_to_go}{until}")
    return ", ".join(words)


def _intervals(
    name: str, sourcing: str, policy: Policy, part: int
) -> Iterator[dict[str, str | int]]:
    for run in policy.intervals(part):
        yield {
            "part": name,
            "sourcing": sourcing,
            "action": run.action.word,
            "from_days_to_go": run.from_days_to_go,
            "to_days_to_go": run.to_days_to_go,
        }


def _rows(**columns: list[Any]) -> list[dict[str, Any]]:
    """Return a table given by columns as rows."""
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
