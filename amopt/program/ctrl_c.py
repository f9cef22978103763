"""Hearing of Ctrl-C while work goes on that would not pass it on, or would lose what it has."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from amopt.program.solver.run import TwiceInterruptedError

__all__ = ["Heard", "hearing"]


@dataclass
class Heard:
    """Whether Ctrl-C was pressed."""

    pressed: bool = False


@contextmanager
def hearing(*, raises: bool) -> Iterator[Heard]:
    """Hear of Ctrl-C as long as a block runs; a second one is raised at once.

    Where somebody else hears of it already, or in another thread than the first, it is left to him.

    Parameters
    ----------
    raises
        Whether the first one is raised; else the block looks at what it is given.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C, if it is to be raised.
    TwiceInterruptedError
        At a second one.
    """
    heard = Heard()
    default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not (default and threading.current_thread() is threading.main_thread()):
        yield heard
        return

    def hear(*_: object) -> None:
        if heard.pressed:
            raise TwiceInterruptedError
        heard.pressed = True
        if raises:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
