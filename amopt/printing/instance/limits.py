"""Limits that parts of a place share: room, printer hours, material, down time, money, CO2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import Field

from amopt.instance.common import InstanceModel, Name, Probability, RefersTo
from amopt.instance.findings import Problem
from amopt.phrases import money, plural

if TYPE_CHECKING:
    from amopt.printing.instance.entries import Part

__all__ = ["MEASURES", "Limit", "Measure", "Per"]

Measure = Literal[
    "stock",
    "storage_cm3",
    "average_stock",
    "printer_hours",
    "material_cm3",
    "prints",
    "expedites",
    "orders",
    "down_days",
    "availability",
    "spending",
    "kg_co2",
]

MEASURES: tuple[Measure, ...] = get_args(Measure)
"""What can be limited, in expectation."""

Per = Literal["cycle", "year"]

AT_ONCE = ("stock", "storage_cm3", "average_stock", "availability")
"""Measures that are not summed over time."""

NEEDS: dict[Measure, tuple[tuple[str, str | None], ...]] = {
    "storage_cm3": (("storage_cm3", None),),
    "printer_hours": (("print_hours", "print_cost"),),
    "material_cm3": (("print_material_cm3", "print_cost"),),
    "kg_co2": (
        ("kg_co2_per_order", None),
        ("kg_co2_per_print", "print_cost"),
        ("kg_co2_per_expedite", "expedite_cost"),
    ),
}
"""The fields of a part that a measure adds up, each with the field without which a part does not
have the source that it speaks of."""

MONEY = "unit of money"

UNITS: dict[Measure, tuple[str, str]] = {
    "stock": ("part", "parts"),
    "storage_cm3": ("cm3", "cm3"),
    "average_stock": ("part", "parts"),
    "printer_hours": ("printer hour", "printer hours"),
    "material_cm3": ("cm3 of raw material", "cm3 of raw material"),
    "prints": ("print", "prints"),
    "expedites": ("expedited part", "expedited parts"),
    "orders": ("ordered part", "ordered parts"),
    "down_days": ("system-day down", "system-days down"),
    "availability": ("of availability", "of availability"),
    "spending": (f"{MONEY} to be spent", "units of money to be spent"),
    "kg_co2": ("kg of CO2", "kg of CO2"),
}
"""The unit of each measure, for one and for several."""


class Limit(InstanceModel):
    """One limit on what the parts of a place do together, in expectation."""

    name: Name = Field(description="Name of the limit, unique in the instance.")
    measure: Measure = Field(
        description="stock (parts on the shelf after a replenishment), storage_cm3 (the room that "
        "they need), average_stock, printer_hours, material_cm3, prints, expedites, orders, "
        "down_days (system-days), availability, spending (on parts), kg_co2."
    )
    at_most: Annotated[float, Field(ge=0, le=1e12)] | None = Field(
        default=None, description="The most of it, in its unit; for all measures but availability."
    )
    at_least: Probability | None = Field(
        default=None, description="The least availability: a share of system-days, such as 0.99."
    )
    per: Per | None = Field(
        default=None,
        description="cycle (if left out) or year (of 364 days), for what adds up over time.",
    )
    parts: tuple[Annotated[Name, RefersTo("parts")], ...] = Field(
        default=(), description="The parts that it is about; left out, all of the systems."
    )
    systems: tuple[Annotated[Name, RefersTo("systems")], ...] = Field(
        default=(), description="The types of system that it is about; left out, all."
    )

    def holds(self, part: Part) -> bool:
        """Return whether the limit is about a part."""
        return (not self.parts or part.name in self.parts) and (
            not self.systems or part.system in self.systems
        )

    @property
    def bound(self) -> str:
        """The limit in words: ``at most 10 printer hours a cycle``."""
        if self.measure == "availability":
            return f"at least {100 * (self.at_least or 0.0):.12g} % of availability"
        most = self.at_most or 0.0
        return f"at most {most:,.12g} {plural(most, *UNITS[self.measure])}{self._often}"

    @property
    def unit(self) -> str:
        """The unit in words: ``printer hours a cycle``."""
        return f"{UNITS[self.measure][1]}{self._often}"

    @property
    def one_unit(self) -> str:
        """One unit in words: ``printer hour a cycle``."""
        return f"{UNITS[self.measure][0]}{self._often}"

    def worth_in_words(self, yearly_worth: float | None, currency: str) -> str | None:
        """Return the price of the limit as a clause: ``one more print a cycle is worth ...``.

        Parameters
        ----------
        yearly_worth
            What one unit more of it is worth, in money a year; None where that is not known.
        currency
            The unit of money.
        """
        if yearly_worth is None:
            return None
        if yearly_worth <= 0:
            return "more of it is worth nothing"
        step, worth = f"one more {self.one_unit.replace(MONEY, currency)}", yearly_worth
        if self.measure == "availability":
            step, worth = "one percentage point less", yearly_worth / 100
        return f"{step} is worth {money(worth, currency)} a year"

    @property
    def _often(self) -> str:
        return "" if self.measure in AT_ONCE else f" a {self.per or 'cycle'}"

    def problems(
        self, key: tuple[str | int, ...], parts: Sequence[Part], *, all_expedited: bool
    ) -> Iterator[Problem]:
        """Yield what no single field can know.

        Parameters
        ----------
        key
            The key of the limit.
        parts
            The parts of the instance.
        all_expedited
            Whether every part can be expedited, those without a cost of their own included.
        """
        wanted, other = "at_most", "at_least"
        if self.measure == "availability":
            wanted, other = other, wanted
        for field, due in ((wanted, True), (other, False)):
            if (getattr(self, field) is not None) is not due:
                yield Problem(
                    "limit-side",
                    (*key, field if not due else "measure"),
                    f"limit {self.name!r} {'lacks' if due else 'has'} {field}; the measure "
                    f"{self.measure} takes {wanted}.",
                    f"Give {wanted} alone.",
                )
        if self.per is not None and self.measure in AT_ONCE:
            yield Problem(
                "limit-side",
                (*key, "per"),
                f"limit {self.name!r} is per {self.per}, but {self.measure} does not add up over "
                "time.",
                "Leave per out.",
            )
        held = [index for index, part in enumerate(parts) if self.holds(part)]
        if not held:
            yield Problem(
                "limit-on-nothing",
                (*key, "systems" if self.systems else "parts"),
                f"limit {self.name!r} is about no part: none of its parts is of its systems.",
            )
        for index in held:
            yield from self._missing(parts[index], index, all_expedited=all_expedited)

    def _missing(self, part: Part, index: int, *, all_expedited: bool) -> Iterator[Problem]:
        """Yield what a part lacks of that which the measure adds up."""
        for field, source in NEEDS.get(self.measure, ()):
            offered = source == "expedite_cost" and all_expedited
            needed = source is None or offered or getattr(part, source) is not None
            if needed and getattr(part, field) is None:
                yield Problem(
                    "limit-needs-data",
                    ("parts", index, "name"),
                    f"part {part.name!r} has no {field}, which the limit {self.name!r} adds up.",
                    f"Give {field} (0 where there is none), or leave the part out of the limit.",
                )
