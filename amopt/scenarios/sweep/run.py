"""The solves of a sweep, on any executor: a worker that dies loses nothing that was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt.errors import (
    AmoptError,
    InfeasibleError,
    InvalidInstanceError,
    NoAnswerError,
    UsageError,
)
from amopt.outcome import Stopped
from amopt.program.pieces import Pieces, end
from amopt.program.solver.run import TwiceInterruptedError
from amopt.scenarios.standing import finished, why_none
from amopt.scenarios.sweep.changes import Point, apply, require_paths
from amopt.scenarios.sweep.journal import Journal, opened
from amopt.scenarios.workers import telling

if TYPE_CHECKING:
    from amopt.instance.common import Instance
    from amopt.program.solver.run import Progress

__all__ = ["Sweep", "sweep"]

Row = dict[str, Any]
Pool = Callable[[], AbstractContextManager[Executor]]
Task = tuple["Instance", Point, Mapping[str, Any]]
"""An instance, the point at which it is solved, and the options of the solve."""

OUTCOME = ("status", "objective", "bound", "gap", "method", "seconds", "note")
"""The columns of what came of a point, before those of the answer's totals."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What came of every point.

    Attributes
    ----------
    name, currency, objective_meaning
        Of the instance and its answers.
    rows
        A row a point, in the points' order: the varied values, then :data:`OUTCOME`, then the
        answer's totals where it has one row of them.
    solved
        How many of them were solved in this run; the others had been before.
    pieces
        How far it came: after Ctrl-C there are the rows of the points that are done, and those at
        hand with their best until then, which no folder keeps.
    """

    name: str
    currency: str
    objective_meaning: str
    rows: tuple[Row, ...]
    solved: int
    pieces: Pieces = field(default_factory=lambda: Pieces(0))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all rows, in the order in which they first occur."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))

    def headline(self) -> str:
        """Return what came of it, in a sentence."""
        found = [row["objective"] for row in self.rows if row["objective"] is not None]
        without = len(self.rows) - len(found)
        said = f"{len(self.rows):,} solves"
        if without:
            said += f", {without:,} without an answer"
        if not found:
            return f"{said}."
        return f"{said}: {self.objective_meaning} from {min(found):,.6g} to {max(found):,.6g}."


def sweep(
    instance: Instance,
    points: Sequence[Point],
    *,
    time_limit: float | None = None,
    gap: float | None = None,
    pool: Pool | None = None,
    folder: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    at_solve: Callable[[Progress], None] | None = None,
) -> Sweep:
    """Solve an instance under the changes of every point.

    Parameters
    ----------
    instance
        The instance.
    points
        What is changed in each solve.
    time_limit, gap
        For each solve.
    pool
        Gives the executor where the solves run, as a context: ``lambda: ProcessPoolExecutor(2)``,
        or ``lambda: client.get_executor()`` of a Dask client. It is asked for another one where a
        worker's death breaks the first. Left out, the solves run here, one after the other.
    folder
        Where each row is kept as soon as it is there. A second call with the same instance and
        options solves only what is missing.
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
        When a point is there twice, or the folder holds another sweep.
    KeyboardInterrupt
        At Ctrl-C before there is any row, and at a second one.
    """
    keys = [point.key for point in points]
    if len(set(keys)) < len(keys):
        raise UsageError("a point is there twice")
    require_paths(instance, points)
    from amopt import decisions

    options = {"time_limit": time_limit, "gap": gap, **decisions.plan_alone(instance)}
    head = {"instance": instance.fingerprint(), "options": options}
    context = nullcontext(None) if folder is None else opened(Path(folder), head)
    with context as journal:
        done: dict[str, Row] = {} if journal is None else dict(journal.rows)
        before = len(done.keys() & set(keys))
        todo = {point.key: (instance, point, options) for point in points if point.key not in done}
        pieces = Pieces(len(keys), progress, ended=before)
        with pieces.hearing():
            _keep(done, _solved(todo, pool, at_solve), journal, pieces)
    pieces.require_any()
    rows = tuple({**point.row(), **done[point.key]} for point in points if point.key in done)
    return Sweep(
        instance.name,
        instance.currency,
        _meaning(rows),
        _without_meaning(rows),
        pieces.kept - before,
        pieces,
    )


def _keep(
    done: dict[str, Row], rows: Iterator[tuple[str, Row]], journal: Journal | None, pieces: Pieces
) -> None:
    """Keep the rows as they come; those that Ctrl-C cut short are for this run alone."""
    try:
        for key, row in rows:
            cut = row.pop(_CUT, False)
            done[key] = row
            if cut:
                pieces.cut += 1
                continue
            if journal is not None:
                journal.write(key, row)
            pieces.ended += 1
            if pieces.progress is not None:
                pieces.progress(pieces.ended, pieces.every)
    except TwiceInterruptedError:
        raise
    except KeyboardInterrupt:
        pieces.stopped = Stopped.INTERRUPTED


_CUT = "cut"
"""What marks a row that Ctrl-C cut short on its way."""

_MEANING = "objective_meaning"


def _meaning(rows: Sequence[Row]) -> str:
    return next((row[_MEANING] for row in rows if row.get(_MEANING)), "objective")


def _without_meaning(rows: Sequence[Row]) -> tuple[Row, ...]:
    return tuple({name: row[name] for name in row if name != _MEANING} for row in rows)


def _solved(
    todo: Mapping[str, Task],
    pool: Pool | None,
    at_solve: Callable[[Progress], None] | None = None,
) -> Iterator[tuple[str, Row]]:
    """Yield the rows of points as they come; at Ctrl-C at last those of the points at hand.

    A worker that dies breaks its pool, and nobody is told which point did it. Those that may have
    are tried again last, and the second time each in a pool of its own.
    """
    if pool is None:
        for key, task in todo.items():
            solved = _solve(task, at_solve)
            cut = _CUT in solved
            yield key, solved
            if cut:
                raise KeyboardInterrupt
        return
    left, alone, strikes = dict(todo), dict[str, Task](), Counter[str]()
    while left:
        with closing(_in_one_pool(left, pool)) as rows:
            suspects = 1
            for key, row in rows:
                if isinstance(row, int):
                    suspects = row
                else:
                    del left[key]
                    yield key, row
        for key in list(left)[:suspects]:
            strikes[key] += 1
            (alone if strikes[key] > 1 else left)[key] = left.pop(key)
    for key, task in alone.items():
        found = dict(_in_one_pool({key: task}, pool)).get(key)
        yield key, found if isinstance(found, dict) else _without("failed", "its worker died")


def _in_one_pool(
    left: Mapping[str, Task], pool: Pool
) -> Generator[tuple[str, Row | int], None, None]:
    """Yield rows until all are there; where the pool breaks, at last how many points were at work.

    Processes take points in the order in which they are given, and one more each ahead.
    """
    with pool() as executor:
        futures: dict[Future[Row], str] = {}
        try:
            for key, task in left.items():
                futures[executor.submit(_solve, task)] = key
            for future, row in _ended(futures):
                yield futures.pop(future), row
        except TwiceInterruptedError:
            raise
        except KeyboardInterrupt:
            for future in end(futures, executor):
                with suppress(KeyboardInterrupt, BrokenExecutor):
                    yield futures[future], future.result()
            raise
        except BrokenExecutor:
            yield "", 2 * int(getattr(executor, "_max_workers", 1)) + 1
        finally:
            for future in futures:
                future.cancel()


def _ended(futures: Mapping[Future[Row], str]) -> Iterator[tuple[Future[Row], Row]]:
    """Yield the rows of futures that ended, before a broken pool is told.

    Raises
    ------
    BrokenExecutor
        When the pool broke.
    NoAnswerError
        When a cluster is lost.
    """
    broken: BrokenExecutor | None = None
    for future in as_completed(tuple(futures)):
        try:
            yield future, future.result()
        except BrokenExecutor as error:
            broken = error
        except UsageError:
            raise
        except Exception as error:
            if type(error).__name__ != "KilledWorker":
                raise NoAnswerError(
                    f"the executor failed ({type(error).__name__}: {_first(error)}); what was "
                    "solved until then is kept in the folder, if one was given"
                ) from error
            yield future, _without("failed", "its workers died")
    if broken is not None:
        raise broken


def _solve(task: Task, progress: Callable[[Progress], None] | None = None) -> Row:
    """Return the row of a point."""
    from amopt import decisions

    instance, point, options = task
    try:
        told = progress or telling()
        solution = decisions.solve(apply(instance, point), progress=told, **options)
    except InvalidInstanceError as error:
        return _without("not valid", error.findings[0].message)
    except InfeasibleError as error:
        return _without("infeasible", _first(error))
    except UsageError:
        raise
    except AmoptError as error:
        return _without("no answer", why_none(error))
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
        **({_CUT: True} if cut else {}),
    }
    totals = solution.rows.get("totals", ())
    more = totals[0] if len(totals) == 1 else {}
    return row | {name: value for name, value in more.items() if name not in row}


def _without(status: str, note: str) -> Row:
    """Return the row of a point without an answer."""
    return {**dict.fromkeys(OUTCOME), "status": status, "note": note}


def _first(error: BaseException) -> str:
    return str(error).partition("\n")[0]
