"""Which form the supply chain takes where: a map over two parameters.

The source's figure 5.4 is one, over the price of a print and how unlike two buyers are; drawn here
with the best contract of all, beside that of its theorem.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from amopt.decision import require_honoured, varied
from amopt.errors import UsageError
from amopt.licensing import formulation
from amopt.licensing.costs import Buyers
from amopt.licensing.forms import form_of, theorem
from amopt.licensing.instance import LicensingInstance
from amopt.licensing.methods import exact
from amopt.outcome import Outcome, Status, versions
from amopt.phrases import counted, listed
from amopt.program.pieces import Pieces
from amopt.solution import Column, Solution
from amopt.verdict import Verdict

__all__ = ["PARAMETERS", "FormMap", "axis", "map_forms"]

PARAMETERS = {
    "price_ratio": "price of a print over that of a part",
    "setup_ratio": "setup cost of printing over that of buying",
    "lead_time_ratio": "lead time of printing over that of buying",
    "size_ratio": "demand of the largest buyer over that of the smallest, the sum as it is",
}
"""What a map may vary."""

MOST_POINTS = 10_000

SHORT = 1e-6
"""Share of the best by which the theorem must earn less to be counted as missing it."""

Axis = tuple[str, Sequence[float]]


@dataclass(frozen=True)
class FormMap(Solution):
    """The form of the supply chain at each point of a grid, x running fastest."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "axes": (
            Column("axis", "", "x or y."),
            Column("parameter", "", "What is varied."),
            Column("least", "", "Least value."),
            Column("most", "", "Largest value."),
        ),
        "map": (
            Column("x", "", "Value of the first parameter."),
            Column("y", "", "Value of the second parameter."),
            Column("form", "", "Form of the supply chain with the best contract of all."),
            Column("profit", "money", "Supremum of what the maker earns a year."),
            Column("attained", "", "Whether a contract earns that."),
            Column("centralised_profit", "money", "What he earns without a licence."),
            Column("theorem_form", "", "Form with the best contract of the source's theorem."),
            Column("theorem_profit", "money", "What that earns; empty: not two unlike buyers."),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return which form occurs how often, and what the theorem overlooks."""
        points = self.rows["map"]
        forms = Counter(row["form"] for row in points)
        told = [f"{form} at {number:,}" for form, number in forms.most_common()]
        first = f"Of {counted(len(points), 'point')}: {listed(told)}."
        missed = sum(
            row["theorem_profit"] is not None
            and row["profit"] - row["theorem_profit"]
            > SHORT * max(abs(row["profit"]), abs(row["theorem_profit"]))
            for row in points
        )
        if all(row["theorem_profit"] is None for row in points):
            return (first,)
        return first, f"The published theorem earns less than the best at {missed:,} of them."


def axis(text: str) -> Axis:
    """Read a parameter and its values from a text such as ``price_ratio=1,1.25,1.5``.

    Raises
    ------
    UsageError
        When there is no such parameter, or a value is not a number above 0.
    """
    return varied(text, dict.fromkeys(PARAMETERS, 0.0), 1e6)


def map_forms(
    instance: LicensingInstance,
    *,
    x: Axis,
    y: Axis,
    progress: Callable[[int, int], None] | None = None,
) -> FormMap:
    """Return the form of the supply chain, and what the maker earns, at each point of a grid.

    Limits of the instance do not count, and one contract is offered: the map is that of the buyers'
    own choices. Ctrl-C ends it with the points that are done.

    Parameters
    ----------
    instance
        The instance; what is not varied is taken from it.
    x, y
        A parameter of :data:`PARAMETERS` and its values; :func:`axis` reads them from a text.
    progress
        Told how many points are done, and how many there are.

    Raises
    ------
    UsageError
        When both parameters are the same, one of them has no effect on this instance, a
        ``size_ratio`` is below 1, or there are too many points.
    KeyboardInterrupt
        At Ctrl-C before any point is done, and at a second one.
    """
    begun = time.perf_counter()
    if x[0] == y[0]:
        raise UsageError(f"a map needs two different parameters, and both are {x[0]!r}")
    if len(x[1]) * len(y[1]) > MOST_POINTS:
        raise UsageError(f"a map of more than {MOST_POINTS:,} points: take fewer values")
    for one in (x, y):
        _require_effect(instance, *one)
    plain = Buyers.of(instance).without_limits().instance
    require_honoured("a map", exact.HONOURS, formulation.FAMILIES, plain)
    points = [(a, b) for b in y[1] for a in x[1]]
    pieces = Pieces(len(points), progress)
    found = pieces.done(
        points, lambda at: _point(_varied(_varied(plain, x[0], at[0]), y[0], at[1]))
    )
    pieces.require_any()
    rows = [{"x": points[k][0], "y": points[k][1], **point} for k, point in found.items()]
    early = pieces.in_words("point")
    return FormMap(
        kind="licensing",
        name=f"{instance.name}: {x[0]} by {y[0]}",
        outcome=Outcome(
            stopped=pieces.stopped,
            status=Status.FEASIBLE if early else Status.OPTIMAL,
            method="map, the best contract of each point exactly",
            seconds={"points": time.perf_counter() - begun},
            versions=versions("amopt", "numpy"),
        ),
        notes=(early,) if early else (),
        verdict=Verdict(),
        rows={"axes": [_axis("x", x), _axis("y", y)], "map": rows},
        currency=instance.currency,
    )


def _axis(name: str, own: Axis) -> dict[str, Any]:
    parameter, values = own
    return {"axis": name, "parameter": parameter, "least": min(values), "most": max(values)}


def _require_effect(instance: LicensingInstance, parameter: str, values: Sequence[float]) -> None:
    """Refuse a parameter that would not do what its values say."""
    if parameter == "size_ratio":
        if len(instance.buyers) < 2:
            raise UsageError("one buyer is not larger than another: size_ratio needs two at least")
        if min(values) < 1:
            raise UsageError(f"size_ratio is {PARAMETERS[parameter]}: {min(values):g} is below 1")
    field = {"setup_ratio": "setup_cost", "lead_time_ratio": "lead_time_years"}.get(parameter)
    if field is not None and not getattr(instance.traditional, field):
        raise UsageError(
            f"{parameter} changes nothing here: it is over {field} of traditional, which is 0"
        )


def _varied(instance: LicensingInstance, parameter: str, value: float) -> LicensingInstance:
    """Return the instance with one parameter changed."""
    old, new = instance.traditional, instance.printing
    changes = {
        "price_ratio": {"price": value * old.price},
        "setup_ratio": {"setup_cost": value * old.setup_cost},
        "lead_time_ratio": {"lead_time_years": value * old.lead_time_years},
    }
    if parameter in changes:
        return instance.unchecked_copy(printing=new.model_copy(update=changes[parameter]))
    count = len(instance.buyers)
    sizes = value ** (np.arange(count) / (count - 1))
    total = math.fsum(buyer.demand_per_year for buyer in instance.buyers)
    demands = (sizes / sizes.sum() * total).tolist()
    buyers = tuple(
        buyer.model_copy(update={"demand_per_year": demand})
        for buyer, demand in zip(instance.buyers, demands, strict=True)
    )
    return instance.unchecked_copy(buyers=buyers)


def _point(instance: LicensingInstance) -> dict[str, Any]:
    """Return the best contract of all, and the theorem's, at one point."""
    buyers = Buyers.of(instance)
    offer = exact.best_contract(buyers, instance.epsilon)
    assert offer is not None  # nothing limits it
    by_theorem = theorem(buyers)
    return {
        "form": form_of(buyers.demand, offer.choice, offer.contracts),
        "profit": offer.supremum,
        "attained": offer.side == "at",
        "centralised_profit": float((buyers.margin * buyers.demand).sum()),
        "theorem_form": None
        if by_theorem is None
        else form_of(buyers.demand, by_theorem.choice, by_theorem.contracts),
        "theorem_profit": None if by_theorem is None else by_theorem.profit,
    }
