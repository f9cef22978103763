r"""The operational question: which unit prints which dated order.

Sites and machines are fixed. Time runs in weeks, up to the last one in which anything could still
be worth printing. Order :math:`o` may be printed by unit :math:`u` (a site and a type of machine),
to be ready at the end of week :math:`w`, or come from a conventional supplier. Variables:
:math:`x_{ouw}`, whether it is; :math:`g_{ouv}`, hours of printing it in week :math:`v`.

After Rauch and Seidenstricker et al. (2018), on collaborative cloud manufacturing: an order goes to
a unit near by with free capacity that meets the agreed date; here, at least cost for all orders.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, NoAnswerError, RefusedError
from amopt.placement.answer.solution import PlacementSolution
from amopt.placement.orders.options import Unit, Ways, units
from amopt.placement.referee.orders import check_orders
from amopt.program.builder import Builder, Term, Variables
from amopt.program.solver import highs
from amopt.program.solver.outcome import Outcome, Status
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance
    from amopt.placement.plan import Plan
    from amopt.program.linear import LinearProgram

__all__ = ["assign"]

Floats = NDArray[np.float64]


def assign(
    instance: Instance,
    *,
    plan: Plan | None = None,
    options: highs.Options | None = None,
    progress: Callable[[highs.Progress], None] | None = None,
) -> PlacementSolution:
    """Assign an instance's orders to units with free capacity, at least cost.

    Parameters
    ----------
    instance
        An instance with orders.
    plan
        The plan whose first period says which machines stand where; without one they are the
        machines that sites own and the hours that they sell.
    options
        Limits of the solver.
    progress
        Called now and then.

    Raises
    ------
    InfeasibleError
        When some orders cannot all be on time and may not be late.
    NoAnswerError
        When the limits were reached before any assignment was found.
    RefusedError
        When the referee does not accept the answer.
    """
    options = options or highs.Options()
    rows, outcome = assigned(instance, plan=plan, options=options, progress=progress)
    solution = PlacementSolution(
        kind="placement",
        name=instance.name,
        outcome=outcome,
        verdict=Verdict(),
        rows=rows,
        currency=instance.currency,
        objective_meaning="cost of all orders with penalties for being late",
    )
    verdict = check_orders(instance, solution)
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=outcome)
    return replace(solution, verdict=verdict)


def assigned(
    instance: Instance,
    *,
    plan: Plan | None,
    options: highs.Options,
    progress: Callable[[highs.Progress], None] | None = None,
) -> tuple[dict[str, Any], Outcome]:
    """Return the tables of an assignment and its outcome, not yet seen by the referee."""
    started = time.perf_counter()
    program = _Program(instance, units(instance, plan))
    built = time.perf_counter()
    answer = highs.solve(program.arrays, options, progress=progress)
    if answer.values is None:
        raise _no_assignment(program.arrays, answer)
    seconds = {"build": built - started, "solve": time.perf_counter() - built}
    return _tables(program, answer.values), replace(answer.outcome, seconds=seconds)


class _Program:
    r"""The program, family by family.

    .. math::

        \min \sum_{ouw} c_{ouw} x_{ouw} \quad \text{subject to} \quad \sum_{u,w} x_{ouw} = 1, \quad
        \sum_v g_{ouv} = h_{ou} \sum_w x_{ouw},

        g_{ouv} \le h_{ou} \sum_{w \ge v} x_{ouw}, \quad \sum_o g_{ouv} \le C_{uv},
        \quad x \in \{0, 1\}, \quad g \ge 0

    Parameters
    ----------
    instance
        The instance.
    capacity
        Hours a week of each unit.
    """

    def __init__(self, instance: Instance, capacity: dict[Unit, float]) -> None:
        self.instance, self.capacity = instance, capacity
        self.choices = Ways(instance, capacity).choices()
        self.names = [order.order for order in instance.orders]
        builder = Builder()
        self.x = builder.variables(
            "filled",
            [(self.names[c.order], c.supplier, c.week) for c in self.choices],
            cost=[c.cost + c.penalty for c in self.choices],
            upper=1.0,
            integer=True,
        )
        self.ends = self._ends()
        self.keys = [
            (o, unit, week)
            for (o, unit), ends in self.ends.items()
            for week in range(
                math.floor(instance.orders[o].release_week),
                max(self.choices[k].week for k in ends) + 1,
            )
        ]
        self.g = builder.variables(
            "printed", [(self.names[o], *unit, week) for o, unit, week in self.keys]
        )
        builder.rows(
            "order",
            self.names,
            self.x.grouped([c.order for c in self.choices]),
            lower=1.0,
            upper=1.0,
        )
        self._printing_time(builder)
        self._printed_before_ready(builder)
        self._free_hours(builder)
        self.arrays: LinearProgram = builder.build(f"orders: {instance.name}")

    def _ends(self) -> dict[tuple[int, Unit], list[int]]:
        """Return the choices of each order and unit."""
        ends: dict[tuple[int, Unit], list[int]] = {}
        for k, choice in enumerate(self.choices):
            if choice.unit is not None:
                ends.setdefault((choice.order, choice.unit), []).append(k)
        return ends

    def _need(self, row: int, chosen: list[int]) -> tuple[list[int], list[int], list[float]]:
        """Return a row's coefficients of the choices: the hours that they need, negative."""
        return [row] * len(chosen), chosen, [-self.choices[k].hours for k in chosen]

    def _printing_time(self, builder: Builder) -> None:
        """Print an order for as long as it needs, where it is assigned."""
        at = {pair: row for row, pair in enumerate(self.ends)}
        needs = [self._need(at[pair], chosen) for pair, chosen in self.ends.items()]
        builder.rows(
            "printing_time",
            [(self.names[o], *unit) for o, unit in at],
            self.g.grouped([at[o, unit] for o, unit, _ in self.keys]),
            _joined(self.x, needs),
            lower=0.0,
            upper=0.0,
        )

    def _printed_before_ready(self, builder: Builder) -> None:
        """Print nothing of an order after the week in which it is to be ready."""
        needs = [
            self._need(row, [k for k in self.ends[o, unit] if self.choices[k].week >= week])
            for row, (o, unit, week) in enumerate(self.keys)
        ]
        builder.rows(
            "printed_before_ready",
            [(self.names[o], *unit, week) for o, unit, week in self.keys],
            self.g.per_row(),
            _joined(self.x, needs),
            upper=0.0,
        )

    def _free_hours(self, builder: Builder) -> None:
        """Print no longer than a unit has free hours in a week."""
        taken = {(e.place, e.machine, e.week): e.hours for e in self.instance.commitments}
        weeks = sorted({(unit, week) for _, unit, week in self.keys})
        slot = {key: row for row, key in enumerate(weeks)}
        free = [
            max(self.capacity[unit] - taken.get((*unit, week), 0.0), 0.0) for unit, week in weeks
        ]
        builder.rows(
            "free_hours",
            [(*unit, week) for unit, week in weeks],
            self.g.grouped([slot[unit, week] for _, unit, week in self.keys]),
            upper=free,
        )


def _joined(x: Variables, needs: list[tuple[list[int], list[int], list[float]]]) -> Term:
    rows, members, coefficients = (
        [value for need in needs for value in need[position]] for position in range(3)
    )
    return Term(x, rows, members, coefficients)


def _tables(program: _Program, values: Floats) -> dict[str, Any]:
    """Return the tables of orders, and of the work on them week by week."""
    instance = program.instance
    work = [
        {
            "order": instance.orders[o].order,
            "source": unit[0],
            "machine": unit[1],
            "week": week,
            "hours": float(hours),
        }
        for (o, unit, week), hours in zip(program.keys, values[program.g.block], strict=True)
        if hours > 1e-7
    ]
    started = {row["order"]: row["week"] for row in reversed(work)}
    rows = []
    for choice, chosen in zip(program.choices, values, strict=False):
        if chosen < 0.5:
            continue
        order = instance.orders[choice.order]
        rows.append(
            {
                "order": order.order,
                "part": order.part,
                "quantity": order.quantity,
                "place": order.place,
                "source": choice.supplier,
                "machine": choice.unit[1] if choice.unit else "",
                "start_week": started.get(order.order) if choice.unit else None,
                "ready_week": choice.week + 1 if choice.unit else None,
                "arrival_week": choice.arrival,
                "due_week": order.due_week,
                "weeks_late": max(0.0, choice.arrival - order.due_week),
                "cost": choice.cost,
                "penalty": choice.penalty,
            }
        )
    return {"orders": rows, "work": work}


def _no_assignment(program: LinearProgram, answer: highs.Answer) -> InfeasibleError | NoAnswerError:
    from amopt.program.infeasible.conflict import diagnose, least_change

    outcome = answer.outcome
    if outcome.status is not Status.INFEASIBLE:
        return NoAnswerError(
            f"no assignment was found ({outcome.stopped}): allow more time", outcome=outcome
        )
    words = {
        "order": lambda key: f"order {key!r} must be filled on time, or late where it may be",
        "free_hours": lambda key: f"the free hours of {key[1]!r} at {key[0]!r} in week {key[2]}",
        "printing_time": lambda key: f"the print time of order {key[0]!r} at {key[1]!r}",
        "printed_before_ready": lambda key: f"order {key[0]!r} is printed before it is ready",
        "filled": lambda key: f"order {key[0]!r} goes to one source",
        "printed": lambda key: f"no hours below zero for order {key[0]!r}",
    }
    give = {
        "free_hours": lambda key, amount: (
            f"find {amount:,.1f} more hours of {key[1]!r} at {key[0]!r} in week {key[2]}"
        )
    }
    change = None
    if any(family.name == "free_hours" for family in program.rows.families):
        change = least_change(program, {"free_hours": 1.0})
    return InfeasibleError(
        "the orders cannot all be filled on time: these cannot hold together",
        conflict=diagnose(program).in_words(words),
        remedies=change.in_words(give) if change else (),
        outcome=outcome,
    )
