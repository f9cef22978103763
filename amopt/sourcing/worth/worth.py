"""What one unit more of each limit is worth: by solving again, not by the relaxation's price.

The least cost V(b) under a limit b falls in b, but in steps: whole orders, price breaks and
licences sold in packs make one unit more worth nothing and fifty a lot. So V is had at b, one step
beside it and without the limit, and the next value that is of use is found by bisection over whole
steps, which is exact because V never rises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.errors import UsageError
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.phrases import amount, counted, listed, money, plural
from amopt.program.pieces import ENDED
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.solution import Column, Solution, Table
from amopt.sourcing.answer.notes import DEAREST, LIMIT_COLUMNS, dearest
from amopt.sourcing.worth.limits import A_DAY, FAMILIES, limits_of
from amopt.sourcing.worth.search import Search
from amopt.sourcing.worth.stated import StatedLimit
from amopt.sourcing.worth.steps import family_of, with_steps
from amopt.sourcing.worth.values import shadow_prices, value_of
from amopt.sourcing.worth.without import suppliers_of, without_row
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance

__all__ = ["ENDED", "Worth", "worth_of_limits"]

SUPPLIERS = "suppliers"
"""What asks for the plan's cost without each of its suppliers, among the names of limits."""

LIMIT = {column.name: column for column in LIMIT_COLUMNS}


@dataclass(frozen=True)
class Worth(Solution):
    """What the limits of an instance are worth, those that cost most first."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "worth": (
            *(LIMIT[name] for name in ("limit", "stated", "unit", "used")),
            Column("costs", "money", "How much less the plan would cost without it."),
            Column("worth_of_one_more", "money", "What one step more saves; empty if not proven."),
            Column(
                "cost_of_one_less",
                "money",
                "What one step less costs; empty: none, or not proven.",
            ),
            Column(
                "next_useful",
                "",
                "The least value at which anything is saved; empty: none, or not proven.",
            ),
            Column("useful_day", "", "The same as a day."),
            Column("gain", "money", "What is saved there."),
            Column("step", "", "What one more, or one less, means."),
            Column(
                "hint", "money", "Shadow price of a unit in the relaxation: a hint; empty: none."
            ),
            *(LIMIT[name] for name in ("stated_day", "used_day")),
            Column("worth_at_least", "money", "Proven least worth of one step more.", shown=False),
            Column("worth_at_most", "money", "Proven most worth of one step more.", shown=False),
            Column(
                "one_less_possible",
                "",
                "Whether there is a plan with one less; empty: not known.",
                shown=False,
            ),
            Column("costs_at_least", "money", "Proven least that it costs.", shown=False),
            Column("costs_at_most", "money", "Proven most that it costs.", shown=False),
            Column("family", "", "Family of constraints.", shown=False),
        ),
        "without": (
            Column("supplier", "", "A supplier of the plan, or conventional, if it dropped out."),
            Column("orders", "", "New orders of the plan there."),
            Column("quantity", "parts", "Their parts."),
            Column("to_supplier", "money", "What it is paid for them."),
            Column("possible", "", "Whether there is a plan without it; empty: not known."),
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
        rows, every = self.rows["worth"], self.outcome.stopped is Stopped.FINISHED
        without = _without_in_words(self.rows.get("without", ()), self.currency)
        if not rows:
            none = "The file states no limit that is asked for."
            return (none if every else "No limit was looked at in time.", *without)
        said = dearest(rows, self.currency, every=every)
        said += [
            f"{_one_more(row, self.currency)} is worth nothing for {row['limit']}; "
            f"{_useful(row)} saves {money(row['gain'], self.currency)}."
            for row in [row for row in rows if row["costs"]][:DEAREST]
            if row["next_useful"] is not None and row["worth_of_one_more"] == 0
        ]
        return (*said, *without)


def worth_of_limits(
    instance: Instance,
    limits: Sequence[str] = (),
    *,
    steps: Mapping[str, float] | None = None,
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Worth:
    """Return what one unit more of each limit is worth.

    A unit is a print, a part, a machine hour, a supplier, a kg of CO2; a day of a need-by, or of a
    supplier's closure; one per cent of a budget, or of a share of a part. Ctrl-C ends the search:
    what has been worked out is returned, and said not to be all.

    Parameters
    ----------
    instance
        The instance.
    limits
        The families to look at, of :data:`~amopt.sourcing.worth.limits.FAMILIES`, or suppliers:
        what the plan would cost without each of its suppliers; left out, all.
    steps
        By how much more, and how much less, limits of a family are looked at, in their unit
        (weeks of a need-by, money of a budget); left out, one unit.
    options
        As for :func:`amopt.sourcing.solve`; the time limit is that of the whole.
    progress
        Told how many limits and suppliers have been looked at, and how many there are.

    Raises
    ------
    UsageError
        When there is no such limit, or a step that it cannot take.
    InfeasibleError, NoAnswerError
        When the instance has no plan, or none was found.
    KeyboardInterrupt
        At Ctrl-C before the plan is there, and at a second one.
    """
    limits = [family_of(name) for name in limits]
    if unknown := sorted(set(limits) - {*FAMILIES, SUPPLIERS}):
        raise UsageError(
            f"there is no limit {unknown[0]!r}; name {', '.join((*FAMILIES, SUPPLIERS))}",
            "worth-of-unknown-limit",
        )
    steps = {family_of(name): step for name, step in (steps or {}).items()}
    stated = with_steps(limits_of(instance), steps, limits)
    from amopt.sourcing.decision import solve

    options = options or Options()
    budget = Budget(options.time_limit)
    with budget.phase("plan"):
        at_stated = value_of(solve(instance, options=budget.options(options)))
    with budget.phase("relaxation"):
        hints = shadow_prices(instance, budget.options(options)) if stated else {}
    search = Search(options, budget, at_stated, hints, progress)
    names = suppliers_of(at_stated) if not limits or SUPPLIERS in limits else []
    every = len(stated) + len(names)
    with budget.phase("limits"):
        rows = search.rows(stated, search.row, 0, every)
    with budget.phase("suppliers"):
        drops = search.rows(
            names,
            lambda name: without_row(instance, name, at_stated, search.least),
            len(rows),
            every,
        )
    left = _left_out(stated[len(rows) :], names[len(drops) :])
    rows.sort(key=lambda row: -row["costs_at_least"])
    return _answer(instance, {"worth": rows, "without": drops}, search, left)


def _left_out(limits: Sequence[StatedLimit], suppliers: Sequence[str]) -> str:
    """Say what was not looked at; nothing where all was."""
    words, names = [limit.words for limit in limits], [repr(name) for name in suppliers]
    said = [
        f"{counted(len(several), noun)} ({listed(several, most=DEAREST)})"
        for several, noun in ((words, "limit"), (names, "supplier"))
        if several
    ]
    were = plural(len(words) + len(names), "was", "were")
    return f"{listed(said)} {were} looked at" if said else ""


def _one_more(row: Mapping[str, Any], currency: str) -> str:
    """Return what one step more means, in words."""
    step, unit = row["step"], row["unit"]
    way = "more" if step > 0 else "less"
    if unit == "weeks" and math.isclose(abs(step), A_DAY):
        return f"A day {way}"
    if unit == "money":
        return f"{money(abs(step), currency)} {way}"
    return f"One {way}" if abs(step) == 1 else f"{amount(abs(step))} {unit} {way}"


def _without_in_words(rows: Table, currency: str) -> list[str]:
    """Say what it would cost if any of the suppliers dropped out, the dearest first."""
    needed = [repr(row["supplier"]) for row in rows if row["possible"] is False]
    said = []
    if needed:
        any_of = "" if len(needed) == 1 else "any one of "
        said = [f"There is no plan without {any_of}{listed(needed, most=DEAREST)}."]
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


def _answer(
    instance: Instance, rows: dict[str, list[dict[str, Any]]], search: Search, left: str
) -> Worth:
    whole = search.stopped is Stopped.FINISHED
    bound = min(search.stated.low, search.stated.high)
    outcome = Outcome(
        stopped=search.stopped,
        status=Status.OPTIMAL if search.exact and whole else Status.FEASIBLE,
        objective=search.stated.high,
        bound=bound if math.isfinite(bound) else None,
        method=f"{counted(search.solves, 'solve')}",
        seconds=dict(search.budget.seconds),
        versions=versions("amopt", "highspy", "pyomo"),
    )
    notes = []
    if not search.exact:
        notes.append("Not every value is proven: see costs_at_least, worth_at_least and at_most.")
    if left:
        notes.append(f"{ENDED[search.stopped]} ended the search before {left}.")
    return Worth(
        kind="sourcing",
        name=instance.name,
        outcome=outcome,
        verdict=Verdict(checks=search.checks),
        rows=rows,
        notes=tuple(notes),
        fingerprint=instance.fingerprint(),
        currency=instance.currency,
        objective_meaning=instance.objective_meaning,
    )
