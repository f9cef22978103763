"""Processes that solve side by side, and leave with whoever started them."""

from __future__ import annotations

import signal
from concurrent.futures import ProcessPoolExecutor

__all__ = ["processes"]


def processes(workers: int) -> ProcessPoolExecutor:
    """Return an executor whose processes leave Ctrl-C to their owner: what runs is still ended."""
    return ProcessPoolExecutor(workers, initializer=_leave_it_to_the_owner)


def _leave_it_to_the_owner() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
