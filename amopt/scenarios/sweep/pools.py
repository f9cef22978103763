"""Points on an executor: small solves in batches, and a worker that dies loses nothing else."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import AbstractContextManager, suppress
from math import ceil
from typing import TYPE_CHECKING, Any

from amopt.errors import NoAnswerError, UsageError
from amopt.program.pieces import end
from amopt.program.solver.run import TwiceInterruptedError

if TYPE_CHECKING:
    from amopt.instance.common import Instance
    from amopt.scenarios.sweep.changes import Point

__all__ = ["CUT", "FAILED", "Pool", "Row", "Rows", "Task", "in_pools", "without"]

Row = dict[str, Any]
Rows = Generator[tuple[str, Row], None, None]
"""Rows of points by their keys, as they come."""
Pool = Callable[[], AbstractContextManager[Executor]]
Task = tuple["Instance", "Point", Mapping[str, Any]]
"""An instance, the point at which it is solved, and the options of the solve."""
Batch = tuple[list[tuple[str, Row]], float]
"""The rows of points by their keys, and the seconds that they took."""

OUTCOME = ("status", "objective", "bound", "gap", "method", "seconds", "note")
"""The columns of what came of a point, before those of the answer's totals."""

CUT = "cut"
"""What marks a row that Ctrl-C cut short on its way."""

FAILED = "failed"
"""The status of a point that killed its workers."""

BATCH_SECONDS = 0.25
"""A batch is to take so long: handing over costs a millisecond or two, and a death as much."""
AHEAD = 3
"""Batches under way for each worker, so that none waits for the next one."""
WORKERS = 32
"""Workers of an executor that does not say how many it has."""


def without(status: str, note: str) -> Row:
    """Return the row of a point without an answer."""
    return {**dict.fromkeys(OUTCOME), "status": status, "note": note}


def in_pools(todo: Mapping[str, Task], pool: Pool, solve: Callable[[Task], Row]) -> Rows:
    """Yield the rows of points as they come; at Ctrl-C at last those of the points at hand.

    A worker that dies breaks its pool, and nobody is told which point did it. Those that were under
    way are tried again last and one by one, and the second time each in a pool of its own.
    """
    left, alone, strikes = dict(todo), dict[str, Task](), Counter[str]()
    while left:
        for key in (yield from _in_one_pool(left, pool, solve, strikes)):
            strikes[key] += 1
            (alone if strikes[key] > 1 else left)[key] = left.pop(key)
    for key, task in alone.items():
        if (yield from _in_one_pool({key: task}, pool, solve, strikes)):
            yield key, without(FAILED, "its worker died")


def _in_one_pool(
    left: dict[str, Task], pool: Pool, solve: Callable[[Task], Row], strikes: Counter[str]
) -> Generator[tuple[str, Row], None, list[str]]:
    """Yield rows, which are left no more, and return the points under way where the pool broke.

    Raises
    ------
    NoAnswerError
        When a cluster is lost.
    """
    with pool() as executor:
        flow = _Flow(executor, left, solve, strikes)
        try:
            for key, row in flow.rows():
                del left[key]
                yield key, row
        except TwiceInterruptedError:
            raise
        except KeyboardInterrupt:
            yield from flow.came
            for future in end(flow.running, executor):
                with suppress(KeyboardInterrupt, BrokenExecutor):
                    yield from future.result()[0]
            raise
        except BrokenExecutor as error:
            if not flow.given:
                raise NoAnswerError(
                    "the executor was broken before any point was given; what was solved until "
                    "then is kept in the folder, if one was given"
                ) from error
            return [key for keys in flow.running.values() for key in keys]
        finally:
            for future in flow.running:
                future.cancel()
    return []


class _Flow:
    """Batches that go to an executor, a few ahead of its workers, and come back as rows.

    Attributes
    ----------
    running
        The points of each batch under way.
    given
        How many batches the executor has taken.
    came
        Rows of the batch that came last, which have not been taken yet.
    """

    def __init__(
        self,
        executor: Executor,
        tasks: Mapping[str, Task],
        solve: Callable[[Task], Row],
        strikes: Counter[str],
    ) -> None:
        self.running: dict[Future[Batch], list[str]] = {}
        self.given, self.came = 0, deque[tuple[str, Row]]()
        self._executor, self._solve, self._strikes = executor, solve, strikes
        self._tasks, self._waiting = tasks, deque(tasks)
        self._most = AHEAD * int(getattr(executor, "_max_workers", WORKERS))
        self._size = 1

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Yield the rows of batches as they end, those that ended before a pool broke first.

        Raises
        ------
        BrokenExecutor
            When the pool broke.
        NoAnswerError
            When a cluster is lost.
        """
        self._fill()
        while self.running:
            ended, _ = wait(self.running, return_when=FIRST_COMPLETED)
            for future in sorted(ended, key=_has_failed):
                rows, seconds = self._came(future)
                if rows:
                    self._fit(len(rows), seconds)
                self.came.extend(rows)
                while self.came:
                    yield self.came.popleft()
            self._fill()

    def _fill(self) -> None:
        """Give the executor what keeps its workers busy; what was under way at a death, alone."""
        while self._waiting and len(self.running) < self._most:
            keys = [self._waiting.popleft()]
            size = 1 if self._strikes[keys[0]] else self._size
            while self._waiting and len(keys) < size and not self._strikes[self._waiting[0]]:
                keys.append(self._waiting.popleft())
            batch = [(key, self._tasks[key]) for key in keys]
            self.running[self._executor.submit(_batch, self._solve, batch)] = keys
            self.given += 1

    def _fit(self, solved: int, seconds: float) -> None:
        """Set the size of batches by what one took, and by what is left for all workers."""
        share = ceil(len(self._waiting) / self._most)
        wanted = int(BATCH_SECONDS * solved / seconds) if seconds > 0 else share
        self._size = max(1, min(wanted, share))

    def _came(self, future: Future[Batch]) -> Batch:
        """Return what came of a batch."""
        try:
            found = future.result()
        except (BrokenExecutor, UsageError):
            raise
        except Exception as error:
            if type(error).__name__ != "KilledWorker":
                first = str(error).partition("\n")[0]
                raise NoAnswerError(
                    f"the executor failed ({type(error).__name__}: {first}); what was "
                    "solved until then is kept in the folder, if one was given"
                ) from error
            return self._killed(self.running.pop(future)), 0
        del self.running[future]
        return found

    def _killed(self, keys: Sequence[str]) -> list[tuple[str, Row]]:
        """Give up a point that has killed several workers; of several, try each alone."""
        if len(keys) == 1:
            return [(keys[0], without(FAILED, "its workers died"))]
        self._strikes.update(keys)
        self._waiting.extend(keys)
        return []


def _has_failed(future: Future[Batch]) -> bool:
    return future.cancelled() or future.exception() is not None


def _batch(solve: Callable[[Task], Row], tasks: Sequence[tuple[str, Task]]) -> Batch:
    """Solve some points, one after the other, until Ctrl-C cuts one short."""
    begun = time.perf_counter()
    rows: list[tuple[str, Row]] = []
    for key, task in tasks:
        try:
            rows.append((key, solve(task)))
        except KeyboardInterrupt:
            if not rows:
                raise
            break
        if rows[-1][1].get(CUT):
            break
    return rows, time.perf_counter() - begun
