"""Which inputs move the answer most: each is raised and lowered by a step, and solved again."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from amopt.errors import AmoptError, InvalidInstanceError, UsageError
from amopt.instance.loader import changed
from amopt.instance.workbook.layout import Column as Field
from amopt.instance.workbook.layout import Layout, Sheet, layout
from amopt.phrases import listed
from amopt.scenarios.standing import Standing, finished, loosest, standing, why_none
from amopt.solution import Column, Table

if TYPE_CHECKING:
    from amopt.instance.common import Instance

__all__ = ["COLUMNS", "Input", "Sensitivity", "inputs", "sensitivity"]

COLUMNS = (
    Column("input", "", "the key whose values are changed, with its collection"),
    Column("values", "", "how many values that is"),
    Column("lowered", "money", "objective with the values lowered by the step"),
    Column("raised", "money", "objective with the values raised by the step"),
    Column("change_lowered", "money", "what lowering them changes"),
    Column("change_raised", "money", "what raising them changes"),
    Column("swing", "money", "the larger of the two changes"),
    Column("swing_share", "%", "the swing in hundredths of the objective"),
    Column("largest_step", "%", "the most by which a value was moved: a whole one by 1 at least"),
    Column("note", "", "why there is no number"),
    Column("status_lowered", "", "what the answer with the values lowered is worth"),
    Column("bound_lowered", "money", "what no answer with them lowered is better than: proven"),
    Column("gap_lowered", "", "between the two, relative"),
    Column("status_raised", "", "what the answer with the values raised is worth"),
    Column("bound_raised", "money", "what no answer with them raised is better than: proven"),
    Column("gap_raised", "", "between the two, relative"),
)
"""The columns of the table."""

_SKIPPED = frozenset(("amopt", "latitude", "longitude", "longest_km"))
"""Keys whose scaling says nothing."""

_UNIT_FACTOR = "portfolio_columns: factor"
"""From the unit of a column into that of its attribute: nobody is in doubt about it."""

_WEIGHT_OF_COST = ("minimise", "cost")
"""The unit in which the other weights are told: a plan costs no more for its being larger."""

_NOT_VALID = "not valid"
"""What begins the note on an input whose change the instance does not allow."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input: one number of the instance, or a column of numbers that change together.

    Attributes
    ----------
    name
        The key, with the collection it is in: ``demand: per_year``.
    path
        The collections that lead to the entries, each by its keys.
    field
        The keys that lead from an entry to the number.
    whole
        Whether it is a whole number; the step is then the nearest whole one, and at least 1.
    values
        How many numbers it has.
    """

    name: str
    path: tuple[tuple[str, ...], ...]
    field: tuple[str, ...]
    whole: bool
    values: int

    @property
    def top(self) -> str:
        """The key at the top of the instance that leads to it."""
        return (*self.path, self.field)[0][0]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How far each input moves the answer.

    Attributes
    ----------
    name, currency, objective_meaning
        Of the instance and its answer.
    step
        The share by which each input is lowered and raised.
    base
        What the answer of the instance as it is is worth.
    loosest
        Of all the answers the one whose gap is widest; None where every one is optimal.
    rows
        A row an input with the columns of :data:`COLUMNS`: those first that leave no answer on one
        side, then by their swing.
    beside
        Keys at the top that were left out, because what they say is not in the objective.
    """

    name: str
    currency: str
    objective_meaning: str
    step: float
    base: Standing
    loosest: Standing | None
    rows: Table
    beside: tuple[str, ...] = ()

    @property
    def objective(self) -> float:
        """The objective of the instance as it is."""
        assert self.base.objective is not None
        return self.base.objective

    def headline(self) -> str:
        """Return what moves the answer most, in a sentence."""
        moved = [row for row in self.rows if row["swing"]]
        left = ""
        if self.beside:
            left = f" Left out, since it is not in the {self.objective_meaning}: "
            left += f"{listed(self.beside)}."
        if not moved:
            step = f"{100 * self.step:.3g} %"
            return f"No input moves the {self.objective_meaning} by a step of {step}.{left}"
        most = max(moved, key=lambda row: row["swing"])
        step = f"{100 * self.step:.3g} % of it is"
        if most["largest_step"] > 100 * self.step * (1 + 1e-9):
            step = f"a whole step, up to {most['largest_step']:.3g} % of it, is"
        return (
            f"{most['input'].replace('_', ' ')} moves the {self.objective_meaning} most: "
            f"{step} {most['swing_share']:.1f} % of the answer.{left}"
        )


def inputs(instance: Instance) -> tuple[Input, ...]:
    """Return the inputs of an instance that are not zero and not left out."""
    data = instance.model_dump(by_alias=True, exclude_unset=True)
    found = layout(type(instance))
    return tuple(_inputs(found, data))


def sensitivity(
    instance: Instance,
    *,
    step: float = 0.1,
    time_limit: float | None = None,
    gap: float | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sensitivity:
    """Lower and raise each input by a step and solve again.

    Ctrl-C ends it without a result: an order of inputs of which some were not tried would mislead.

    Parameters
    ----------
    instance
        The instance.
    step
        The share by which the values of an input are lowered and raised together, between 0 and 1.
    time_limit, gap
        For each solve.
    executor
        Where the solves run, such as a ``ProcessPoolExecutor``; None for here, one after the other.
    progress
        Told how many of the solves have ended, and how many there are.

    Returns
    -------
    Sensitivity
        An input whose change is not valid, or leaves no plan, has a note instead of a number.

    Raises
    ------
    UsageError
        When the step is not between 0 and 1.
    InfeasibleError
        When the instance as it is has no answer.
    KeyboardInterrupt
        At Ctrl-C, which a solve otherwise answers with the best that it has.
    """
    if not (isinstance(step, int | float) and 0 < step < 1):
        raise UsageError(f"the step must be a share above 0 and below 1, not {step!r}")
    from amopt import decisions

    options = {"time_limit": time_limit, "gap": gap, **decisions.plan_alone(instance)}
    base = decisions.solve(instance, **options)
    as_it_is = standing(finished(base.outcome))
    if as_it_is.objective is None:
        raise UsageError("the instance as it is was not solved within the limits")
    beside = decisions.beside_the_plan(instance)
    which = [one for one in inputs(instance) if one.top not in beside]
    tasks = [(instance, one, 1.0 + sign * step, options) for one in which for sign in (-1.0, 1.0)]
    ended = map(_solved, tasks) if executor is None else executor.map(_solved, tasks)
    results: list[tuple[Standing | str, float]] = []
    if progress is not None:
        progress(0, len(tasks))
    for result in ended:
        results.append(result)
        if progress is not None:
            progress(len(results), len(tasks))
    rows = [
        _row(one, as_it_is.objective, lowered, raised, max(down, up))
        for one, (lowered, down), (raised, up) in zip(
            which, results[::2], results[1::2], strict=True
        )
    ]
    rows.sort(key=_rank)
    answers = [as_it_is, *(one for one, _ in results if isinstance(one, Standing))]
    return Sensitivity(
        instance.name, instance.currency, base.objective_meaning, step, as_it_is, loosest(answers),
        tuple(rows), beside,
    )  # fmt: skip


def _rank(row: Mapping[str, Any]) -> tuple[bool, float]:
    """Return what a row is sorted by."""
    sides = row["note"].split("; ") if row["note"] else ()
    impossible = any(_NOT_VALID not in side for side in sides)
    return not impossible, -(row["swing"] or 0.0)


def _inputs(found: Layout, data: Mapping[str, Any]) -> Iterator[Input]:
    """Yield the inputs of the instance itself and of each sheet."""
    for column in found.rows:
        yield from _input("", (), column, [data])
    for sheet in found.sheets:
        if sheet.form == "entries":
            path = tuple(one.path for one in (*sheet.ancestors, sheet))
            entries = list(_entries(data, path))
            for column in sheet.columns:
                yield from _input(_title(sheet), path, column, entries)


def _title(sheet: Sheet) -> str:
    return f"{sheet.name}: "


def _input(
    title: str,
    path: tuple[tuple[str, ...], ...],
    column: Field,
    entries: Sequence[Mapping[str, Any]],
) -> Iterator[Input]:
    """Yield an input where a field holds numbers other than zero."""
    if column.kind not in ("number", "whole") or column.path[-1] in _SKIPPED:
        return
    if column.path == _WEIGHT_OF_COST:
        return
    values = [number for entry in entries for number in _numbers(entry, column.path)]
    if any(values) and title + column.heading != _UNIT_FACTOR:
        yield Input(title + column.heading, path, column.path, column.kind == "whole", len(values))


def _entries(
    holder: Mapping[str, Any], path: Sequence[tuple[str, ...]]
) -> Iterator[Mapping[str, Any]]:
    """Yield the entries to which the collections of a path lead."""
    if not path:
        yield holder
        return
    for entry in _at(holder, path[0]) or ():
        yield from _entries(entry, path[1:])


def _at(entry: Any, path: Sequence[str]) -> Any:
    for key in path:
        entry = entry.get(key) if isinstance(entry, Mapping) else None
    return entry


def _numbers(entry: Mapping[str, Any], path: Sequence[str]) -> list[float]:
    """Return the numbers of a field; several where it is a list of them."""
    value = _at(entry, path)
    several = value if isinstance(value, list | tuple) else [value]
    return [one for one in several if isinstance(one, int | float) and not isinstance(one, bool)]


def _solved(
    task: tuple[Instance, Input, float, Mapping[str, Any]],
) -> tuple[Standing | str, float]:
    """Return the answer with an input scaled, or why there is none, and the largest step of it."""
    from amopt import decisions

    instance, scaled, factor, options = task
    moved = 100.0 * abs(factor - 1.0)
    try:
        other, moved = _changed(instance, scaled, factor)
        found = standing(finished(decisions.solve(other, **options).outcome))
    except InvalidInstanceError as error:
        return f"{_NOT_VALID}: {error.findings[0].message}", moved
    except AmoptError as error:
        return why_none(error), moved
    return ("not solved within the limits" if found.objective is None else found), moved


def _changed(instance: Instance, scaled: Input, factor: float) -> tuple[Instance, float]:
    """Return the instance with an input scaled, and the largest step of a value in hundredths.

    Steps are whole where others are not valid, as of quantities that are not divisible.
    """
    data = instance.model_dump(by_alias=True, exclude_unset=True)
    numbers = {
        number
        for entry in _entries(data, scaled.path)
        for number in _numbers(entry, scaled.field)
        if number
    }
    whole = replace(scaled, whole=True)
    in_whole_steps = max(abs(_number(one, factor, whole=True) / one - 1.0) for one in numbers)
    if scaled.whole:
        return changed(instance, _scaled(data, whole, factor)), 100.0 * in_whole_steps
    try:
        return changed(instance, _scaled(data, scaled, factor)), 100.0 * abs(factor - 1.0)
    except InvalidInstanceError as error:
        if not all(float(one).is_integer() for one in numbers):
            raise
        with contextlib.suppress(InvalidInstanceError):
            return changed(instance, _scaled(data, whole, factor)), 100.0 * in_whole_steps
        raise error from None


def _scaled(data: Mapping[str, Any], scaled: Input, factor: float) -> dict[str, Any]:
    """Return the keys at the top that differ once an input is scaled."""
    steps = [*scaled.path, scaled.field]
    top = steps[0][0]
    return {top: _deep(data, steps, factor, whole=scaled.whole)[top]}


def _deep(entry: Any, steps: Sequence[tuple[str, ...]], factor: float, *, whole: bool) -> Any:
    """Return an entry in which what the steps lead to is scaled."""
    if not steps:
        return _number(entry, factor, whole=whole)
    if not isinstance(entry, Mapping):
        return entry
    (key, *rest), *more = steps
    if key not in entry:
        return entry
    value = entry[key]
    if rest:
        inner = _deep(value, [tuple(rest), *more], factor, whole=whole)
    elif isinstance(value, list | tuple):
        inner = [_deep(one, more, factor, whole=whole) for one in value]
    else:
        inner = _deep(value, more, factor, whole=whole)
    return {**entry, key: inner}


def _number(value: Any, factor: float, *, whole: bool) -> Any:
    """Return a number times a factor; a whole one moves by one at least."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value == 0:
        return value
    if not whole:
        return value * factor
    step = math.copysign(max(1, round(abs(value * (factor - 1.0)))), factor - 1.0)
    return int(value + step)


def _row(
    one: Input, objective: float, lowered: Standing | str, raised: Standing | str, moved: float
) -> dict[str, Any]:
    """Return the row of an input."""
    sides = [None if isinstance(side, str) else side for side in (lowered, raised)]
    numbers = [None if side is None else side.objective for side in sides]
    changes = [None if side is None else side - objective for side in numbers]
    swing = max((abs(change) for change in changes if change is not None), default=None)
    said = [
        f"{way}: {side}"
        for way, side in (("lowered", lowered), ("raised", raised))
        if isinstance(side, str)
    ]
    cells = (
        one.name,
        one.values,
        *numbers,
        *changes,
        swing,
        100.0 * swing / abs(objective) if swing is not None and objective else None,
        moved,
        "; ".join(said),
        *(cell for side in sides for cell in _worth(side)),
    )
    return dict(zip((column.name for column in COLUMNS), cells, strict=True))


def _worth(side: Standing | None) -> tuple[str | None, float | None, float | None]:
    return (None, None, None) if side is None else (side.status, side.bound, side.gap)
