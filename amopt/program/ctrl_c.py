"""Hearing of Ctrl-C while work goes on that would not pass it on, or would lose what it has."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from amopt.outcome import Stopped
from amopt.program.time import PHASES

__all__ = ["Heard", "TwiceInterruptedError", "completing", "hearing"]

GOES_ON = "finishing the check of the answer (Ctrl-C again leaves it)"
"""What is shown where work goes on to its end all the same."""


class TwiceInterruptedError(KeyboardInterrupt):
    """A second Ctrl-C while the first had not been heard: nothing is waited for."""


@dataclass
class Heard:
    """Whether Ctrl-C was pressed."""

    pressed: bool = False


@contextmanager
def hearing(*, raises: bool, says: str = "") -> Iterator[Heard]:
    """Hear of Ctrl-C as long as a block runs; a second one is raised at once.

    Where somebody else hears of it already, or in another thread than the first, it is left to him.

    Parameters
    ----------
    raises
        Whether the first one is raised; else the block looks at what it is given.
    says
        What is then shown of what goes on.

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
        if says:
            PHASES.info("%s", says)

    signal.signal(signal.SIGINT, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def completing(stopped: Stopped) -> Iterator[None]:
    """Let one Ctrl-C wait for the tables and the check of an answer that there is.

    An answer of which nobody knows whether it holds is none, and a referee takes seconds. A second
    one leaves at once; so does the first where another had ended the work.

    Parameters
    ----------
    stopped
        Why the work ended.

    Raises
    ------
    KeyboardInterrupt
        At a second Ctrl-C; at the first, where somebody else hears of it already.
    """
    if stopped is Stopped.INTERRUPTED:
        yield
        return
    with hearing(raises=False, says=GOES_ON):
        yield
