"""What cannot be written is refused before anything is read or solved, by every command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amopt import decisions, kinds

PAGE = ("--html", "nowhere/page.html")
OUT = ("--out", "taken/answer")
XLSX = ("--xlsx", "nowhere/book.xlsx")
MAP = ("--x", "transport=1,2", "--y", "demand=1,2")
LICENCES = ("--x", "price_ratio=1,2", "--y", "setup_ratio=1,2")
SWEEP = ("--vary", "parts.*.print_cost=1x,2x")

COMMANDS: list[tuple[str, ...]] = [
    ("solve", "printing/mission", *PAGE),
    ("solve", "printing/mission", *OUT),
    ("solve", "printing/mission", "--write-lp", "nowhere/model.lp"),
    ("show", "printing/mission", *PAGE),
    ("compare", "printing/mission", "printing/mission-fitted", *PAGE),
    ("sensitivity", "printing/mission", *PAGE),
    ("alternatives", "placement/textbook", *PAGE),
    ("reproduce", "akmal-2022", *PAGE),
    ("sweep", "printing/mission", *SWEEP, *PAGE),
    ("sweep", "printing/mission", *SWEEP, "--table", "nowhere/table.csv"),
    ("convert", "mine.yaml", "nowhere/mine.json"),
    ("convert", "mine.txt", "nowhere/mine.json", "--from", "orlib-cap"),
    ("convert", "model", "nowhere/mine.json", "--from", "anura"),
    ("convert", "placement/textbook", "nowhere/plan.geojson", "--to", "graph"),
    ("convert", "placement/textbook", "taken/tables", "--to", "anura"),
    ("printing", "uncertainty", "printing/mission", *OUT),
    ("printing", "simulate", "printing/mission", *PAGE),
    ("printing", "curve", "printing/mission", "weight", "1", *PAGE),
    ("printing", "table", "printing/mission", "parts.csv", "--out", "nowhere/plans.csv"),
    ("sourcing", "frontier", "sourcing/bush", *OUT),
    ("sourcing", "pareto", "sourcing/bush", *PAGE),
    ("sourcing", "worth", "sourcing/bush", *OUT),
    ("sourcing", "ranges", "sourcing/bush", *PAGE),
    ("sourcing", "replay", "sourcing/dynamic", "sourcing/dynamic-events", *OUT),
    ("sourcing", "quotes", "sourcing/bush", "--freeze", "nowhere/frozen.yaml"),
    ("sourcing", "orders", "answer", "--out", "taken/orders"),
    ("placement", "map", "placement/textbook", *MAP, *OUT),
    ("placement", "hand-over", "placement/norwind", "printing/norwind", "nowhere"),
    ("screening", "hand-over", "screening/norwind", "printing/norwind", "nowhere/mine.yaml"),
    ("design", "factorial", "design/pump-unit", "--vary", "part_cost=1,2", *OUT),
    ("licensing", "map", "licensing/two-buyers", *LICENCES, *PAGE),
    ("maintenance", "factorial", "maintenance/factorial", *PAGE),
    ("mdp", "solve", "process.npz", *OUT),
    ("mdp", "export", "printing/mission", "1", "--format", "npz", "--to", "nowhere/one.npz"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_what_cannot_be_written_is_refused_before_the_work(
    words: tuple[str, ...], tmp_path: Path, amopt_command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: Any, **__: Any) -> Any:
        raise AssertionError("it was read")

    for room in (decisions, kinds):
        for name in ("load", "load_of", "load_solution"):
            monkeypatch.setattr(room, name, work, raising=False)
    (tmp_path / "taken").write_text("a file, no folder")
    run = amopt_command(*words)
    assert run.code == 2, run.err
    assert "nowhere" in run.err or "taken" in run.err, run.err
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["taken"]


LONG = "x" * 300
UNREADABLE: list[tuple[str, ...]] = [
    ("compare", LONG, LONG),
    ("convert", LONG, "mine.json", "--from", "anura"),
    ("sourcing", "orders", LONG, "--out", "orders"),
    ("sourcing", "commit", LONG, "--register", "register.sqlite"),
    ("solve", "sourcing/bush", "--register", LONG),
    ("new", "printing", LONG),
]


@pytest.mark.parametrize("words", UNREADABLE, ids=lambda words: " ".join(words[:2]))
def test_what_the_system_refuses_is_told_with_the_name_of_the_file(
    words: tuple[str, ...], amopt_command: Any
) -> None:
    """A name that is too long: not taken for standard output that takes no more."""
    run = amopt_command(*words)
    assert run.code in (2, 3), run.err
    assert "cannot write the answer" not in run.err
    assert "too long" in run.err
    assert LONG[:40] in run.err


@pytest.mark.parametrize("name", ["mine.yaml", "mine.json", "mine"])
def test_an_answer_does_not_take_the_place_of_its_instance(
    name: str, tmp_path: Path, amopt_command: Any
) -> None:
    """A page written over the file that was asked about would be the end of it."""
    instance = tmp_path / name
    instance.write_text("amopt: 1\nkind: printing\n")
    run = amopt_command("solve", "printing/textbook", "--html", name)
    assert run.code == 2
    assert "page" in run.err or ".html" in run.err
    assert instance.read_text() == "amopt: 1\nkind: printing\n"


def test_a_workbook_of_an_answer_does_not_take_the_place_of_its_instance(
    tmp_path: Path, amopt_command: Any
) -> None:
    pytest.importorskip("openpyxl")
    assert amopt_command("convert", "placement/textbook", "mine.xlsx").code == 0
    before = (tmp_path / "mine.xlsx").read_bytes()
    run = amopt_command("solve", "mine.xlsx", "--xlsx", "mine.xlsx")
    assert run.code == 2
    assert "holds an instance" in run.err
    assert (tmp_path / "mine.xlsx").read_bytes() == before
    (tmp_path / "other.xlsx").write_text("no workbook")
    assert amopt_command("solve", "mine.xlsx", "--xlsx", "other.xlsx").code == 2
    for _ in range(2):  # an answer may take the place of an earlier one
        run = amopt_command("solve", "mine.xlsx", "--xlsx", "answer.xlsx", "--html", "page.html")
        assert run.code == 0, run.err
