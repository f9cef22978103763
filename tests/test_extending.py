"""The page on adding a limit: its diffs apply to a copy of the package, its Python runs there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "extending.md"
SECTION = re.compile(r"^## ([^\n:]+): .*?(?=^## |\Z)", re.M | re.S)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)

MOST_LINES = 30


def sections() -> dict[str, list[tuple[str, str]]]:
    """Return the blocks of each section, by the decision that it is about."""
    text = PAGE.read_text(encoding="utf-8")
    return {match[1].lower(): BLOCK.findall(match[0]) for match in SECTION.finditer(text)}


def apply(diff: str, root: Path) -> None:
    """Change the files that a diff names, where the lines that it keeps stand."""
    for part in re.split(r"^--- ", diff, flags=re.M)[1:]:
        name, _, hunks = part.partition("\n")
        file = root / name
        for hunk in re.split(r"^@@\n", hunks, flags=re.M)[1:]:
            lines = hunk.splitlines()
            assert all(line[:1] in (" ", "+", "-", "") for line in lines), hunk
            before = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
            after = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
            text = file.read_text(encoding="utf-8")
            assert text.count(before) == 1, f"{name} has not once:\n{before}"
            file.write_text(text.replace(before, after), encoding="utf-8")


def added(blocks: list[tuple[str, str]]) -> int:
    """Return how many lines the diffs of a section add, blank ones included."""
    return sum(
        line.startswith("+")
        for language, body in blocks
        if language == "diff"
        for line in body.splitlines()
    )


@pytest.mark.parametrize("decision", sections())
def test_a_limit_is_added(decision: str, tmp_path: Path) -> None:
    blocks = sections()[decision]
    assert 0 < added(blocks) < MOST_LINES
    shutil.copytree(ROOT / "amopt", tmp_path / "amopt")  # compiled files too: they save seconds
    shutil.copytree(ROOT / "instances", tmp_path / "instances")
    for language, body in blocks:
        if language == "diff":
            apply(body, tmp_path)
    programs = [body for language, body in blocks if language == "python"]
    assert programs
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(programs)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr


def test_every_decision_is_extended() -> None:
    import amopt

    assert sorted(sections()) == sorted(amopt.KINDS)
