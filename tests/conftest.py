"""What all tests share."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from amopt import cli

ROOT = Path(__file__).parent.parent
INSTANCES = ROOT / "instances"

settings.register_profile(
    "amopt", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("amopt")

# A shell's job in the background ignores Ctrl-C and hands that on to what it starts: the tests that
# interrupt a process of their own would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the cases of a test that are beyond the sample it asks for the marker long."""
    cases: dict[tuple[Path, str], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("sampled") and not item.get_closest_marker("long"):
            cases[item.path, item.originalname].append(item)
    for every in cases.values():
        count = every[0].get_closest_marker("sampled").args[0]
        kept = {round(place) for place in np.linspace(0, len(every) - 1, count)}
        for place, item in enumerate(every):
            if place not in kept:
                item.add_marker(pytest.mark.long)


@dataclass(frozen=True)
class Run:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def amopt_command(tmp_path: Path) -> Callable[..., Run]:
    """Run the command line in an empty folder, in this process, which has imported it already."""

    def run(*words: str | Path, cwd: Path = tmp_path, stdin: str | None = None) -> Run:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        with contextlib.ExitStack() as after, pytest.MonkeyPatch.context() as patch:
            after.callback(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
            after.enter_context(contextlib.chdir(cwd))
            patch.setattr(logging.root, "handlers", [])
            patch.setattr(sys, "argv", ["amopt", *map(str, words)])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((stdin or "").encode())))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setenv("NO_COLOR", "1")
            patch.delenv("COLUMNS", raising=False)  # xdist says 80 to its workers
            try:
                cli.main()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Run(code, *(_read(stream) for stream in (out, err)))

    return run


def _read(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined]


@pytest.fixture
def amopt_process(tmp_path: Path) -> Callable[..., Run]:
    """Run the command line as a planner would, in a process of its own, in an empty folder."""

    def run(*words: str | Path, cwd: Path = tmp_path) -> Run:
        ended = subprocess.run(
            [sys.executable, "-m", "amopt", *map(str, words)],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        )
        return Run(ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of published data that is not part of the project, where it is present."""
    folder = os.environ.get("AMOPT_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("AMOPT_DATA does not name a folder: the published data files are not here")
    return Path(folder)


def columns(rows: Sequence[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Return some columns of a table as tuples."""
    return [tuple(row[name] for name in names) for row in rows]
