"""The solves of a sweep, on any executor: a worker that dies loses nothing that was done."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt.errors import (
    AmoptError,
    InfeasibleError,
    InvalidInstanceError,
    UsageError,
)
from amopt.files.version import __version__
from amopt.outcome import Stopped, versions
from amopt.phrases import counted, listed
from amopt.program.pieces import Pieces
from amopt.program.solver.run import TwiceInterruptedError
from amopt.scenarios.standing import finished, why_none
from amopt.scenarios.sweep.changes import NO_CHANGE, Point, apply, require_paths
from amopt.scenarios.sweep.journal import Journal, opened
from amopt.scenarios.sweep.pools import CUT, Pool, Row, Rows, Task, in_pools, without
from amopt.scenarios.workers import telling

if TYPE_CHECKING:
    from amopt.instance.common import Instance
    from amopt.program.solver.run import Progress

__all__ = ["Sweep", "sweep"]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What came of every point.

    Attributes
    ----------
    name, currency, objective_meaning
        Of the instance and its answers.
    rows
        A row a point, in the points' order: the file where there are several, the varied values,
        what came of it (status, objective, bound, gap, method, seconds, note), and the answer's
        totals where it has one row of them.
    solved
        How many of them were solved, or refused, in this run; the others had been before.
    pieces
        How far it came: after Ctrl-C there are the rows of the points that are done, and those at
        hand with their best until then, which no folder keeps.
    notes
        What is to be known of rows of an earlier run: which versions they were solved with, where
        those were others.
    """

    name: str
    currency: str
    objective_meaning: str
    rows: tuple[Row, ...]
    solved: int
    pieces: Pieces = field(default_factory=lambda: Pieces(0))
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all rows, in the order in which they first occur."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))

    def headline(self) -> str:
        """Return what came of it, in a sentence."""
        found = [row["objective"] for row in self.rows if row["objective"] is not None]
        without = len(self.rows) - len(found)
        said = counted(len(self.rows), "solve")
        if without:
            said += f", {without:,} without an answer"
        if not found:
            return f"{said}."
        return f"{said}: {self.objective_meaning} from {min(found):,.6g} to {max(found):,.6g}."


def sweep(
    instance: Instance | Mapping[str, Instance | InvalidInstanceError],
    points: Sequence[Point] = (NO_CHANGE,),
    *,
    time_limit: float | None = None,
    gap: float | None = None,
    pool: Pool | None = None,
    folder: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    at_solve: Callable[[Progress], None] | None = None,
) -> Sweep:
    """Solve an instance, or each of several, under the changes of every point.

    Parameters
    ----------
    instance
        The instance; or several by name, of any decisions. In place of one that could not be
        loaded the error may stand: its rows have the finding.
    points
        What is changed in each solve; left out, nothing.
    time_limit, gap
        For each solve.
    pool
        Gives the executor where the solves run, as a context: ``lambda: ProcessPoolExecutor(2)``,
        or ``lambda: client.get_executor()`` of a Dask client. It is asked for another one where a
        worker's death breaks the first. Left out, the solves run here, one after the other. Small
        solves go to it in batches of a quarter of a second.
    folder
        Where each row is kept as soon as it is there. A second call with the same instance and
        options solves only what is missing, and once more what its workers died of.
    progress
        Told how many of the points are done, and how many there are.
    at_solve
        Told of the solve that runs, where one follows the other.

    Returns
    -------
    Sweep
        A point whose instance is not valid, has no plan, or kills its worker has a note.

    Raises
    ------
    UsageError
        When a point is there twice, a path leads nowhere in an instance, or to a key that its
        format does not know, or the folder holds another sweep.
    KeyboardInterrupt
        At Ctrl-C before there is any row, and at a second one.
    """
    plan = _planned(instance, points, {"time_limit": time_limit, "gap": gap})
    now = {"amopt": __version__, **versions("highspy", "pyomo")}
    context = nullcontext(None) if folder is None else opened(Path(folder), plan.head, now)
    with context as journal:
        done, notes = dict(plan.refused), tuple[str, ...]()
        if journal is not None:
            done |= {key: row for key, row in journal.rows.items() if key in plan.tasks}
            notes = _other_versions(
                [journal.versions[key] for key in done.keys() & plan.tasks], now
            )
        before = len(done) - len(plan.refused)  # what is refused, is in each run
        todo = {key: task for key, task in plan.tasks.items() if key not in done}
        pieces = Pieces(len(plan.rows), progress, ended=len(done))
        with pieces.hearing():
            _keep(done, _solved(todo, pool, at_solve), journal, pieces)
    pieces.require_any()
    rows = tuple({**row, **done[key]} for key, row in plan.rows.items() if key in done)
    return Sweep(
        plan.name,
        plan.currency,
        _meaning(rows),
        _without_meaning(rows),
        pieces.kept - before,
        pieces,
        notes,
    )


def _other_versions(kept: Sequence[Mapping[str, str]], now: Mapping[str, str]) -> tuple[str, ...]:
    """Say how many rows were solved with other versions than those of now, and which."""
    groups = Counter(tuple(one.get(package, "") for package in now) for one in kept)
    return tuple(
        f"{counted(rows, 'row')} of before {'was' if rows == 1 else 'were'} solved with "
        + listed(
            [
                f"{package} {then or 'of an unknown version'} (now {new})"
                for (package, new), then in zip(now.items(), group, strict=True)
                if then != new
            ]
        )
        + "."
        for group, rows in groups.items()
        if group != tuple(now.values())
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be solved: by its key the beginning of each row, and how its rest comes about."""

    name: str
    currency: str
    head: dict[str, Any]
    rows: dict[str, Row]
    tasks: dict[str, Task]
    refused: dict[str, Row]


def _planned(
    given: Instance | Mapping[str, Instance | InvalidInstanceError],
    points: Sequence[Point],
    asked: Mapping[str, Any],
) -> _Plan:
    """Return what is to be solved of one instance, or of several."""
    from amopt import decisions

    several = given if isinstance(given, Mapping) else {"": given}
    good = {name: one for name, one in several.items() if not isinstance(one, Exception)}
    currencies = sorted({one.currency for one in good.values()})
    rows, tasks, refused = dict[str, Row](), dict[str, Task](), dict[str, Row]()
    for name, one in several.items():
        if not isinstance(one, Exception):
            _require_paths(name, one, points)
        what = "" if isinstance(one, Exception) or several is not given else one.fingerprint()
        for point in points:
            key = point.key if several is not given else _key(name, what, point)
            if key in rows:
                raise UsageError("a point is there twice")
            first = {"file": name} if several is given else {}
            if isinstance(one, Exception):
                refused[key] = _not_valid(one)
            else:
                tasks[key] = one, point, {**asked, **decisions.plan_alone(one)}
                if len(currencies) > 1:
                    first["currency"] = one.currency
            rows[key] = first | point.row()
    if isinstance(given, Mapping):
        head = {"instance": "several", "options": dict(asked)}
        return _Plan(
            counted(len(given), "instance"), listed(currencies), head, rows, tasks, refused
        )
    head = {
        "instance": given.fingerprint(),
        "options": {**asked, **decisions.plan_alone(given)},
    }
    return _Plan(given.name, given.currency, head, rows, tasks, refused)


def _require_paths(name: str, instance: Instance, points: Sequence[Point]) -> None:
    try:
        require_paths(instance, points)
    except UsageError as error:
        raise UsageError(f"{name}: {error}" if name else str(error)) from error


def _key(name: str, fingerprint: str, point: Point) -> str:
    """Return what tells a point of one of several instances from all others."""
    return hashlib.sha256(f"{name}\n{fingerprint}\n{point.key}".encode()).hexdigest()[:16]


def _keep(done: dict[str, Row], rows: Rows, journal: Journal | None, pieces: Pieces) -> None:
    """Keep the rows as they come; those that Ctrl-C cut short are for this run alone.

    Ctrl-C that comes while a row is kept is passed on to what gives the rows: the points at hand
    are ended by it, and have rows of their own.
    """
    following: Callable[[], tuple[str, Row]] = rows.__next__
    try:
        while True:
            key, row = following()
            following = rows.__next__
            try:
                _keep_one(done, key, row, journal, pieces)
            except TwiceInterruptedError:
                raise
            except KeyboardInterrupt as pressed:
                following = partial(rows.throw, pressed)
    except StopIteration:
        return
    except TwiceInterruptedError:
        raise
    except KeyboardInterrupt:
        pieces.stopped = Stopped.INTERRUPTED


def _keep_one(
    done: dict[str, Row], key: str, row: Row, journal: Journal | None, pieces: Pieces
) -> None:
    cut = row.pop(CUT, False)
    done[key] = row
    if cut:
        pieces.cut += 1
        return
    pieces.ended += 1
    if journal is not None:
        journal.write(key, row)
    if pieces.progress is not None:
        pieces.progress(pieces.ended, pieces.every)


_MEANING = "objective_meaning"


def _meaning(rows: Sequence[Row]) -> str:
    """Return what the objectives of all rows mean, if that is one thing."""
    meanings = {row[_MEANING] for row in rows if row.get(_MEANING)}
    return meanings.pop() if len(meanings) == 1 else "objective"


def _without_meaning(rows: Sequence[Row]) -> tuple[Row, ...]:
    return tuple({name: row[name] for name in row if name != _MEANING} for row in rows)


def _solved(
    todo: Mapping[str, Task],
    pool: Pool | None,
    at_solve: Callable[[Progress], None] | None = None,
) -> Rows:
    """Yield the rows of points as they come; at Ctrl-C at last those of the points at hand."""
    if pool is not None:
        yield from in_pools(todo, pool, _solve)
        return
    for key, task in todo.items():
        solved = _solve(task, at_solve)
        cut = CUT in solved
        yield key, solved
        if cut:
            raise KeyboardInterrupt


def _solve(task: Task, progress: Callable[[Progress], None] | None = None) -> Row:
    """Return the row of a point."""
    from amopt import decisions

    instance, point, options = task
    try:
        told = progress or telling()
        solution = decisions.solve(apply(instance, point), progress=told, **options)
    except InvalidInstanceError as error:
        return _not_valid(error)
    except InfeasibleError as error:
        return without("infeasible", _first(error))
    except UsageError:
        raise
    except AmoptError as error:
        return without("no answer", why_none(error))
    outcome = solution.outcome
    cut = outcome.stopped is Stopped.INTERRUPTED
    if outcome.objective is None:
        finished(outcome)
    row: Row = {
        "status": str(outcome.status),
        "objective": outcome.objective,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "method": outcome.method,
        "seconds": outcome.total_seconds,
        "note": "",
        _MEANING: solution.objective_meaning,
        **({CUT: True} if cut else {}),
    }
    totals = solution.rows.get("totals", ())
    more = totals[0] if len(totals) == 1 else {}
    return row | {name: value for name, value in more.items() if name not in row}


def _not_valid(error: InvalidInstanceError) -> Row:
    """Return the row of a point whose instance is not valid: the first finding, with its code."""
    first, *others = error.findings
    more = f" (and {counted(len(others), 'more finding')})" if others else ""
    return without("not valid", f"{first.code}: {first.message}{more}")


def _first(error: BaseException) -> str:
    return str(error).partition("\n")[0]
