"""Processes that solve side by side, and leave with whoever started them."""

from __future__ import annotations

import signal
from concurrent.futures import ProcessPoolExecutor

__all__ = ["processes"]


def processes(workers: int) -> ProcessPoolExecutor:
    """Return an executor whose processes end silently at Ctrl-C, which reaches each of them."""
    return ProcessPoolExecutor(workers, initializer=_leave_at_interrupt)


def _leave_at_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
