"""Every code of the catalogue has a broken file, and every broken file yields its code."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import amopt
from amopt.instance.document import MAX_BYTES
from amopt.instance.findings import CATALOGUE, Code, Finding
from tests.instance.fleet import KINDS, fleet, type_of_kind

BROKEN = Path(__file__).parent.parent / "broken"
MARK = "# here"
LINES = {
    "duplicate-key.json": 5,
    "nesting-too-deep.json": 1,
    "not-finite-infinity.json": 8,
    "not-finite-nan.json": 8,
    "number-too-large.json": 7,
    "malformed-text-half.json": 8,
    "syntax-comma.json": 3,
    "syntax-comment.json": 2,
    "syntax-trailing-comma.json": 3,
    "missing-key-version.yaml": 1,
}


def codes(folder: Path) -> dict[str, Code]:
    """Return the codes of a folder of broken files: of any instance, or of one decision."""
    if folder == BROKEN:
        return CATALOGUE
    module = importlib.import_module(f"amopt.{folder.name}.instance")
    return {**CATALOGUE, **{code.code: code for code in module.CODES}}


def code_of(file: Path) -> str:
    """Return the code that a broken file is named after."""
    named = [code for code in codes(file.parent) if (file.stem + "-").startswith(code + "-")]
    assert named, f"{file} is not named after a code of the catalogue"
    return max(named, key=len)


def marked_line(file: Path) -> int | None:
    """Return the line that a broken file marks as the one to be found, where it marks one."""
    text = file.read_bytes().decode("utf-8", "replace")
    marked = [number for number, line in enumerate(text.splitlines(), 1) if MARK in line]
    return marked[0] if marked else LINES.get(file.name)


FILES = sorted(
    file
    for file in (*BROKEN.glob("*.*"), *BROKEN.glob("*/*.*"))
    if file.is_file() and not file.name.startswith((".", "_"))
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(BROKEN)))
def test_a_broken_file_yields_its_code_and_nothing_else(file: Path) -> None:
    findings = amopt.check(file)
    assert {finding.code for finding in findings} == {code_of(file)}, list(map(str, findings))
    line = marked_line(file)
    if line is not None:
        assert [finding.where.line for finding in findings] == [line]
    for finding in findings:
        assert finding.where.file == str(file)
        assert str(finding).isprintable()
        assert finding.message[-1] == "."
        assert finding.advice[-1] in ".?"


def large(folder: Path) -> Path:
    """Make a file of 200 MB, which takes no room on the disk."""
    file = folder / "large.yaml"
    with file.open("wb") as stream:
        stream.truncate(200_000_000)
    return file


def circle(folder: Path) -> Path:
    """Make a link to itself, which nobody can read."""
    file = folder / "circle.yaml"
    file.symlink_to(file)
    return file


def changed(folder: Path, **changes: object) -> Path:
    """Write a fleet with changes."""
    file = folder / "fleet.json"
    file.write_text(json.dumps(fleet(**changes)))
    return file


def including() -> dict[str, object]:
    """Return data that includes a network and never was a file."""
    return fleet(network={"include": "network.yaml"})


MADE: dict[str, Callable[[Path], Path]] = {
    "file-not-found": lambda folder: folder / "nowhere.yaml",
    "not-a-file": lambda folder: folder,
    "unreadable-file": circle,
    "file-too-large": large,
    "include-without-folder": lambda folder: including(),  # type: ignore[dict-item]
    "invalid-value": lambda folder: changed(
        folder, parts=[{"name": "hinge", "vehicle": "van", "cost": 3, "code": "a"}]
    ),
}
"""What cannot lie in a folder of broken files, or has no field in a decision yet."""

NEVER_A_FILE = {"design-unchecked"}
"""What is only found in data that never was a file; the decisions' own tests have it."""


def examine(source: object) -> tuple[Finding, ...]:
    from amopt.instance import loader

    return loader.examine(source, type_of_kind, KINDS).findings  # type: ignore[arg-type]


@pytest.mark.parametrize("code", MADE)
def test_what_a_test_must_make_yields_its_code(code: str, tmp_path: Path) -> None:
    findings = examine(MADE[code](tmp_path))
    assert [finding.code for finding in findings if finding.severity == "error"] == [code]


@pytest.mark.parametrize("kind", ["", *amopt.KINDS])
def test_no_code_is_without_its_broken_file(kind: str) -> None:
    folder = BROKEN / kind
    own = {file for file in FILES if file.parent == folder}
    wanted = set(codes(folder)) - (set(CATALOGUE) | NEVER_A_FILE if kind else set(MADE))
    assert wanted - {code_of(file) for file in own} == set()


def test_a_large_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = large(tmp_path)
    assert file.stat().st_size > MAX_BYTES

    def no_reading(*_: object, **__: object) -> None:
        raise AssertionError("the file was opened")

    monkeypatch.setattr(Path, "open", no_reading)
    assert [finding.code for finding in examine(file)] == ["file-too-large"]


def test_the_file_of_which_the_broken_ones_are_broken_is_valid(tmp_path: Path) -> None:
    text = (BROKEN / "missing-key.yaml").read_text()
    file = tmp_path / "whole.yaml"
    file.write_text(text.replace("system: Fennek,", "system: Fennek, order_cost: 100,"))
    assert amopt.check(file) == []
    data = yaml.safe_load(file.read_text())
    assert amopt.load(data) == amopt.load(file)


def test_a_file_of_similar_name_is_suggested(tmp_path: Path) -> None:
    shutil.copy(BROKEN / "missing-key.yaml", tmp_path / "mission.yaml")
    (finding,) = examine(tmp_path / "mision.yaml")
    assert "mission.yaml" in finding.advice
