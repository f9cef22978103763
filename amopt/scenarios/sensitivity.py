"""Which inputs move the answer most: each is raised and lowered by a step, and solved again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from amopt.errors import AmoptError, InvalidInstanceError, UsageError
from amopt.outcome import Stopped
from amopt.phrases import listed, money
from amopt.program.pieces import CutShortError, Pieces
from amopt.scenarios.inputs import Input, inputs, with_scaled
from amopt.scenarios.standing import Standing, finished, loosest, standing, why_none
from amopt.scenarios.workers import telling
from amopt.solution import Column, Table

if TYPE_CHECKING:
    from amopt.instance.common import Instance
    from amopt.program.solver.run import Progress

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

_NOT_VALID = "not valid"
"""What begins the note on an input whose change the instance does not allow."""


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
    pieces
        How many of the solves are done, where Ctrl-C ended them; the rows are those of the inputs
        that were tried.
    """

    name: str
    currency: str
    objective_meaning: str
    step: float
    base: Standing
    loosest: Standing | None
    rows: Table
    beside: tuple[str, ...] = ()
    pieces: Pieces = field(default_factory=lambda: Pieces(0))

    @property
    def objective(self) -> float:
        """The objective of the instance as it is."""
        assert self.base.objective is not None
        return self.base.objective

    def headline(self) -> str:
        """Return what moves the answer most, in a sentence."""
        if self.pieces.kept == 0 and self.pieces.stopped is Stopped.INTERRUPTED:
            return "No input was tried."
        moved = [row for row in self.rows if row["swing"]]
        tried = "" if self.pieces.stopped is Stopped.FINISHED else " of those that were tried"
        left = ""
        if self.beside:
            left = f" Left out, since it is not in the {self.objective_meaning}: "
            left += f"{listed(self.beside)}."
        if not moved:
            step = f"{100 * self.step:.3g} %"
            none = f"No input{tried} moves the {self.objective_meaning}"
            return f"{none} by a step of {step}.{left}"
        most = max(moved, key=lambda row: row["swing"])
        step = f"{100 * self.step:.3g} % of it is"
        if most["largest_step"] > 100 * self.step * (1 + 1e-9):
            step = f"a whole step, up to {most['largest_step']:.3g} % of it, is"
        moves = money(most["swing"], self.currency)  # an answer of nothing has no hundredths
        if most["swing_share"] is not None:
            moves = f"{most['swing_share']:.1f} % of the answer"
        return (
            f"{most['input'].replace('_', ' ')} moves the {self.objective_meaning} most{tried}: "
            f"{step} {moves}.{left}"
        )


def sensitivity(
    instance: Instance,
    *,
    step: float = 0.1,
    time_limit: float | None = None,
    gap: float | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    at_solve: Callable[[Progress], None] | None = None,
) -> Sensitivity:
    """Lower and raise each input by a step and solve again.

    Ctrl-C ends it with the inputs that were tried; that at hand may have been tried one way alone.

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
    at_solve
        Told of the solve that runs, where one follows the other.

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
        At Ctrl-C before the instance as it is has been solved, and at a second one.
    """
    if not (isinstance(step, int | float) and 0 < step < 1):
        raise UsageError(f"the step must be a share above 0 and below 1, not {step!r}")
    from amopt import decisions

    options = {"time_limit": time_limit, "gap": gap, **decisions.plan_alone(instance)}
    base = decisions.solve(instance, progress=at_solve, **options)
    as_it_is = standing(base.outcome)
    if as_it_is.objective is None:
        finished(base.outcome)
        raise UsageError("the instance as it is was not solved within the limits")
    beside = decisions.beside_the_plan(instance)
    which = [one for one in inputs(instance) if one.top not in beside]
    tasks = [(instance, one, 1.0 + sign * step, options) for one in which for sign in (-1.0, 1.0)]
    pieces = Pieces(len(tasks), progress)
    if base.outcome.stopped is Stopped.INTERRUPTED:
        pieces.stopped = Stopped.INTERRUPTED
    of = _solved if executor is not None else partial(_solved, progress=at_solve)
    results = pieces.done(tasks, of, executor)
    nothing = "", 0.0
    rows = [
        _row(one, as_it_is.objective, *(results.get(2 * place + way, nothing) for way in (0, 1)))
        for place, one in enumerate(which)
        if 2 * place in results or 2 * place + 1 in results
    ]
    rows.sort(key=_rank)
    answers = [as_it_is, *(one for one, _ in results.values() if isinstance(one, Standing))]
    return Sensitivity(
        instance.name, instance.currency, base.objective_meaning, step, as_it_is, loosest(answers),
        tuple(rows), beside, pieces,
    )  # fmt: skip


def _rank(row: Mapping[str, Any]) -> tuple[bool, float]:
    """Return what a row is sorted by."""
    sides = row["note"].split("; ") if row["note"] else ()
    impossible = any(_NOT_VALID not in side for side in sides)
    return not impossible, -(row["swing"] or 0.0)


def _solved(
    task: tuple[Instance, Input, float, Mapping[str, Any]],
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Standing | str, float]:
    """Return the answer with an input scaled, or why there is none, and the largest step of it.

    Raises
    ------
    CutShortError
        When Ctrl-C ended the solve with an answer.
    KeyboardInterrupt
        When it ended it without one.
    """
    from amopt import decisions

    instance, scaled, factor, options = task
    moved = 100.0 * abs(factor - 1.0)
    try:
        other, moved = with_scaled(instance, scaled, factor)
        outcome = decisions.solve(other, progress=progress or telling(), **options).outcome
    except InvalidInstanceError as error:
        return f"{_NOT_VALID}: {error.findings[0].message}", moved
    except AmoptError as error:
        return why_none(error), moved
    found = standing(outcome)
    if outcome.stopped is Stopped.INTERRUPTED and found.objective is not None:
        raise CutShortError((found, moved))
    finished(outcome)
    return ("not solved within the limits" if found.objective is None else found), moved


def _row(
    one: Input,
    objective: float,
    down: tuple[Standing | str, float],
    up: tuple[Standing | str, float],
) -> dict[str, Any]:
    """Return the row of an input; a side that was not tried says nothing."""
    (lowered, moved), (raised, also) = down, up
    sides = [None if isinstance(side, str) else side for side in (lowered, raised)]
    numbers = [None if side is None else side.objective for side in sides]
    changes = [None if side is None else side - objective for side in numbers]
    swing = max((abs(change) for change in changes if change is not None), default=None)
    said = [
        f"{way}: {side}"
        for way, side in (("lowered", lowered), ("raised", raised))
        if isinstance(side, str) and side
    ]
    cells = (
        one.name,
        one.values,
        *numbers,
        *changes,
        swing,
        100.0 * swing / abs(objective) if swing is not None and objective else None,
        max(moved, also),
        "; ".join(said),
        *(cell for side in sides for cell in _worth(side)),
    )
    return dict(zip((column.name for column in COLUMNS), cells, strict=True))


def _worth(side: Standing | None) -> tuple[str | None, float | None, float | None]:
    return (None, None, None) if side is None else (side.status, side.bound, side.gap)
