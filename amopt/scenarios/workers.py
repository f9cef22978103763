"""Processes that solve side by side, and leave with whoever started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from amopt.program.solver.run import Progress

__all__ = ["Processes", "processes", "telling"]

Words = ParamSpec("Words")
Result = TypeVar("Result")

_STOP = getattr(signal, "SIGUSR1", None)
"""What the owner sends: Ctrl-C goes to all processes of a terminal, and is the owner's to hear."""


_PERIOD = 0.2
"""Seconds after which who listens looks whether there is anybody left to listen to."""


@dataclass
class _Self:
    """What a worker knows of itself: whether it is at work, was told to stop, and whom it tells."""

    at_work: bool = False
    told: bool = False
    line: tuple[Any, Any] | None = None


_SELF = _Self()


class Processes(ProcessPoolExecutor):
    """Processes that leave Ctrl-C to their owner, who can pass it on, and never outlive him.

    Parameters
    ----------
    workers
        How many.
    at_solve
        Told of the solve that has run longest of those that run, where workers tell of theirs.
    """

    def __init__(self, workers: int, at_solve: Callable[[Progress], None] | None = None) -> None:
        self._listener = None if at_solve is None else _Listener(at_solve)
        line = None if self._listener is None else self._listener.line
        super().__init__(workers, initializer=_leave_it_to_the_owner, initargs=(line,))

    def submit(
        self, fn: Callable[Words, Result], /, *args: Words.args, **kwargs: Words.kwargs
    ) -> Future[Result]:
        """Have a function called; :meth:`interrupt` ends it as Ctrl-C would."""
        return super().submit(partial(_at_work, fn), *args, **kwargs)

    def interrupt(self) -> None:
        """End what runs with its best until then; nothing begins any more."""
        for process in self._all():
            with suppress(OSError):
                if _STOP is not None:
                    os.kill(process.pid, _STOP)

    def __exit__(self, *raised: Any) -> bool | None:
        """Wait for the processes; at another Ctrl-C, and after a second one, end them at once.

        So, too, where the owner is terminated, and where nobody takes what they give any more.
        """
        from amopt.program.solver.run import TwiceInterruptedError

        if isinstance(raised[1], TwiceInterruptedError | SystemExit | GeneratorExit):
            self._kill()
        try:
            return super().__exit__(*raised)
        except KeyboardInterrupt:
            self._kill()
            raise
        finally:
            if self._listener is not None:
                self._listener.ended.set()

    def _kill(self) -> None:
        for process in self._all():
            process.kill()

    def _all(self) -> list[Any]:
        return list((self._processes or {}).values())


class _Listener:
    """Hears what workers tell of their solves, and passes on that of the one that runs longest."""

    def __init__(self, at_solve: Callable[[Progress], None]) -> None:
        self._hears, tells = multiprocessing.Pipe(duplex=False)
        self.line = tells, multiprocessing.Lock()
        self.ended = threading.Event()
        self._at_solve = at_solve
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        running: dict[int, Progress] = {}
        while not self.ended.is_set():
            if not self._hears.poll(_PERIOD):
                continue
            worker, progress = self._hears.recv()
            if progress is None:
                running.pop(worker, None)
                continue
            running[worker] = progress
            if progress is max(running.values(), key=lambda one: one.seconds):
                self._at_solve(progress)


def processes(workers: int, at_solve: Callable[[Progress], None] | None = None) -> Processes:
    """Return an executor whose processes leave Ctrl-C to their owner."""
    return Processes(workers, at_solve)


def telling() -> Callable[[Progress], None] | None:
    """Return what a solve in a worker tells of its progress; None where nobody listens."""
    return None if _SELF.line is None else _tell


def _tell(progress: Progress | None) -> None:
    if _SELF.line is not None:
        line, lock = _SELF.line
        with suppress(OSError), lock:
            line.send((os.getpid(), progress))


def _leave_it_to_the_owner(line: tuple[Any, Any] | None) -> None:
    _SELF.line = line
    threading.Thread(target=_leave_with_the_owner, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _STOP is not None:
        signal.signal(_STOP, _hear)


def _leave_with_the_owner() -> None:
    """End this process, whatever it is at, once its owner is gone, however he went."""
    owner = multiprocessing.parent_process()
    if owner is not None:
        owner.join()
        os._exit(1)


def _hear(_: int, __: FrameType | None) -> None:
    """Stop what is at work; what has not begun will not."""
    _SELF.told = True
    if _SELF.at_work:
        raise KeyboardInterrupt


def _at_work(work: Callable[..., Result], *words: Any, **options: Any) -> Result:
    """Do a piece of work that can be stopped."""
    _SELF.at_work = True
    try:
        if _SELF.told:
            raise KeyboardInterrupt
        return work(*words, **options)
    finally:
        _SELF.at_work = False
        _tell(None)
