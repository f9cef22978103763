"""The periods of a model, and what holds for a period -> what holds for a year."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from amopt.anura.model.remarks import Sort
from amopt.anura.model.tables import Model, Row

__all__ = ["Horizon", "horizon_of"]

DAYS_A_YEAR = 365.0

WHOLE = "Model Horizon"
"""What a demand of all periods together names."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The periods.

    Attributes
    ----------
    names, years
        Of each period.
    start
        The first day; None where the model does not say.
    """

    names: tuple[str, ...]
    years: tuple[float, ...]
    start: datetime.date | None

    @property
    def total(self) -> float:
        """Years in all."""
        return sum(self.years)

    def per_year(self, quantity: float, period: str) -> list[float]:
        """Return a quantity of a period, or of the whole horizon, as a rate a year by period."""
        if not period:
            return [quantity / self.total] * len(self.names)
        return [
            quantity / years if name == period else 0.0
            for name, years in zip(self.names, self.years, strict=True)
        ]

    def period_of(self, row: Row, members: Sequence[str]) -> list[str]:
        """Return the periods that a row names; an empty text is the whole horizon."""
        said = row.text("PeriodName")
        if said.casefold() in ("", WHOLE.casefold()):
            return [""]
        if said in self.names:
            return [said]
        if known := [name for name in self.names if name in members]:
            return known
        row.wrong("PeriodName", f"there is no period {said!r}", "unknown-name")
        return []


def _begins(model: Model) -> list[tuple[datetime.date, str]]:
    """Return the first days and names of periods in order; what one lacks is a finding."""
    found: dict[str, datetime.date] = {}
    for row in model.rows("Periods"):
        for column in ("PeriodName", "StartDate"):
            if not row.has(column):
                row.wrong(column, "the cell is blank", "missing-key")
        name, day = row.text("PeriodName"), row.date("StartDate")
        if name in found:
            row.wrong("PeriodName", f"there are two periods {name!r}", "duplicate-name")
        if day is not None:
            found.setdefault(name, day)
    return sorted((day, name) for name, day in found.items())


def horizon_of(model: Model) -> Horizon:
    """Return the periods of a model; without dates there is a finding."""
    settings = model.rows("ModelSettings")
    start = settings[0].date("ModelStartDate") if settings else None
    end = settings[0].date("ModelEndDate") if settings else None
    begins = _begins(model)
    if end is None or (start is None and not begins):
        message = "ModelStartDate and ModelEndDate: the horizon is not known."
        model.remarks.find("missing-key", "ModelSettings", message)
        return Horizon(("horizon",), (1.0,), start)
    names = [name for _, name in begins] or ["horizon"]
    days = [day for day, _ in begins] or [start or end]
    spans = [(after - day).days for day, after in zip(days, [*days[1:], end], strict=True)]
    if min(spans) <= 0:
        table = "Periods" if begins else "ModelSettings"
        model.remarks.find("out-of-range", table, "a period ends before it begins.")
        return Horizon(("horizon",), (1.0,), start)
    if begins and start is not None and begins[0][0] != start:
        reason = f"the horizon begins with the first period, on {begins[0][0]}"
        model.remarks.add(Sort.ASSUMED, "Periods", "StartDate", reason)
    return Horizon(tuple(names), tuple(span / DAYS_A_YEAR for span in spans), days[0])
