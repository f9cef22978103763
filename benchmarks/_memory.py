"""The most memory that a process has had of its own.

``ru_maxrss`` of Linux is no such number: where a process is started by another one, it begins at
the most memory of that one, since it outlives the change from one program to the next.
"""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak() -> float:
    """Return the most memory that this process has had since its program began, in MB."""
    try:
        lines = STATUS.read_text(encoding="utf-8").splitlines()
    except OSError:
        unit = 1e6 if sys.platform == "darwin" else 1e3
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def begun() -> float:
    """Forget what memory this process has had before, where Linux lets it; return it, in MB."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return peak()
