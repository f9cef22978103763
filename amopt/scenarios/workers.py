"""Processes that solve side by side, and leave with whoever started them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any, ParamSpec, TypeVar

__all__ = ["Processes", "processes"]

Words = ParamSpec("Words")
Result = TypeVar("Result")

_STOP = getattr(signal, "SIGUSR1", None)
"""What the owner sends: Ctrl-C goes to all processes of a terminal, and is the owner's to hear."""


@dataclass
class _Self:
    """What a worker knows of itself: whether it is at work, and was told to stop."""

    at_work: bool = False
    told: bool = False


_SELF = _Self()


class Processes(ProcessPoolExecutor):
    """Processes that leave Ctrl-C to their owner, who can pass it on, and never outlive him."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers, initializer=_leave_it_to_the_owner)

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
        """Wait for the processes; at another Ctrl-C, and after a second one, end them at once."""
        from amopt.program.solver.run import TwiceInterruptedError

        if isinstance(raised[1], TwiceInterruptedError):
            self._kill()
        try:
            return super().__exit__(*raised)
        except KeyboardInterrupt:
            self._kill()
            raise

    def _kill(self) -> None:
        for process in self._all():
            process.kill()

    def _all(self) -> list[Any]:
        return list((self._processes or {}).values())


def processes(workers: int) -> Processes:
    """Return an executor whose processes leave Ctrl-C to their owner."""
    return Processes(workers)


def _leave_it_to_the_owner() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _STOP is not None:
        signal.signal(_STOP, _hear)


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
