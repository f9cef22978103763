"""One run of the solver that can be watched, interrupted and limited in time.

The solver runs in a thread of its own while the caller's thread waits: the caller can receive
Ctrl-C at any moment, and the solver's scheduler, which belongs to a thread, starts afresh, so that
the number of threads may differ from run to run.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from amopt.outcome import relative_gap
from amopt.program.ctrl_c import TwiceInterruptedError
from amopt.program.solver.transfer import set_options
from amopt.program.time import PHASES

__all__ = ["INFINITE", "Progress", "TwiceInterruptedError", "Watch"]

logger = logging.getLogger("amopt.highs")

_PERIOD = 0.2
"""Seconds between two reports of progress."""

_GRACE = 2.0
"""Seconds that a process waits at its end for a solver that a second Ctrl-C left behind."""

INFINITE = 1e100
"""Objectives and bounds of this size are the solver's infinity."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a running solve reports: seconds so far, incumbent, bound, gap, nodes, iterations.

    A search for several answers reports beside its solves how many it has ``found``.
    """

    seconds: float
    objective: float | None
    bound: float | None
    gap: float | None
    nodes: int
    iterations: int = 0
    found: int | None = None


class Watch:
    """Runs a solver object once; hears its callbacks meanwhile.

    Parameters
    ----------
    solver
        The solver object, not running.
    kinds
        The solver's enumeration of callbacks.
    progress
        Told of the state a few times a second and at each new incumbent; what it raises ends the
        run and is raised again by :meth:`run`.
    mixed_integer
        Whether the program is mixed-integer.
    unit
        The unit in which the solver counts the objective.

    Attributes
    ----------
    interrupted
        Whether somebody asked the solver to stop.
    running
        Whether the solver still runs; after :meth:`run` only when a second Ctrl-C left it behind.
    """

    def __init__(
        self,
        solver: Any,
        kinds: Any,
        progress: Callable[[Progress], None] | None,
        *,
        mixed_integer: bool,
        unit: float = 1.0,
    ) -> None:
        self.interrupted = False
        self.running = False
        self._solver = solver
        self._progress = progress
        self._mixed_integer = mixed_integer
        self._unit = unit
        self._error: BaseException | None = None
        self._started = time.perf_counter()
        self._next_report = self._started + _PERIOD
        self._log = kinds.kCallbackLogging
        self._incumbent = kinds.kCallbackMipImprovingSolution
        self._pauses = (
            kinds.kCallbackSimplexInterrupt,
            kinds.kCallbackIpmInterrupt,
            kinds.kCallbackMipInterrupt,
        )

    def run(self) -> Any:
        """Run the solver to its end and return the status of the call.

        Raises
        ------
        BaseException
            What the progress callback raised.
        TwiceInterruptedError
            At a second Ctrl-C, when the solver has not yet heard the first.
        """
        verbose = logger.isEnabledFor(logging.DEBUG)
        set_options(self._solver, {"output_flag": verbose})
        heard = [*self._pauses]
        if verbose:
            heard.append(self._log)
        if self._progress is not None:
            heard.append(self._incumbent)
        reports = len(heard) > len(self._pauses)
        self._solver.setCallback(self._hear if reports else self._hear_interrupt, None)
        for kind in heard:
            self._solver.startCallback(kind)
        results: list[Any] = []
        ended = threading.Event()
        thread = threading.Thread(
            target=self._work, args=(results, ended), daemon=True, name="HiGHS"
        )
        self.running = True
        with self._hearing_ctrl_c(thread):
            try:
                thread.start()
                ended.wait()
            except TwiceInterruptedError:
                raise
            except BaseException as left:  # of another signal, such as the one that terminates
                self.interrupted = True
                atexit.register(_leave, thread, getattr(left, "code", None))
                raise
        self.running = False
        self._solver.setCallback(None, None)
        if self._error is not None:
            raise self._error
        return results[0]

    def run_unwatched(self) -> Any:
        """Run the solver in the caller's thread, for programs too small to be worth watching.

        Nothing is heard meanwhile; Ctrl-C is raised when the solver has ended.
        """
        set_options(self._solver, {"output_flag": False})
        return self._solver.run()

    def _work(self, results: list[Any], ended: threading.Event) -> None:
        try:
            results.append(self._solver.run())
        except BaseException as error:
            self._error = error
        finally:
            ended.set()

    @contextmanager
    def _hearing_ctrl_c(self, thread: threading.Thread) -> Iterator[None]:
        """Ask the solver to stop at a first Ctrl-C; a second one is raised.

        What hears of Ctrl-C is set before the solver starts and taken back after it has ended:
        raised between two lines, a first one would leave a solver running that nobody waits for.
        """
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or not callable(before):
            yield
            return

        def hear(number: int, frame: FrameType | None) -> None:
            try:
                before(number, frame)
            except KeyboardInterrupt as pressed:
                if self.interrupted or isinstance(pressed, TwiceInterruptedError):
                    atexit.register(_leave, thread)
                    raise TwiceInterruptedError from None
                self.interrupted = True
                logger.info("interrupted: waiting for the solver to stop")
                PHASES.info("stopping with the best answer so far (Ctrl-C again leaves at once)")

        signal.signal(signal.SIGINT, hear)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _hear_interrupt(self, kind: Any, message: str, state: Any, reply: Any, _: Any) -> None:
        """Answer a callback where nothing is reported: simplex calls at each of its iterations."""
        if self.interrupted:
            reply.user_interrupt = True

    def _hear(self, kind: Any, message: str, state: Any, reply: Any, _: Any) -> None:
        """Answer one callback; never raises into the solver."""
        try:
            if kind == self._log:
                logger.debug("%s", message.rstrip("\n"))
                return
            if kind == self._incumbent:
                self._report(state)
            elif self.interrupted:
                reply.user_interrupt = True
            elif self._progress is not None and time.perf_counter() >= self._next_report:
                self._report(state)
        except BaseException as error:
            self._error = error
            self.interrupted = True

    def _report(self, state: Any) -> None:
        if self._progress is None:
            return
        now = time.perf_counter()
        self._next_report = now + _PERIOD
        objective = self._amount(state.mip_primal_bound) if self._mixed_integer else None
        bound = self._amount(state.mip_dual_bound) if self._mixed_integer else None
        self._progress(
            Progress(
                seconds=now - self._started,
                objective=objective,
                bound=bound,
                gap=relative_gap(objective, bound),
                nodes=max(0, int(state.mip_node_count)) if self._mixed_integer else 0,
                iterations=max(0, int(state.simplex_iteration_count)),
            )
        )

    def _amount(self, number: float) -> float | None:
        return float(number) * self._unit if abs(number) < INFINITE else None


def _leave(thread: threading.Thread, code: object = None) -> None:
    """End the process though the solver may still run in a thread.

    Python would take itself apart under the solver, which the system answers by aborting: where the
    solver does not stop in time, the process ends here, with the code with which it was to end, or
    as one that Ctrl-C has ended.
    """
    thread.join(_GRACE)
    if thread.is_alive():
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code if isinstance(code, int) else 128 + 2)
