"""Design files: the licensed file beside the instance, and nothing else."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amopt.instance.findings import Severity
from amopt.sourcing.instance.design_files import CODES, design_problems, fingerprint

CONTENT = b"solid bush\nendsolid bush\n"
RIGHT = hashlib.sha256(CONTENT).hexdigest()


@dataclass(frozen=True)
class Licence:
    file: str | None = "bush.stl"
    sha256: str | None = RIGHT
    part: str = "bush"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a design in it, and another one beside the folder."""
    (tmp_path / "secret.stl").write_bytes(CONTENT)
    folder = tmp_path / "instance"
    folder.mkdir()
    (folder / "bush.stl").write_bytes(CONTENT)
    (folder / "designs").mkdir()
    (folder / "designs" / "bush.stl").write_bytes(CONTENT)
    return folder


def codes(folder: Path | None, *licences: Licence) -> list[str]:
    return [problem.code for problem in design_problems(licences, folder)]


def test_the_licensed_file_is_accepted(folder: Path) -> None:
    assert (
        codes(folder, Licence(), Licence("designs/bush.stl"), Licence(sha256=RIGHT.upper())) == []
    )


def test_a_licence_without_a_file_is_not_checked(folder: Path) -> None:
    assert codes(folder, Licence(None, None), Licence("bush.stl", None), Licence(None)) == []


def test_a_changed_file_is_refused_with_its_fingerprint(folder: Path) -> None:
    (folder / "bush.stl").write_bytes(CONTENT + b" ")
    (problem,) = design_problems([Licence(None, None), Licence()], folder)
    assert problem.code == "design-mismatch"
    assert problem.key == ("licences", 1, "sha256")
    assert hashlib.sha256(CONTENT + b" ").hexdigest() in problem.message


@pytest.mark.parametrize("name", ["cap.stl", "designs", "bush.stl/x", "bush.stl\0", "", "."])
def test_a_file_that_is_not_there(folder: Path, name: str) -> None:
    assert codes(folder, Licence(name)) == ["design-missing"]


@pytest.mark.parametrize(
    "name",
    [
        "../secret.stl",
        "designs/../../secret.stl",
        "designs/../bush.stl",
        "..\\secret.stl",
        "/etc/passwd",
        "\\\\server\\share\\bush.stl",
        "C:\\bush.stl",
        "C:bush.stl",
        "\\bush.stl",
    ],
)
def test_a_name_never_leads_out_of_the_folder(folder: Path, name: str) -> None:
    assert codes(folder, Licence(name)) == ["design-outside"]


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a right there")
def test_a_link_never_leads_out_of_the_folder(folder: Path) -> None:
    (folder / "link.stl").symlink_to(folder.parent / "secret.stl")
    (folder / "up").symlink_to(folder.parent)
    (folder / "inside.stl").symlink_to(folder / "bush.stl")
    (folder / "loop.stl").symlink_to(folder / "loop.stl")
    assert codes(folder, Licence("link.stl"), Licence("up/secret.stl")) == ["design-outside"] * 2
    assert codes(folder, Licence("inside.stl")) == []
    assert codes(folder, Licence("loop.stl")) == ["design-missing"]


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.stl")
    assert codes(folder, Licence("pipe.stl")) == ["design-missing"]


def test_the_folder_may_itself_be_reached_by_a_link(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert codes(link, Licence()) == []


def test_data_without_a_folder_is_told_so(folder: Path) -> None:
    assert codes(None, Licence(), Licence(None, None)) == ["design-unchecked"]
    assert {c.code: c.severity for c in CODES}["design-unchecked"] is Severity.WARNING


def test_every_code_is_in_the_list(folder: Path) -> None:
    assert len({code.code for code in CODES}) == len(CODES) == 4


def test_a_large_file_is_read_piece_by_piece(tmp_path: Path) -> None:
    import tracemalloc

    size = 32 * 2**20
    path = tmp_path / "large.stl"
    with path.open("wb") as file:
        file.truncate(size)
    tracemalloc.start()
    found = fingerprint(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == hashlib.sha256(bytes(size)).hexdigest()
    assert peak < size / 16


@given(st.text(max_size=30))
def test_any_name_is_answered_with_a_finding(name: str) -> None:
    here = Path(__file__).parent
    found = codes(here, Licence(name, "0" * 64))
    assert found in (["design-outside"], ["design-missing"], ["design-mismatch"])


INSTANCE = """
amopt: 1
kind: sourcing
name: Bush
parts: [{{name: bush}}]
licences: [{{part: bush, prints: 5, file: bush.stl, sha256: "{sha256}"}}]
lines: [{{line: "1", part: bush, quantity: 1}}]
conventional: [{{part: bush, cost_per_part: 150, lead_time_weeks: 4}}]
"""


def test_an_instance_file_is_checked_with_the_design_beside_it(folder: Path) -> None:
    import amopt

    file = folder / "instance.yaml"
    file.write_text(INSTANCE.format(sha256=RIGHT))
    assert amopt.check(file) == []
    file.write_text(INSTANCE.format(sha256="0" * 64))
    (finding,) = amopt.check(file)
    assert finding.code == "design-mismatch"
    assert finding.where.file == str(file)
    assert finding.where.line == 6
    with pytest.raises(amopt.InvalidInstanceError, match="not the licensed design"):
        amopt.load(file)
    assert [found.code for found in amopt.check(amopt_data(file))] == ["design-unchecked"]


def amopt_data(file: Path) -> dict[str, object]:
    """Return the content of an instance file as plain data."""
    import yaml

    data: dict[str, object] = yaml.safe_load(file.read_text())
    return data
