"""The axes of a picture: where a value stands, and which ticks are written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from amopt.drawing.svg.canvas import words
from amopt.phrases import amount

__all__ = ["Axis", "axis_of", "tick_text"]

BETWEEN_TICKS = {"x": 90.0, "y": 45.0}
"""Pixels between two ticks, about."""

FEWEST_TICKS = 2
"""Ticks without which an axis of logarithms says nothing."""

LEAST_EXPONENT = -6
"""Power of ten below which a tick is written with its exponent."""

WRITTEN_OUT = 1e15
"""Size from which a tick is written with an exponent."""

LARGE_DIGITS, MOST_DIGITS = 2, 16
"""Digits behind the point of a large tick, and the most that a number has."""

MORE_DIGITS = 4
"""Digits behind the first of a step that ticks may have."""


def tick_text(value: float, digits: int, step: float | None = None) -> str:
    """Return a number of an axis; a large one with an exponent, and told apart by a step."""
    if abs(value) < WRITTEN_OUT:
        return amount(value, digits)
    behind = LARGE_DIGITS
    if step is not None:
        apart = math.floor(math.log10(abs(value))) - math.floor(math.log10(step) + 1e-9)
        behind = min(
            MOST_DIGITS, max(0, apart) + _digits(step / 10.0 ** math.floor(math.log10(step)))
        )
    mantissa, _, exponent = f"{value:.{behind}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(exponent)}"


@dataclass(frozen=True)
class Axis:
    """An axis.

    Attributes
    ----------
    side
        ``x`` or ``y``.
    kind
        ``linear``, ``log`` or ``category``.
    low, high
        What it reaches from and to; logarithms to the base 10 where it is ``log``.
    start, end
        The pixels of both.
    categories
        The words of a category axis, in order.
    title
        What it is called.
    shown
        Whether ticks and title are written.
    given
        Values and words of ticks that the figure itself gives.
    suffix
        What stands behind each number.
    step
        What lies between two ticks, where the figure says so.
    """

    side: str
    kind: str
    low: float
    high: float
    start: float = 0.0
    end: float = 1.0
    categories: tuple[str, ...] = ()
    title: str = ""
    shown: bool = True
    given: tuple[tuple[float, str], ...] = ()
    suffix: str = ""
    step: float | None = None
    _spots: dict[str, int] = field(default_factory=dict, repr=False)

    def placed(self, start: float, end: float) -> Axis:
        """Return the axis from one pixel to another."""
        return replace(self, start=start, end=end)

    def value(self, raw: Any) -> float | None:
        """Return where a value stands on the axis; None where it does not."""
        if raw is None:
            return None
        if self.kind == "category":
            spot = self._spots.get(words(raw))
            return None if spot is None else float(spot)
        value = float(raw)
        if self.kind == "log":
            return math.log10(value) if 0 < value < math.inf else None
        return value if math.isfinite(value) else None

    def at(self, value: float) -> float:
        """Return the pixel of where a value stands."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def pixel(self, raw: Any) -> float | None:
        """Return the pixel of a value."""
        value = self.value(raw)
        return None if value is None else self.at(value)

    @property
    def unit(self) -> float:
        """Pixels of one unit."""
        return abs((self.end - self.start) / (self.high - self.low))

    def ticks(self) -> list[tuple[float, str]]:
        """Return pixels and words of the ticks."""
        if self.given:
            return [(self.at(value), text) for value, text in self.given]
        if self.kind == "category":
            return [(self.at(float(k)), text) for k, text in enumerate(self.categories)]
        return self._log_ticks() if self.kind == "log" else self._even_ticks()

    def _log_ticks(self) -> list[tuple[float, str]]:
        """Return the powers of ten; within a decade or two also what lies between them."""
        low, high = sorted((self.low, self.high))
        for factors in ((1,), (1, 2, 5), range(1, 10)):
            found = [
                (math.log10(factor) + exponent, factor, exponent)
                for exponent in range(math.floor(low), math.floor(high) + 1)
                for factor in factors
            ]
            found = [one for one in found if low - 1e-9 <= one[0] <= high + 1e-9]
            if len(found) >= FEWEST_TICKS:
                return [(self.at(spot), _power(*rest)) for spot, *rest in found]
        plain = replace(self, kind="linear", low=10.0**self.low, high=10.0**self.high)
        return [
            (self.at(math.log10(value)), text) for value, text in plain._even_values() if value > 0
        ]

    def _even_ticks(self) -> list[tuple[float, str]]:
        return [(self.at(value), text) for value, text in self._even_values()]

    def _even_values(self) -> list[tuple[float, str]]:
        """Return values that lie evenly, and their words."""
        low, high = sorted((self.low, self.high))
        room = max(2.0, abs(self.end - self.start) / BETWEEN_TICKS[self.side])
        step = self.step or 0.0
        if not step or (high - low) / step > 2.5 * room:
            raw = (high - low) / room
            size = 10.0 ** math.floor(math.log10(raw))
            fits = [f * size for f in (1, 2, 5, 10) if f * size >= raw * (1 - 1e-9)]
            finer = [f * size for f in (5, 2, 1, 0.5) if f * size < fits[0]]
            step = next((one for one in (fits[0], *finer) if _count(low, high, one) > 1), fits[0])
        digits = _digits(step)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        values = [k * step for k in range(first, last + 1)]
        texts = {tick_text(value, digits, step): value for value in reversed(values)}
        return [(value, text + self.suffix) for text, value in reversed(texts.items())]


def _power(factor: int, exponent: int) -> str:
    """Return a multiple of a power of ten; a small one with its exponent."""
    if exponent < LEAST_EXPONENT:
        return f"{factor}e{exponent}"
    return tick_text(factor * 10.0**exponent, max(0, -exponent))


def _digits(step: float) -> int:
    """Return how many digits behind the point tell multiples of a step apart, as they are."""
    least = max(0, -math.floor(math.log10(step) + 1e-9))
    exact = (d for d in range(least, least + MORE_DIGITS)
             if math.isclose(round(step, d), step, rel_tol=1e-9))  # fmt: skip
    return next(exact, least)


def _count(low: float, high: float, step: float) -> int:
    """Return how many whole steps there are in a range."""
    return math.floor(high / step + 1e-9) - math.ceil(low / step - 1e-9) + 1


def axis_of(side: str, layout: Any, values: Iterable[Sequence[Any]], *, bars: bool) -> Axis:
    """Return an axis of a figure.

    Parameters
    ----------
    side
        ``x`` or ``y``.
    layout
        What the figure says of it.
    values
        The values along it: of each trace those that it draws.
    bars
        Whether bars grow along it, so that it holds zero.
    """
    held = [value for trace in values for value in trace if value is not None]
    title = words(layout.title.text or "")
    shown = layout.visible is not False
    reversed_ = layout.autorange == "reversed"
    if layout.type == "category" or any(isinstance(value, str) for value in held):
        texts = [words(one) for one in (layout.categoryarray or ())] or [words(v) for v in held]
        categories = tuple(dict.fromkeys(texts))
        low, high = -0.5, max(len(categories), 1) - 0.5
        if reversed_:
            low, high = high, low
        spots = {text: k for k, text in enumerate(categories)}
        return Axis(
            side, "category", low, high, categories=categories, title=title, shown=shown,
            _spots=spots,
        )  # fmt: skip
    log = layout.type == "log"
    numbers = [float(value) for value in held if math.isfinite(float(value))]
    if log:
        numbers = [math.log10(value) for value in numbers if value > 0]
    low, high = _range(layout, numbers, bars=bars and not log)
    if reversed_:
        low, high = high, low
    given: tuple[tuple[float, str], ...] = ()
    if layout.tickvals is not None:
        given = tuple(
            (float(value), words(text))
            for value, text in zip(layout.tickvals, layout.ticktext, strict=True)
        )
    return Axis(
        side,
        "log" if log else "linear",
        low,
        high,
        title=title,
        shown=shown,
        given=given,
        suffix=layout.ticksuffix or "",
        step=float(layout.dtick) if isinstance(layout.dtick, int | float) else None,
    )


def _range(layout: Any, numbers: Sequence[float], *, bars: bool) -> tuple[float, float]:
    """Return what an axis of numbers reaches from and to."""
    if layout.range is not None:
        low, high = (float(end) for end in layout.range)
        return (low, high) if low != high else (low - 0.5, high + 0.5)
    if not numbers:
        return 0.0, 1.0
    low, high = min(numbers), max(numbers)
    if bars or layout.rangemode == "tozero":
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high == 0:
        return 0.0, 1.0
    margin = 0.06 * (high - low) or 0.5 * abs(high)
    keep_zero = bars or layout.rangemode == "tozero"
    return (
        low if keep_zero and low == 0 else low - margin,
        high if keep_zero and high == 0 else high + margin,
    )
