"""How a spec is measured, and what is kept of it.

Ways of a phase take turns, round by round, so that whatever else the machine does falls on all of
them alike; the first round warms up and is not counted. The median of the processor's seconds
counts, and its ratio to the reference in the same rounds: times of different runs do not compare.
Every library is held to one thread.
"""

from __future__ import annotations

import gc
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from _registry import Script, Spec

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_POLL = 0.02
PACKAGES = ("highspy", "numpy", "pyomo", "scipy")


def pin() -> None:
    """Hold every library to one thread; call it before they are imported."""
    for name in THREADS:
        os.environ[name] = "1"


def machine() -> dict[str, Any]:
    """Return what ran: processor, cores, system, versions."""
    from importlib.metadata import version

    from amopt import __version__

    return {
        "amopt": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": 1,
        "load": round(os.getloadavg()[0], 1),
        "versions": {name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def measured(spec: Spec, size: str, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each phase and way of a spec: median seconds, and the ratio."""
    for phase, ways in spec.ways(spec.sizes[size]).items():
        spent: dict[str, list[float]] = {way: [] for way in ways}
        clock: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(rounds + 1):
            for way, task in ways.items():
                gc.collect()
                begun, used = time.perf_counter(), time.process_time()
                task()
                if turn:
                    spent[way].append(time.process_time() - used)
                    clock[way].append(time.perf_counter() - begun)
        reference = next(iter(ways))
        for way in ways:
            ratios = [
                a / b if b else 1.0 for a, b in zip(spent[way], spent[reference], strict=True)
            ]
            yield {
                "benchmark": spec.name,
                "size": size,
                "of": spec.sizes[size],
                "phase": phase,
                "way": way,
                "seconds": round(statistics.median(spent[way]), 6),
                "clock": round(statistics.median(clock[way]), 6),
                "ratio": round(statistics.median(ratios), 4),
                "against": reference,
                "rounds": rounds,
            }


def run_script(script: Script, *, smoke: bool, limit: float) -> dict[str, Any]:
    """Run a script in a process of its own and return its row: seconds, exit code, what it said.

    A smoke run has it write its tables, too, where the docs have any of it.
    """
    with tempfile.TemporaryDirectory() as room:
        file = Path(room, "tables.md")
        more = ["--markdown", str(file)] if smoke and script.writes_tables else []
        command = [sys.executable, str(script.path), *(["--smoke"] if smoke else []), *more]
        row = run_command(command, limit)
        if more and not row["exit"] and not file.exists():
            row["exit"] = 1
            row["said"].append("it wrote no table")
    return {"benchmark": script.name, "size": "smoke" if smoke else "usual", **row}


def run_command(command: Sequence[str], limit: float) -> dict[str, Any]:
    """Run a command and return seconds, exit code and what it said; it is ended when it is late."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        used, code, late = None, None, ""
        try:
            while used is None:  # its own use, whatever else runs beside it
                ended, status, usage = os.wait4(process.pid, os.WNOHANG)
                if ended:
                    used, code = usage.ru_utime + usage.ru_stime, os.waitstatus_to_exitcode(status)
                elif not late and time.perf_counter() - begun > limit:
                    late = f"stopped after {limit:g} s\n"
                    os.killpg(process.pid, signal.SIGKILL)  # with whatever it started
                else:
                    time.sleep(_POLL)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        process.returncode = code
        out.seek(0)
        said = late + out.read().decode(errors="replace")
    return {
        "seconds": round(used, 2),
        "clock": round(time.perf_counter() - begun, 2),
        "exit": 124 if late else code,
        "said": said.splitlines(),
    }
