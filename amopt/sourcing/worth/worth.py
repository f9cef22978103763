"""What one unit more of each limit is worth: by solving again, not by the relaxation's price.

The least cost V(b) under a limit b falls in b, but in steps: whole orders, price breaks and
licences sold in packs make one unit more worth nothing and fifty a lot. So V is had at b, one step
beside it and without the limit, and the next value that is of use is found by bisection over whole
steps, which is exact because V never rises.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.errors import UsageError
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.phrases import counted, listed, money
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.solution import Column, Solution, Table
from amopt.sourcing.worth.limits import FAMILIES, limits_of
from amopt.sourcing.worth.stated import StatedLimit
from amopt.sourcing.worth.values import Value, least, shadow_prices
from amopt.sourcing.worth.without import suppliers_of, without_row
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance

__all__ = ["Worth", "worth_of_limits"]

SUPPLIERS = "suppliers"
"""What asks for the plan's cost without each of its suppliers, among the names of limits."""

DEAREST = 3
"""Limits that the headline names: those that cost most."""


@dataclass(frozen=True)
class Worth(Solution):
    """What the limits of an instance are worth, those that cost most first."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "worth": (
            Column("limit", "", "The limit."),
            Column("stated", "", "What the file says."),
            Column("stated_day", "", "The same as a day; of need-bys, needs order_date."),
            Column("unit", "", "Its unit."),
            Column("used", "", "What the plan uses of it."),
            Column("used_day", "", "The same as a day."),
            Column("costs", "money", "How much less the plan would cost without it."),
            Column("step", "", "What one more, or one less, means."),
            Column("worth_of_one_more", "money", "What one step more saves; empty if not proven."),
            Column(
                "cost_of_one_less",
                "money",
                "What one step less costs; empty: none, or not proven.",
            ),
            Column("next_useful", "", "The least value at which anything is saved; empty: none."),
            Column("useful_day", "", "The same as a day."),
            Column("gain", "money", "What is saved there."),
            Column(
                "hint", "money", "Shadow price of a unit in the relaxation: a hint; empty: none."
            ),
            Column("worth_at_least", "money", "Proven least worth of one step more.", shown=False),
            Column("worth_at_most", "money", "Proven most worth of one step more.", shown=False),
            Column("one_less_possible", "", "Whether there is a plan with one less.", shown=False),
            Column("family", "", "Family of constraints.", shown=False),
        ),
        "without": (
            Column("supplier", "", "A supplier of the plan, or conventional, if it dropped out."),
            Column("orders", "", "New orders of the plan there."),
            Column("quantity", "parts", "Their parts."),
            Column("to_supplier", "money", "What it is paid for them."),
            Column("possible", "", "Whether there is a plan without it."),
            Column("costs_more", "money", "How much more that costs; empty: none, or not proven."),
            Column("cost", "money", "What is paid for all orders then."),
            Column("downtime_cost", "money", "Cost of all waiting then."),
            Column("weeks", "weeks", "Latest delivery then."),
        ),
    }

    def worth_showing(self, name: str) -> tuple[Table, str]:
        """Leave out the limits that cost nothing, and of which one step changes nothing."""
        rows = self.rows[name]
        kept = [row for row in rows if name != "worth" or _matters(row)]
        if len(kept) == len(rows):
            return rows, ""
        idle = listed([row["limit"] for row in rows if not _matters(row)], most=DEAREST)
        return kept, (
            f"Left out: {counted(len(rows) - len(kept), 'limit')} of which one more or one less "
            f"changes nothing: {idle}."
        )

    def headline(self) -> tuple[str, ...]:
        """Return the limits that cost most in a few plain sentences."""
        rows = [row for row in self.rows["worth"] if row["costs"]]
        without = _without_in_words(self.rows.get("without", ()), self.currency)
        if not self.rows["worth"]:
            return ("The file states no limit that is asked for.", *without)
        if not rows:
            none = "No limit costs anything: without any one of them the plan costs the same."
            return (none, *without)
        told = [f"{row['limit']} ({money(row['costs'], self.currency)})" for row in rows[:DEAREST]]
        said = [f"What costs most, each without it alone: {listed(told)}."]
        said += [
            f"One more is worth nothing for {row['limit']}; {_useful(row)} saves "
            f"{money(row['gain'], self.currency)}."
            for row in rows[:DEAREST]
            if row["next_useful"] is not None and row["worth_of_one_more"] == 0
        ]
        return (*said, *without)


def worth_of_limits(
    instance: Instance, limits: Sequence[str] = (), *, options: Options | None = None
) -> Worth:
    """Return what one unit more of each limit is worth.

    A unit is a print, a part, a machine hour, a supplier, a kg of CO2; a day of a need-by, or of a
    supplier's closure; one per cent of a budget, or of a share of a part.

    Parameters
    ----------
    instance
        The instance.
    limits
        The families to look at, of :data:`~amopt.sourcing.worth.limits.FAMILIES`, or suppliers:
        what the plan would cost without each of its suppliers; left out, all.
    options
        As for :func:`amopt.sourcing.solve`; the time limit is that of the whole.

    Raises
    ------
    UsageError
        When there is no such limit.
    InfeasibleError, NoAnswerError
        When the instance has no plan, or none was found.
    """
    if unknown := sorted(set(limits) - {*FAMILIES, SUPPLIERS}):
        raise UsageError(
            f"there is no limit {unknown[0]!r}; name {', '.join((*FAMILIES, SUPPLIERS))}",
            "worth-of-unknown-limit",
        )
    from amopt.sourcing.decision import solve

    options = options or Options()
    budget = Budget(options.time_limit)
    with budget.phase("plan"):
        plan = solve(instance, options=budget.options(options))
    assert plan.outcome.objective is not None
    bound = -math.inf if plan.outcome.bound is None else plan.outcome.bound
    at_stated = Value(bound, plan.outcome.objective, plan)
    with budget.phase("relaxation"):
        hints = shadow_prices(instance, budget.options(options))
    search = _Search(options, budget, at_stated, hints)
    with budget.phase("limits"):
        rows = [
            search.row(limit)
            for limit in limits_of(instance)
            if not limits or limit.family in limits
        ]
    with budget.phase("suppliers"):
        drops = [
            without_row(instance, supplier, at_stated, search.least)
            for supplier in (suppliers_of(at_stated) if not limits or SUPPLIERS in limits else ())
        ]
    rows.sort(key=lambda row: -(row["costs"] or 0.0))
    return _answer(instance, {"worth": rows, "without": drops}, search, budget)


@dataclass
class _Search:
    """The solves so far.

    Attributes
    ----------
    options, budget
        How each is made, and the time that is left.
    stated
        What the instance costs as it is.
    hints
        Shadow prices of the relaxation.
    checks
        How many comparisons the referee made in all.
    exact
        Whether every value so far is proven.
    solves
        How many solves there were beside those of limits.
    """

    options: Options
    budget: Budget
    stated: Value
    hints: Mapping[tuple[str, Any], float]
    checks: int = 0
    exact: bool = True
    solves: int = 1
    known: dict[tuple[int, float | None], Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._count(self.stated)

    def least(self, instance: Instance) -> Value:
        """Return what an instance costs."""
        value = least(instance, self.budget.options(self.options))
        self._count(value)
        self.solves += 1
        return value

    def _count(self, value: Value) -> None:
        self.exact = self.exact and value.is_exact
        self.checks += 0 if value.solution is None else value.solution.verdict.checks

    def _at(self, limit: StatedLimit, value: float | None) -> Value:
        key = (id(limit), value)
        if key not in self.known:
            self.known[key] = least(limit.at(value), self.budget.options(self.options))
            self._count(self.known[key])
        return self.known[key]

    def row(self, limit: StatedLimit) -> dict[str, Any]:
        """Return the row of a limit."""
        free = self._at(limit, None)
        more = self._at(limit, limit.moved(1)) if free.below(self.stated) else None
        low, high = (0.0, 0.0) if more is None else self.stated.gain(more)
        less = self._less(limit)
        cost = less.gain(self.stated) if less is not None and less.exists else (None, None)
        useful = self._next_useful(limit, free)
        assert self.stated.solution is not None
        used = limit.used(self.stated.solution)
        return {
            "limit": limit.words,
            "stated": float(limit.stated),
            "stated_day": limit.day(limit.stated),
            "unit": limit.unit,
            "used": used,
            "used_day": limit.day(used),
            "costs": _one(self.stated.gain(free)),
            "step": limit.step,
            "worth_of_one_more": _one((low, high)),
            "cost_of_one_less": _one(cost),
            "next_useful": None if useful is None else useful[0],
            "useful_day": None if useful is None else limit.day(useful[0]),
            "gain": None if useful is None else _one(self.stated.gain(useful[1])),
            "hint": self._hint(limit),
            "worth_at_least": low,
            "worth_at_most": high if math.isfinite(high) else None,
            "one_less_possible": less is not None and less.exists,
            "family": limit.family,
        }

    def _less(self, limit: StatedLimit) -> Value | None:
        """Return what the instance costs with one step less; None where there is none less."""
        return self._at(limit, limit.moved(-1)) if limit.can_be_tighter() else None

    def _hint(self, limit: StatedLimit) -> float | None:
        """Return the relaxation's price of allowing one unit more; None where it has none."""
        if not limit.hinted:
            return None
        price = self.hints.get((limit.family, limit.key), 0.0)
        return price if limit.step > 0 else -price

    def _next_useful(self, limit: StatedLimit, free: Value) -> tuple[float, Value] | None:
        """Return the least whole number of steps more that saves anything, and its value.

        What a plan without the limit uses is enough; below it, V never rises.
        """
        if not free.below(self.stated):
            return None
        assert free.solution is not None
        low, high = 0, limit.steps_to(limit.used(free.solution))
        while high - low > 1 and not self.budget.is_over:
            middle = (low + high) // 2
            if self._at(limit, limit.moved(middle)).below(self.stated):
                high = middle
            else:
                low = middle
        value = limit.moved(high)
        found = self._at(limit, value)
        return (value, found) if found.below(self.stated) else None


def _without_in_words(rows: Table, currency: str) -> list[str]:
    """Say what it would cost if any of the suppliers dropped out, the dearest first."""
    needed = [repr(row["supplier"]) for row in rows if not row["possible"]]
    said = [f"There is no plan without {listed(needed, most=DEAREST)}."] if needed else []
    dear = sorted((r for r in rows if r["costs_more"]), key=lambda row: -row["costs_more"])
    told = [
        f"{row['supplier']!r} ({money(row['costs_more'], currency)} more)" for row in dear[:DEAREST]
    ]
    return [*said, f"If a supplier drops out, what costs most: {listed(told)}."] if told else said


def _matters(row: Mapping[str, Any]) -> bool:
    """Return whether a limit costs anything, or one step less of it does, or is not known to."""
    if row["costs"] is None or row["worth_of_one_more"] is None or row["next_useful"] is not None:
        return True
    tight = row["cost_of_one_less"] is None
    return bool(row["costs"] or row["worth_of_one_more"] or row["cost_of_one_less"] or tight)


def _useful(row: Mapping[str, Any]) -> str:
    """Return the next useful value of a limit, as a day where it is one."""
    return row.get("useful_day") or f"{row['next_useful']:g}"


def _one(gain: tuple[float | None, float | None]) -> float | None:
    """Return a gain that is known as one number; None where it is only known between two."""
    low, high = gain
    if low is None or high is None or not math.isfinite(high):
        return None
    return high if abs(high - low) <= 1e-9 * max(1.0, abs(high)) else None


def _answer(
    instance: Instance, rows: dict[str, list[dict[str, Any]]], search: _Search, budget: Budget
) -> Worth:
    over = budget.is_over
    bound = min(search.stated.low, search.stated.high)
    outcome = Outcome(
        stopped=Stopped.TIME_LIMIT if over else Stopped.FINISHED,
        status=Status.OPTIMAL if search.exact and not over else Status.FEASIBLE,
        objective=search.stated.high,
        bound=bound if math.isfinite(bound) else None,
        method=f"{counted(len(search.known) + search.solves, 'solve')}",
        seconds=dict(budget.seconds),
        versions=versions("amopt", "highspy", "pyomo"),
    )
    notes = () if search.exact else ("Not every value is proven: see worth_at_least and at_most.",)
    return Worth(
        kind="sourcing",
        name=instance.name,
        outcome=outcome,
        verdict=Verdict(checks=search.checks),
        rows=rows,
        notes=notes,
        fingerprint=instance.fingerprint(),
        currency=instance.currency,
        objective_meaning=instance.objective_meaning,
    )
