"""What to do when replenishments may not come, and what the printer is then worth."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from amopt.decision import require_honoured
from amopt.errors import RefusedError, UsageError
from amopt.outcome import Outcome, Status, versions
from amopt.phrases import counted, money
from amopt.printing import closed_form, formulation
from amopt.printing.convoys import formulation as program
from amopt.printing.convoys.calendar import Calendar, calendar_of
from amopt.printing.convoys.lead_time import best_ordered_early
from amopt.printing.convoys.values import HONOURS, Best, best
from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action
from amopt.printing.referee.studies.convoys import check_convoys
from amopt.program.ctrl_c import completing
from amopt.program.pieces import Pieces
from amopt.solution import Column, Solution, Table
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["CURVE", "ConvoySolution", "convoys"]

CURVE = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""Probabilities of a replenishment along the curve, beside the file's own."""


LEVELS_ONLY = (
    "The level is the best of all levels. An order that also looked at how many systems wait might "
    "cost less: of such orders nothing is proven."
)
"""The note where the order closes before the replenishment."""


@dataclass(frozen=True)
class ConvoySolution(Solution):
    """What to do when replenishments may not come."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "parts": (
            Column(
                "arrival_probability",
                "",
                "Probability of a replenishment; empty: the file's own lengths of cycles.",
            ),
            Column("part", "", "Part."),
            Column("sourcing", "", "printing, or single source: without a printer."),
            Column(
                "base_stock",
                "parts",
                "Order up to it with each replenishment that comes; with an order lead time, what "
                "is on the shelf, less what lacks, with the order.",
            ),
            Column(
                "plan",
                "",
                "What is done for a system that waits, by days to the next schedule "
                "(the most: that of one that did not come, or brought too few); by days since the "
                "last replenishment where the file gives lengths of cycles.",
            ),
            Column("yearly_cost", "money", "Cost of 364 days, less what cannot be avoided."),
        ),
        "worth": (
            Column(
                "arrival_probability",
                "",
                "Probability of a replenishment; empty: the file's own lengths of cycles.",
            ),
            Column("base_stock", "parts", "Parts in stock, all parts, with the printer."),
            Column("single_source_base_stock", "parts", "The same without a printer."),
            Column("yearly_cost", "money", "Cost of 364 days with the printer."),
            Column("single_source_yearly_cost", "money", "The same without a printer."),
            Column("worth", "money", "What the printer saves a year."),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the worth of the printer in a few plain sentences."""
        own, *curve = self.rows["worth"]
        chance = own["arrival_probability"]
        when = (
            "With these lengths of cycles"
            if chance is None
            else (f"Where a replenishment comes with {100 * chance:g} %")
        )
        said = [
            f"{when}, the printer saves {money(own['worth'], self.currency)} a year: "
            f"{money(own['yearly_cost'], self.currency)} instead of "
            f"{money(own['single_source_yearly_cost'], self.currency)}, with "
            f"{counted(own['base_stock'], 'part')} in stock instead of "
            f"{own['single_source_base_stock']}."
        ]
        if curve:
            said.append(
                f"It saves {money(curve[0]['worth'], self.currency)} where every replenishment "
                f"comes, and {money(curve[-1]['worth'], self.currency)} where "
                f"{100 * curve[-1]['arrival_probability']:g} % do."
            )
        return tuple(said)


def convoys(
    instance: PrintingInstance,
    *,
    curve: Sequence[float] = CURVE,
    extend: Callable[[ConcreteModel], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ConvoySolution:
    """Find the best policies where replenishments may not come, with and without the printer.

    Parameters
    ----------
    instance
        The instance; without ``convoys`` in it every replenishment comes.
    curve
        Probabilities of a replenishment for which the worth of the printer is worked out.
    extend
        Refused: this goes by values of states, and would not see what is added.
    progress
        Told how many of the points are done, the file's own first, and how many there are; Ctrl-C
        leaves those that are.

    Returns
    -------
    ConvoySolution
        Tables ``parts``, of the file's own convoys, and ``worth``: first the file's own, then the
        curve.

    Raises
    ------
    UsageError
        When the file has limits or the program has constraints that this does not look at, a
        probability is none, or an order lead time comes with expediting or discounting.
    RefusedError
        When the referee finds another cost, or a better decision.
    KeyboardInterrupt
        At Ctrl-C before the file's own convoys are done, and at a second one.
    """
    require_honoured("convoys", closed_form.HONOURS, formulation.FAMILIES, instance)
    require_honoured("convoys", HONOURS, program.FAMILIES, instance)
    if extend is not None:
        raise UsageError(
            "convoys goes by values of states, which know nothing of extend: add to the program of "
            "one part, amopt.printing.convoys.formulation.formulate"
        )
    lead = _lead(instance)
    if any(not 0.02 <= chance <= 1 for chance in curve):
        raise UsageError("probabilities of the curve lie between 0.02 and 1")
    started = time.perf_counter()
    stated = 1.0 if instance.convoys is None else instance.convoys.arrival_probability
    days = instance.cycle_days
    calendars = [(stated, calendar_of(instance, instance.convoys))]
    calendars += [(chance, Calendar.scheduled(days, chance, whole=lead > 0)) for chance in curve]
    pieces = Pieces(len(calendars), progress)
    done = pieces.done(calendars, lambda one: (*one, _both(instance, one[1], lead)))
    pieces.require_any()
    found = list(done.values())
    rows: dict[str, Table] = {
        "parts": [row for one in found for row in _parts(instance, *one)],
        "worth": [_worth(chance, both) for chance, _, both in found],
    }
    worked = time.perf_counter()
    with completing(pieces.stopped):
        verdict = check_convoys(instance, rows)
    if not verdict.accepted:
        raise RefusedError(verdict)
    seconds = worked - started, time.perf_counter() - worked
    return _answer(instance, rows, verdict, seconds, pieces)


Both = Mapping[str, tuple[Parameters, list[Best]]]


def _lead(instance: PrintingInstance) -> int:
    """Return the days before a replenishment on which its order closes.

    Raises
    ------
    UsageError
        When there are some, and parts are expedited or costs discounted.
    """
    lead = 0 if instance.convoys is None else instance.convoys.order_lead_days
    parameters = instance.parameters
    if lead and not parameters.is_average:
        raise UsageError("an order lead time goes with criterion: average, not with discounting")
    if lead and np.isfinite(parameters.expedite_cost).any():
        raise UsageError(
            "an order lead time goes with printing, not with expediting: leave out expedite_cost "
            "and expedite_surcharge"
        )
    return lead


def _both(instance: PrintingInstance, calendar: Calendar, lead: int) -> Both:
    """Return the best policies of all parts with the printer and without."""

    def found(one: Parameters) -> Best:
        return best_ordered_early(one, calendar, lead) if lead else best(one, calendar)

    with_printer = instance.parameters
    both = {"printing": with_printer, "single source": with_printer.without_printer()}
    return {
        sourcing: (one, [found(one.take([part])) for part in range(len(one))])
        for sourcing, one in both.items()
    }


def _yearly(parameters: Parameters, found: Sequence[Best]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the cost of a year of each part, as the tables of the base model have it."""
    value = np.array([one.value for one in found])
    if not parameters.is_average:
        days = parameters.cycle_days
        value = value * -np.expm1(days * np.log(parameters.discount)) / days
    unavoidable = parameters.order_cost * parameters.systems * parameters.failures_per_day
    return np.asarray(REPORTED_DAYS * (value - unavoidable))


def _parts(
    instance: PrintingInstance, chance: float | None, calendar: Calendar, both: Both
) -> list[dict[str, Any]]:
    return [
        {
            "arrival_probability": chance,
            "part": part.name,
            "sourcing": sourcing,
            "base_stock": one.base_stock,
            "plan": _plan(calendar, one),
            "yearly_cost": float(cost),
        }
        for sourcing, (parameters, found) in both.items()
        for part, one, cost in zip(instance.parts, found, _yearly(parameters, found), strict=True)
    ]


def _plan(calendar: Calendar, found: Best) -> str:
    """Return the runs of days with one action, in the order of their labels from many to few."""
    days = sorted(range(1, len(calendar)), key=lambda day: -calendar.labels[day])
    runs = []
    for action, run in groupby(days, key=lambda day: int(found.action[day])):
        labels = [calendar.labels[day] for day in run]
        span = f"{labels[0]}" if len(labels) == 1 else f"{labels[0]}-{labels[-1]}"
        runs.append(f"{Action(action).word} {span}")
    return ", ".join(runs)


def _worth(chance: float | None, both: Both) -> dict[str, Any]:
    cost = {sourcing: float(_yearly(*one).sum()) for sourcing, one in both.items()}
    stock = {way: sum(one.base_stock for one in found) for way, (_, found) in both.items()}
    return {
        "arrival_probability": chance,
        "base_stock": stock["printing"],
        "single_source_base_stock": stock["single source"],
        "yearly_cost": cost["printing"],
        "single_source_yearly_cost": cost["single source"],
        "worth": cost["single source"] - cost["printing"],
    }


def _answer(
    instance: PrintingInstance,
    rows: dict[str, Table],
    verdict: Verdict,
    seconds: tuple[float, float],
    pieces: Pieces,
) -> ConvoySolution:
    objective = float(rows["worth"][0]["yearly_cost"])
    late = _lead(instance) > 0
    outcome = Outcome(
        stopped=pieces.stopped,
        status=Status.FEASIBLE if late else Status.OPTIMAL,
        objective=objective,
        bound=None if late else objective,
        method="values of states",
        seconds={"work out": seconds[0], "referee": seconds[1]},
        versions=versions("amopt", "numpy", "scipy"),
    )
    return ConvoySolution(
        kind=instance.kind,
        name=instance.name,
        outcome=outcome,
        verdict=verdict,
        rows=rows,
        notes=(*filter(None, [pieces.in_words("point")]), *((LEVELS_ONLY,) if late else ())),
        fingerprint=instance.fingerprint(),
        currency=instance.currency,
        objective_meaning="yearly cost, less what cannot be avoided",
    )
