"""What to do where the printer makes only so many parts a day, with an honest gap."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from amopt.decision import require_honoured
from amopt.drawing import GREEN, new_figure
from amopt.errors import RefusedError, UsageError
from amopt.outcome import Outcome, Status, versions
from amopt.phrases import counted, money
from amopt.printing import closed_form, formulation
from amopt.printing.busy.alone import alone
from amopt.printing.busy.plan import CONFIDENCE, each_alone, plan, shared_by
from amopt.printing.busy.shared import Priorities, priorities
from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.parameters import Parameters
from amopt.printing.referee.studies.busy import check_busy
from amopt.program.ctrl_c import completing
from amopt.program.pieces import Pieces
from amopt.solution import Column, Solution, Table

__all__ = ["CONFIDENCE", "BusySolution", "bound_figure", "busy"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class BusySolution(Solution):
    """What to do where the printer makes only so many parts a day."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "parts": (
            Column("part", "", "Part."),
            Column("base_stock", "parts", "Order up to it with each replenishment."),
            Column("free_base_stock", "parts", "The same where the printer is never busy."),
            Column("alone_base_stock", "parts", "The same where the part had it for itself."),
            Column(
                "free_yearly_cost",
                "money",
                "Cost of 364 days, less what cannot be avoided, where the printer is never busy.",
            ),
            Column("alone_yearly_cost", "money", "The least where the part had it for itself."),
        ),
        "priorities": (
            Column("days_to_go", "days", "Days to the replenishment."),
            Column("part", "", "Part; those of a day in the order in which they get the printer."),
            Column("saving_per_print", "money", "What a print saves beside waiting or expediting."),
            Column("otherwise", "", "wait or expedite: for systems that get no print."),
        ),
        "groups": (
            Column("group", "", "Number of a group of parts that get into each other's way."),
            Column("part", "", "Part of the group."),
            Column("share", "", "Share of the part's cost that is counted in the group."),
            Column(
                "extra_yearly_cost",
                "money",
                "What the parts cost a year more than alone, at least, with these shares.",
            ),
        ),
        "totals": (
            Column("most_prints_per_day", "prints", "The most that the printer makes in a day."),
            Column("free_yearly_cost", "money", "Cost a year where the printer is never busy."),
            Column("alone_yearly_cost", "money", "Each part with the printer for itself."),
            Column("bound", "money", "No plan costs less: that, and what the groups cost more."),
            Column(
                "yearly_cost",
                "money",
                "Simulated cost of the plan, at least the bound; exact with one part.",
            ),
            Column("half_width", "money", "Half the band of 99.9 % confidence around it."),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the cost of a busy printer in a few plain sentences."""
        row = self.rows["totals"][0]
        about = f" (+/- {money(row['half_width'], self.currency)})" if row["half_width"] else ""
        return (
            f"With at most {counted(row['most_prints_per_day'], 'print')} a day the plan costs "
            f"{money(row['yearly_cost'], self.currency)} a year{about}, and no plan less than "
            f"{money(row['bound'], self.currency)}; where the printer is never busy, "
            f"{money(row['free_yearly_cost'], self.currency)}.",
        )


def busy(
    instance: PrintingInstance,
    *,
    cycles: int = 100_000,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> BusySolution:
    """Find what to do where the printer makes at most ``most_prints_per_day``.

    Parameters
    ----------
    instance
        The instance, with ``most_prints_per_day``. One part is solved exactly; several get the
        printer by what a print saves, and the cost is simulated.
    cycles, seed
        Of the simulation.
    progress
        Told how many steps have ended, and how many there are: each part alone; with several parts
        the groups, the costs by level, the levels and the simulation, too. Once each part has been
        looked at alone, Ctrl-C leaves bound and levels until then, and fewer cycles tell what they
        cost.

    Returns
    -------
    BusySolution
        Its objective is the yearly cost. The bound is proven; the objective, with several parts, is
        what the parts cost alone, exactly, and a simulated mean of what they cost each other; it
        lies within ``half_width`` of the true cost with a confidence of 99.9 %.

    Raises
    ------
    UsageError
        When the file has no ``most_prints_per_day``, has limits, or has too many systems.
    RefusedError
        When the referee finds something else.
    KeyboardInterrupt
        At Ctrl-C before each part has been looked at alone, and at a second one.
    """
    most = instance.most_prints_per_day
    if most is None:
        raise UsageError("the instance has no most_prints_per_day")
    require_honoured("busy", closed_form.HONOURS, formulation.FAMILIES, instance)
    if not 2 <= cycles <= 10_000_000:
        raise UsageError(f"{cycles} cycles cannot be simulated: take 2 to 10,000,000")
    started = time.perf_counter()
    parts = len(instance.parts)
    pieces = Pieces(parts if parts == 1 else parts + 4, progress)
    rows, cycles = _rows(instance, most, cycles, seed, pieces)
    worked = time.perf_counter()
    with completing(pieces.stopped):
        verdict = check_busy(instance, rows)
    if not verdict.accepted:
        raise RefusedError(verdict)
    total = rows["totals"][0]
    simulated = total["half_width"] > 0
    short = total["yearly_cost"] - total["bound"]
    proven = not simulated and short <= 1e-9 * _unavoidable(instance.parameters).sum()
    return BusySolution(
        kind=instance.kind,
        name=instance.name,
        outcome=Outcome(
            stopped=pieces.stopped,
            status=Status.OPTIMAL if proven else Status.FEASIBLE,
            objective=total["yearly_cost"],
            bound=min(total["bound"], total["yearly_cost"]),
            method=f"{cycles:,} simulated cycles, seed {seed}" if simulated else "states of a part",
            seconds={"work out": worked - started, "referee": time.perf_counter() - worked},
            versions=versions("amopt", "numpy", "scipy"),
        ),
        verdict=verdict,
        rows=rows,
        notes=(
            *filter(None, [pieces.in_words("step")]),
            *_notes(parts, _band(total, instance.currency)),
        ),
        fingerprint=instance.fingerprint(),
        currency=instance.currency,
        objective_meaning="yearly cost, less what cannot be avoided",
    )


def _rows(
    instance: PrintingInstance, most: int, cycles: int, seed: int, pieces: Pieces
) -> tuple[dict[str, Table], int]:
    """Return the tables, and how many cycles were simulated.

    Each part with a free printer and alone with this one, and all together. The costs of a cycle
    become those of a year, less what cannot be avoided.
    """
    parameters = instance.parameters
    free = closed_form.best_policy(parameters)
    found = each_alone(parameters, most, pieces)
    alone_stock = np.array([one.base_stock for one in found], dtype=np.int64)
    order = priorities(parameters, most)
    shared = shared_by(parameters, found, most, pieces) if len(parameters) > 1 else ()
    if len(parameters) == 1:
        stock, mean, half = alone_stock, found[0].cycle_cost, 0.0
    else:
        first = (free.base_stock, alone_stock)
        (stock, mean, half), cycles = plan(
            parameters, first, order, most=most, cycles=cycles, seed=seed, pieces=pieces
        )
    yearly = REPORTED_DAYS / instance.cycle_days
    unavoidable = _unavoidable(parameters)
    free_cost = yearly * closed_form.cycle_cost(parameters, free) - unavoidable
    alone_cost = yearly * np.array([one.cycle_cost for one in found]) - unavoidable
    cost = float(yearly * mean - unavoidable.sum())
    bound = float(alone_cost.sum()) + yearly * sum(one.extra for one in shared)
    return {
        "parts": [
            {
                "part": part.name,
                "base_stock": int(stock[k]),
                "free_base_stock": int(free.base_stock[k]),
                "alone_base_stock": int(alone_stock[k]),
                "free_yearly_cost": float(free_cost[k]),
                "alone_yearly_cost": float(alone_cost[k]),
            }
            for k, part in enumerate(instance.parts)
        ],
        "priorities": _priority_rows(instance, order),
        "groups": [
            {
                "group": number,
                "part": instance.parts[part].name,
                "share": group.share,
                "extra_yearly_cost": yearly * group.extra,
            }
            for number, group in enumerate(shared, 1)
            for part in group.parts
        ],
        "totals": [
            {
                "most_prints_per_day": most,
                "free_yearly_cost": float(free_cost.sum()),
                "alone_yearly_cost": float(alone_cost.sum()),
                "bound": bound,
                "yearly_cost": max(cost, bound) if half else cost,
                "half_width": yearly * half,
            }
        ],
    }, cycles


def _unavoidable(parameters: Parameters) -> Floats:
    """Return what regular parts for all failures of a year would cost, shape (parts,)."""
    return REPORTED_DAYS * parameters.order_cost * parameters.systems * parameters.failures_per_day


def _priority_rows(instance: PrintingInstance, order: Priorities) -> Table:
    """Return in which order the parts get the printer on each day, those that gain nothing not."""
    return [
        {
            "days_to_go": n,
            "part": instance.parts[k].name,
            "saving_per_print": saving if math.isfinite(saving) else None,
            "otherwise": "expedite" if order.expedites[n, k] else "wait",
        }
        for n in range(instance.cycle_days - 1, 0, -1)
        for k in np.argsort(-order.saving[n], kind="stable").tolist()
        if (saving := float(order.saving[n, k])) > 0 or order.expedites[n, k]
    ]


def bound_figure(instance: PrintingInstance, most: Sequence[int] = range(6)) -> Any:
    """Return a plotly figure of the least yearly cost by the prints that a day may have.

    Raises
    ------
    UsageError
        When plotly is not installed, or there are too many systems.
    """
    parameters, figure = instance.parameters, new_figure()
    parts = [parameters.take([part]) for part in range(len(parameters))]
    cost = [sum(alone(one, m).cycle_cost for one in parts) / instance.cycle_days for m in most]
    figure.add_bar(
        x=list(most),
        y=[REPORTED_DAYS * one - float(_unavoidable(parameters).sum()) for one in cost],
        marker_color=GREEN,
    )
    figure.update_xaxes(title="most prints a day")
    figure.update_yaxes(title=f"no plan costs less, {instance.currency} a year")
    return figure


def _band(total: Mapping[str, Any], currency: str) -> str:
    """Return up to what a simulated cost is known; nothing where it is exact."""
    return money(total["half_width"], currency) if total["half_width"] else ""


def _notes(parts: int, band: str) -> tuple[str, ...]:
    if parts == 1:
        return (
            "The best decisions of one part depend on how many wait and how many printed parts are "
            "in operation; the priorities are those of a printer that is free.",
        )
    if not band:
        return ()
    return (
        "The cost is a mean of simulated cycles, and not below the bound: it, and with it the "
        f"gap, is known up to {band} a year.",
    )
