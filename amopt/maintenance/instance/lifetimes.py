r"""Lives of parts: the survival function and its integral, for any increasing failure rate.

With :math:`F` the distribution of a life, :math:`\bar F(t) = 1 - F(t)` is its survival function and

.. math:: S(t) = \int_0^t \bar F(x) \, dx

the expected life up to age :math:`t`. Both are in closed form for each distribution here, so that
the cost of a policy needs no numerical integration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from amopt.instance.common import InstanceModel
from amopt.instance.findings import Problem

__all__ = ["Life", "LifePoint"]

Floats = NDArray[np.float64]

LikelyDays = Annotated[float, Field(ge=1e-3, le=1e5)]


class LifePoint(InstanceModel):
    """One point of a tabulated life: the share of the parts that reach an age."""

    unique_by = ("age_days",)

    age_days: LikelyDays = Field(description="Age in days of operation.")
    survival: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="Share of the parts that live longer, above 0 and below 1."
    )


class Life(InstanceModel):
    """The distribution of a part's life in days of operation, with an increasing failure rate."""

    distribution: Literal["weibull", "gamma", "tabulated"] = Field(
        description="weibull or gamma, with scale_days and shape; or tabulated, with points."
    )
    scale_days: LikelyDays | None = Field(
        default=None, description="Scale of a weibull or gamma life, in days."
    )
    shape: Annotated[float, Field(ge=0.05, le=100)] | None = Field(
        default=None, description="Shape of a weibull or gamma life; at least 1: parts wear out."
    )
    points: tuple[LifePoint, ...] | None = Field(
        default=None,
        description="Ages and survivals of a tabulated life; between two ages the failure rate is "
        "constant, after the last one it stays what it was.",
    )

    def problems(self, key: tuple[str | int, ...]) -> Iterator[Problem]:
        """Yield what no single field can know."""
        tabulated = self.distribution == "tabulated"
        wanted = ("points",) if tabulated else ("scale_days", "shape")
        missing = [name for name in wanted if getattr(self, name) in (None, ())]
        others = ("scale_days", "shape") if tabulated else ("points",)
        beside = [name for name in others if getattr(self, name) is not None]
        if missing or beside:
            yield Problem(
                "incomplete-life",
                (*key, "distribution"),
                f"a {self.distribution} life takes {' and '.join(wanted)}"
                f"{f', and no {beside[0]}' if beside else ''}.",
                f"Give {' and '.join(wanted)}, and nothing else.",
            )
        elif not tabulated and self.shape is not None and self.shape < 1:
            yield self._falling((*key, "shape"), f"with a shape of {self.shape:g}")
        elif tabulated and (np.diff(self._rates) < -1e-9 * self._rates[1:]).any():
            yield self._falling((*key, "points"), "between these points")
        elif tabulated and (self._rates <= 0).any():
            yield self._falling((*key, "points"), "where survival does not fall with age")

    @staticmethod
    def _falling(key: tuple[str | int, ...], where: str) -> Problem:
        return Problem(
            "falling-failure-rate",
            key,
            f"{where} the failure rate falls with age, so that old parts are better than new ones.",
            "Give a life that wears out: a shape of 1 or more, or rates that rise from point to "
            "point.",
        )

    @cached_property
    def _table(self) -> tuple[Floats, Floats]:
        """Ages and cumulative hazards of the points, from age 0, each shape (points + 1,)."""
        points = sorted(self.points or (), key=lambda point: point.age_days)
        ages = np.array([0.0, *(point.age_days for point in points)])
        return ages, -np.log(np.array([1.0, *(point.survival for point in points)]))

    @cached_property
    def _rates(self) -> Floats:
        """Failure rate a day between the points, shape (points,)."""
        ages, hazard = self._table
        return np.asarray(np.diff(hazard) / np.diff(ages))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, with some fields changed, not checked."""
        copy = super().model_copy(update=update, deep=deep)
        for name in vars(copy).keys() - type(copy).model_fields.keys():
            del vars(copy)[name]
        return copy

    def survival(self, age: ArrayLike) -> Floats:
        r"""Return :math:`\bar F(t)` at ages in days, of the same shape."""
        t = np.asarray(age, dtype=np.float64)
        if self.distribution == "tabulated":
            ages, hazard = self._table
            piece = np.clip(np.searchsorted(ages, t, side="right") - 1, 0, len(ages) - 2)
            return np.asarray(np.exp(-hazard[piece] - self._rates[piece] * (t - ages[piece])))
        scale, shape = float(self.scale_days or 1.0), float(self.shape or 1.0)
        if self.distribution == "weibull":
            with np.errstate(over="ignore"):  # infinite: nothing lives so long
                return np.asarray(np.exp(-((t / scale) ** shape)))
        from scipy.special import gammaincc  # late: it takes long to import

        return np.asarray(gammaincc(shape, t / scale))

    def expected_life(self, age: ArrayLike) -> Floats:
        r"""Return :math:`S(t) = \int_0^t \bar F`, in days, at ages in days, of the same shape."""
        t = np.asarray(age, dtype=np.float64)
        if self.distribution == "tabulated":
            ages, hazard = self._table
            rates = self._rates
            whole = np.exp(-hazard[:-1]) * -np.expm1(-rates * np.diff(ages)) / rates
            before = np.concatenate([[0.0], np.cumsum(whole)])
            piece = np.clip(np.searchsorted(ages, t, side="right") - 1, 0, len(ages) - 2)
            rate = rates[piece]
            part = np.exp(-hazard[piece]) * -np.expm1(-rate * (t - ages[piece])) / rate
            return np.asarray(before[piece] + part)
        from scipy.special import gamma, gammainc

        scale, shape = float(self.scale_days or 1.0), float(self.shape or 1.0)
        if self.distribution == "weibull":
            with np.errstate(over="ignore"):
                share = gammainc(1 / shape, (t / scale) ** shape)
            return np.asarray(scale * gamma(1 + 1 / shape) * share)
        old = np.where(np.isinf(t), 0.0, t) * self.survival(t)  # of infinity nothing is left
        return np.asarray(old + scale * shape * gammainc(shape + 1, t / scale))

    def age_of_survival(self, share: float) -> float:
        """Return the age in days that a share of the parts reaches."""
        low, high = 0.0, 1.0
        while float(self.survival(high)) > share and high < 1e9:
            high *= 2
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if float(self.survival(middle)) > share else (low, middle)
        return high
