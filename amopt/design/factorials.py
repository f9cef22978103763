"""A factorial: one component over every combination of several parameters, all at once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from amopt.decision import varied
from amopt.design.break_even import BreakEven, break_even
from amopt.design.instance import Component, DesignInstance
from amopt.design.life_cycle import LifeCycle
from amopt.errors import UsageError
from amopt.instance.suggest import shown
from amopt.outcome import Outcome, Status, versions
from amopt.phrases import counted, listed
from amopt.program.pieces import Pieces
from amopt.solution import Column, Solution
from amopt.verdict import Verdict

__all__ = ["PARAMETERS", "Factorial", "axis", "factorial"]

Floats = NDArray[np.float64]

PARAMETERS = {
    "part_cost": "cost of making one part, of both versions",
    "systems": "systems in service",
    "months": "months in service",
    "lead_time_months": "lead time of the other version",
    "first_lead_time_months": "lead time of the first version",
    "mean_months_between_failures": "mean time between failures, of both versions",
    "replacement_to_part_cost": "cost of a replacement from stock over the part cost",
    "emergency_to_replacement_cost": "cost of an emergency over that of a replacement from stock",
    "holding_cost_per_month_per_value": "holding cost, as a share of the part cost a month",
    "extra_cost": "what the other version costs more to design, less its benefit",
}
"""What a factorial may vary."""

MOST_POINTS = 200_000

RISES_WITH_IT = (
    "Costs of replacements and emergencies are multiples of the part cost here, and rise with it: "
    "counted in parts, what is shown is the same at every part cost. Give extra_cost, which does "
    "not rise, or vary replacement_to_part_cost."
)

TOGETHER = 2_000
"""Combinations that are worked out at once."""

MEASURES = ("worth_to_part_cost", "break_even_ratio", "break_even_part_cost_ratio")


@dataclass(frozen=True)
class Factorial(Solution):
    """A factorial: a row for each combination, and means over each level of each parameter."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "levels": (
            Column("parameter", "", "What is varied."),
            Column("value", "", "At this value, over all values of the others:"),
            *(
                Column(f"{name}_{measure}", "", f"{measure} of {words}")
                for name, words in (
                    ("worth_to_part_cost", "K_1 over the part cost."),
                    ("break_even_ratio", "break-even life over the life of the first version."),
                    ("break_even_part_cost_ratio", "break-even part cost over the part cost."),
                )
                for measure in ("mean", "min", "max")
            ),
        ),
        "points": (
            *(Column(name, "", words, shown=False) for name, words in PARAMETERS.items()),
            Column("worth_of_lead_time", "money", "K_1.", shown=False),
            Column("highest_extra_cost", "money", "K_lim.", shown=False),
            Column("break_even_months", "months", "Empty: no life is enough.", shown=False),
            Column("break_even_part_cost", "money", "Empty: nor parts for nothing.", shown=False),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return how far the measures go."""
        points = self.rows["points"]
        worth = [row["worth_of_lead_time"] / row["part_cost"] for row in points]
        first = f"{counted(len(points), 'combination')} of {self.name}."
        second = (
            "The shorter lead time alone is worth "
            f"{min(worth):,.1f} to {max(worth):,.1f} parts (K_1 over the part cost)."
        )
        return first, second


def axis(text: str) -> tuple[str, tuple[float, ...]]:
    """Read a parameter and its values from a text such as ``part_cost=250,1000,4000``.

    Raises
    ------
    UsageError
        When there is no such parameter, or a value is not a number above 0 (any of extra_cost).
    """
    above = {name: -math.inf if name == "extra_cost" else 0.0 for name in PARAMETERS}
    return varied(text, above, 1e12)


def factorial(
    instance: DesignInstance,
    axes: Mapping[str, Sequence[float]],
    *,
    component: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Factorial:
    """Return the break-even points of one component over every combination of parameters.

    Both versions have the same part cost, life and costs of replacement, as the published factorial
    has it (Westerweel, Basten and van Houtum, 2018, section 4); they differ in lead time. What is
    not varied is that of the first version, and the lead time of the second. Ctrl-C ends it with
    the combinations that are done.

    Parameters
    ----------
    instance
        The instance, with at least two versions of the component.
    axes
        The values of each parameter of :data:`PARAMETERS` that is varied; :func:`axis` reads one
        from a text.
    component
        The name of the component; left out, the first one.
    progress
        Told how many blocks of combinations are done, and how many there are.

    Raises
    ------
    UsageError
        When there is no such component or parameter, it has one version only, or there are too many
        combinations.
    KeyboardInterrupt
        At Ctrl-C before any combination is done, and at a second one.
    """
    begun = time.perf_counter()
    chosen = _component(instance, component)
    base = _base(instance, chosen)
    unknown = set(axes) - set(PARAMETERS)
    count = math.prod(len(values) for values in axes.values())
    if unknown or not count or not axes:
        words = f"unknown parameters {sorted(unknown)}" if unknown else "nothing is varied"
        raise UsageError(f"{words}; a factorial varies {', '.join(PARAMETERS)}")
    if count > MOST_POINTS:
        raise UsageError(f"{count:,} combinations are more than {MOST_POINTS:,}: vary less")
    grid = np.array(list(product(*axes.values())), dtype=float)
    point = {name: np.full(count, value) for name, value in base.items()}
    point.update({name: grid[:, index] for index, name in enumerate(axes)})
    blocks = [slice(first, first + TOGETHER) for first in range(0, count, TOGETHER)]
    pieces = Pieces(len(blocks), progress)
    done = pieces.done(blocks, lambda block: _compared(instance, _at(point, block)))
    pieces.require_any()
    point = _at(point, np.concatenate([np.arange(count)[blocks[place]] for place in done]))
    found = BreakEven(*(np.concatenate(several) for several in zip(*done.values(), strict=True)))
    early = pieces.in_words("block of combinations", "blocks of combinations")
    return Factorial(
        kind="design",
        name=f"{instance.name}, component {chosen.name}: {listed(list(axes))}",
        notes=(*filter(None, [early]), *_notes(axes)),
        outcome=Outcome(
            stopped=pieces.stopped,
            status=Status.FEASIBLE if early else Status.OPTIMAL,
            method="closed form and roots, all at once",
            seconds={"points": time.perf_counter() - begun},
            versions=versions("amopt", "numpy", "scipy"),
        ),
        verdict=Verdict(),
        rows={"levels": _levels(axes, point, found), "points": _points(point, found)},
        currency=instance.currency,
    )


def _at(point: Mapping[str, Floats], where: slice | NDArray[np.intp]) -> dict[str, Floats]:
    """Return some of the points."""
    return {name: values[where] for name, values in point.items()}


def _compared(instance: DesignInstance, point: Mapping[str, Floats]) -> tuple[Floats, ...]:
    """Return the fields of what breaks even at some points."""
    found = break_even(*_lives(instance, point), point["extra_cost"])
    return tuple(getattr(found, field.name) for field in fields(found))


def _notes(axes: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    """Return what the planner should know of what is varied."""
    scaled = "part_cost" in axes and not set(axes) & {"extra_cost"}
    return (RISES_WITH_IT,) if scaled else ()


def _component(instance: DesignInstance, name: str | None) -> Component:
    """Return a component by its name, or the first one."""
    known = {entry.name: entry for entry in instance.components}
    own = known.get(name) if name is not None else instance.components[0]
    if own is None:
        raise UsageError(f"there is no component {shown(str(name))}, only {', '.join(known)}")
    return own


def _base(instance: DesignInstance, own: Component) -> dict[str, float]:
    """Return the parameters of a component as the file has them."""
    if len(own.versions) < 2:
        raise UsageError(f"component {shown(own.name)} has one version: nothing to compare it with")
    if not own.replacement_cost:
        raise UsageError(
            f"replacing component {shown(own.name)} costs nothing, but a factorial has what an "
            "emergency costs as a multiple of it"
        )
    first, other = own.versions[:2]
    systems = sum(base.systems * base.probability for base in instance.installed_base)
    return {
        "part_cost": first.part_cost,
        "systems": systems * own.pieces_per_system,
        "months": instance.months,
        "lead_time_months": other.lead_time_months,
        "first_lead_time_months": first.lead_time_months,
        "mean_months_between_failures": first.mean_months_between_failures,
        "replacement_to_part_cost": own.replacement_cost / first.part_cost,
        "emergency_to_replacement_cost": own.emergency_cost / own.replacement_cost,
        "holding_cost_per_month_per_value": instance.holding_cost_per_month_per_value,
        "extra_cost": 0.0,
    }


def _lives(instance: DesignInstance, point: Mapping[str, Floats]) -> tuple[LifeCycle, LifeCycle]:
    """Return the two versions at every point."""
    column = {name: values[:, None] for name, values in point.items()}
    replacement = column["replacement_to_part_cost"] * column["part_cost"]
    first = LifeCycle.of(
        part_cost=column["part_cost"],
        replacement_cost=replacement,
        emergency_cost=column["emergency_to_replacement_cost"] * replacement,
        lead_time=column["first_lead_time_months"],
        mean_months_between_failures=column["mean_months_between_failures"],
        months=column["months"],
        parts=column["systems"],
        holding=column["holding_cost_per_month_per_value"],
        initial_spares_bought=instance.accounting.initial_spares_bought,
        replacements_charged=instance.accounting.replacements_charged,
    )
    return first, first.but(lead_time=column["lead_time_months"])


def _points(point: Mapping[str, Floats], found: BreakEven) -> list[dict[str, Any]]:
    columns = {
        **{name: values.tolist() for name, values in point.items()},
        "worth_of_lead_time": found.worth_of_lead_time.tolist(),
        "highest_extra_cost": found.highest_extra_cost.tolist(),
        "break_even_months": _known(found.mean_months_between_failures),
        "break_even_part_cost": _known(found.part_cost),
    }
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def _known(values: Floats) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values.tolist()]


def _levels(
    axes: Mapping[str, Sequence[float]], point: Mapping[str, Floats], found: BreakEven
) -> list[dict[str, Any]]:
    """Return mean, least and most of each measure at each value of each parameter."""
    measures = {
        "worth_to_part_cost": found.worth_of_lead_time / point["part_cost"],
        "break_even_ratio": found.mean_months_between_failures
        / point["mean_months_between_failures"],
        "break_even_part_cost_ratio": found.part_cost / point["part_cost"],
    }
    rows = []
    for name, values in axes.items():
        for value in values:
            at = point[name] == value
            row: dict[str, Any] = {"parameter": name, "value": value}
            for measure in MEASURES:
                known = measures[measure][at]
                known = known[~np.isnan(known)]
                for word, of in (("mean", np.mean), ("min", np.min), ("max", np.max)):
                    row[f"{measure}_{word}"] = float(of(known)) if known.size else None
            rows.append(row)
    return rows
