"""A command imports what it uses: the files of the package it loads are counted, and held."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from amopt.cli import ROOMS

ROOT = Path(__file__).parents[1]

HEAVY = {
    "highspy",
    "jinja2",
    "networkx",
    "openpyxl",
    "pandas",
    "plotly",
    "pyarrow",
    "pyomo",
    "scipy.optimize",
    "scipy.stats",
    "xml.etree",
}
"""What no printing file needs."""

PROGRAM = """
import json, sys
from amopt.cli import app
try:
    app(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted(sys.modules)))
"""


def loaded(folder: Path, *command: str) -> set[str]:
    """Return the modules that are loaded once a command has run."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *command],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return set(json.loads(ended.stdout.splitlines()[-1]))


def comes_with(library: str) -> set[str]:
    """Return the modules that a library loads whenever it is imported, which differ by version."""
    program = f"import sys, {library}; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    ("command", "own", "absent"),
    [
        (["--help"], 12, {"numpy", "pydantic", "yaml", *(f"amopt.cli.{room}" for room in ROOMS)}),
        (["check", "printing/mission"], 75, {"scipy", "amopt.printing.decision"}),
        (["solve", "printing/mission"], 108, {"scipy.sparse.linalg", "amopt.program.linear"}),
        (["solve", "placement/textbook"], 150, {"amopt.placement.methods.lagrangian"}),
        (["check", "sourcing/hangbar"], 82, {"numpy", "scipy", "amopt.sourcing.referee"}),
        (["solve", "sourcing/hangbar"], 173, {"amopt.sourcing.rolling", "amopt.sourcing.register"}),
    ],
)
def test_a_command_imports_no_more_than_it_uses(
    command: list[str], own: int, absent: set[str], tmp_path: Path
) -> None:
    names = loaded(tmp_path, *command)
    needed = {"highspy", "networkx", "xml.etree"} if "placement/textbook" in command else set()
    unasked = (HEAVY - needed | absent) & names
    if "scipy.sparse" in names:
        unasked -= comes_with("scipy.sparse")
    assert not unasked
    ours = sorted(name for name in names if name.partition(".")[0] == "amopt")
    assert len(ours) <= own, ours
