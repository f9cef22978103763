"""Which form wins where: a map over two parameters.

Khajavi, Partanen and Holmström (2014) compare central with distributed machines at two states of
technology: four points of such a map.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.placement.answer.solution import counted, listed
from amopt.placement.decision import solve
from amopt.placement.forms import FORMS, NOT_KNOWN
from amopt.placement.sensitivity import scaled
from amopt.program.pieces import CutShortError, Pieces
from amopt.program.solver.options import Options
from amopt.solution import Column, Solution
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance
    from amopt.program.solver.run import Progress

__all__ = ["FormMap", "map_forms"]

NEAR = 1e-6
"""Relative difference below which two forms cost the same."""

BETWEEN = "in between"
"""The winner where the optimum is cheaper than every pure form."""

Axis = tuple[str, Sequence[float]]
"""A parameter of :data:`amopt.placement.SENSITIVITIES`, and the factors by which it is scaled."""


@dataclass(frozen=True)
class FormMap(Solution):
    """Which form of plan wins at each point of a grid, x running fastest."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "axes": (
            Column("axis", "", "x or y."),
            Column("parameter", "", "What is scaled."),
            Column("least", "factor", "Least factor."),
            Column("most", "factor", "Largest factor."),
        ),
        "map": (
            Column("x", "factor", "Factor of the first parameter."),
            Column("y", "factor", "Factor of the second parameter."),
            Column(
                "winner",
                "",
                "Cheapest pure form; in between: the optimum beats all three; "
                "not known: Ctrl-C ended it.",
            ),
            Column("optimum", "money", "Cost of the best plan of all, over all periods."),
            Column(
                "central",
                "money",
                "Cost of the best plan with exactly one site open at a time, which can print.",
            ),
            Column("distributed", "money", "Cost of the best plan with each place's own site."),
            Column("conventional", "money", "Cost of the best plan without printing."),
            Column("gap", "share", "Proven gap of the optimum."),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return who wins how often."""
        axes, points = self.rows["axes"], self.rows["map"]
        wins = Counter(row["winner"] or "no plan" for row in points)
        told = [f"{winner} at {number:,}" for winner, number in wins.most_common()]
        scaled_by = [f"{row['parameter']} x {row['least']:g} to {row['most']:g}" for row in axes]
        first = f"Of {counted(len(points), 'point')} with {listed(scaled_by)}: {listed(told)}."
        if wins[BETWEEN]:
            return first, "In between: some sites print for several places, cheaper than any form."
        return (first,)


def map_forms(
    instance: Instance,
    *,
    x: Axis,
    y: Axis,
    executor: Executor | None = None,
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
    at_point: Callable[[Progress], None] | None = None,
) -> FormMap:
    """Return which form of plan wins at each point of a grid.

    Ctrl-C ends it with the points that are done, and of the one at hand with its best plan, whose
    winner is not known.

    Parameters
    ----------
    instance
        The instance at factors of one.
    x, y
        A parameter of :data:`SENSITIVITIES` and the factors by which it is scaled;
        :func:`amopt.placement.axis` reads them from a text.
    executor
        Anything that maps: processes here, or machines elsewhere; left out, one after the other.
        Processes must be spawned, not forked.
    options
        Limits of each solve.
    progress
        Told how many of the points are done, and how many there are.
    at_point
        Told of the solve that runs, where one follows the other.

    Raises
    ------
    UsageError
        When a parameter is unknown, both are the same, an axis has no factors, or nothing is
        demanded.
    RefusedError
        When the referee does not accept the answer at a point.
    KeyboardInterrupt
        At Ctrl-C before there is a plan for any point, and at a second one.
    """
    _require(instance, x, y)
    begun = time.perf_counter()
    points = [(float(a), float(b)) for b in y[1] for a in x[1]]
    tasks = [(scaled(scaled(instance, x[0], a), y[0], b), options or Options()) for a, b in points]
    pieces = Pieces(len(points), progress)
    of = _point if executor is not None else partial(_point, progress=at_point)
    found = pieces.done(tasks, of, executor)
    pieces.require_any()
    rows = [{"x": points[k][0], "y": points[k][1], **point} for k, (point, _, _) in found.items()]
    statuses = [status for _, status, _ in found.values()]
    return FormMap(
        kind="placement",
        name=f"{instance.name}: {x[0]} by {y[0]}",
        outcome=Outcome(
            stopped=pieces.stopped,
            status=_worst(statuses, whole=pieces.stopped is Stopped.FINISHED),
            method="map",
            seconds={"points": time.perf_counter() - begun},
            versions=versions("amopt", "highspy"),
        ),
        verdict=Verdict(checks=sum(checks for _, _, checks in found.values())),
        rows={"axes": [_axis("x", x), _axis("y", y)], "map": rows},
        notes=(*filter(None, [pieces.in_words("point")]), *_notes(statuses)),
        currency=instance.currency,
    )


def _require(instance: Instance, x: Axis, y: Axis) -> None:
    """Refuse a map that cannot be drawn."""
    if x[0] == y[0]:
        raise UsageError(f"a map needs two different parameters, and both are {x[0]!r}")
    if not instance.has_demand:
        raise UsageError("a map needs demand, and this instance has orders alone")
    for parameter, factors in (x, y):
        if not len(factors):
            raise UsageError(f"the map has no factors of {parameter!r}")


def _axis(name: str, axis: Axis) -> dict[str, Any]:
    parameter, factors = axis
    return {"axis": name, "parameter": parameter, "least": min(factors), "most": max(factors)}


def _point(
    task: tuple[Instance, Options], progress: Callable[[Progress], None] | None = None
) -> tuple[dict[str, Any], Status, int]:
    """Return the winner and the costs of all forms, the status, and the referee's checks.

    Raises
    ------
    CutShortError
        When Ctrl-C ended it with a plan.
    KeyboardInterrupt
        When it ended it without one.
    """
    instance, options = task
    try:
        answer = solve(instance, options=options, progress=progress)
    except InfeasibleError:
        return {"winner": None, **dict.fromkeys(FORMS), "gap": None}, Status.INFEASIBLE, 0
    except NoAnswerError as error:
        if error.outcome is not None:
            error.outcome.require_ended()
        return {"winner": None, **dict.fromkeys(FORMS), "gap": None}, Status.UNKNOWN, 0
    total = next(row for row in answer.rows["bill"] if row["cost"] == "total")
    costs: dict[str, float | None] = {form: total[form] for form in FORMS}
    cut = answer.outcome.stopped is Stopped.INTERRUPTED
    point = {
        "winner": NOT_KNOWN if cut else _winner(costs),
        **costs,
        "gap": answer.outcome.gap,
    }
    found = point, answer.outcome.status, answer.verdict.checks
    if cut:
        raise CutShortError(found)
    return found


def _winner(costs: Mapping[str, float | None]) -> str:
    best = costs["optimum"]
    assert best is not None
    # Where two forms cost the same, the one with less to run wins.
    order = ("conventional", "central", "distributed")
    pure: dict[str, float] = {form: cost for form in order if (cost := costs[form]) is not None}
    found = min(pure, key=lambda form: pure[form], default="")
    if found and pure[found] <= best + NEAR * abs(best):
        return found
    return BETWEEN


def _worst(statuses: Iterable[Status], *, whole: bool) -> Status:
    """Return what the whole map is worth: a point that cannot be is an answer too."""
    found = set(statuses)
    if not whole:
        return Status.UNKNOWN if found <= {Status.UNKNOWN, Status.INFEASIBLE} else Status.FEASIBLE
    if found == {Status.INFEASIBLE}:
        return Status.INFEASIBLE
    if Status.UNKNOWN in found:
        return Status.UNKNOWN
    return Status.FEASIBLE if Status.FEASIBLE in found else Status.OPTIMAL


def _notes(statuses: Sequence[Status]) -> tuple[str, ...]:
    count = Counter(statuses)
    said = {
        Status.INFEASIBLE: "no plan meets every requirement; amopt solve says why",
        Status.UNKNOWN: "no plan was found within the limits: allow more time a point",
        Status.FEASIBLE: "the plan is not proven to be the best: allow more time a point",
    }
    return tuple(
        f"At {counted(count[status], 'point')} {words}."
        for status, words in said.items()
        if count[status]
    )
