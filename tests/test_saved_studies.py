"""The answers of studies, saved and read again: each is of the class that it was."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import amopt
from amopt.kinds import STUDIES, WITHOUT, solution_type

MAP = ("--x", "transport=1,20", "--y", "machine_price=1,1000")
LICENCES = ("--x", "price_ratio=1,1.2", "--y", "setup_ratio=0.5,1")

COMMANDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("printing", "distributions"): ("printing", "simulate", "printing/mission", "--cycles", "99"),
    ("printing", "worth"): ("printing", "convoys", "printing/mission"),
    ("sourcing", "worth"): ("sourcing", "worth", "sourcing/bush"),
    ("sourcing", "ranges"): ("sourcing", "ranges", "sourcing/bush"),
    ("sourcing", "steps"): (
        "sourcing",
        "replay",
        "sourcing/dynamic",
        "sourcing/dynamic-events",
    ),
    ("sourcing", "answers"): ("sourcing", "pareto", "sourcing/bush"),
    ("placement", "axes"): ("placement", "map", "placement/textbook", *MAP),
    ("licensing", "axes"): ("licensing", "map", "licensing/two-buyers", *LICENCES),
    ("design", "points"): ("design", "factorial", "design/pump-unit", "--vary", "part_cost=1,9"),
}


@pytest.mark.parametrize("study", COMMANDS)
def test_a_study_that_was_saved_is_read_as_what_it_is(
    study: tuple[str, str], tmp_path: Path, amopt_command: Any
) -> None:
    run = amopt_command(*COMMANDS[study], "--out", "answer", "--json")
    assert run.code == 0, run.err
    read = amopt.load_solution(tmp_path / "answer")
    room, name = STUDIES[study]
    assert type(read) is getattr(importlib.import_module(room), name)
    assert read.headline()
    assert read.to_dict() == run.json


def test_no_answer_of_a_decision_has_the_table_of_a_study() -> None:
    for (kind, table), (room, name) in STUDIES.items():
        assert table not in solution_type(kind).columns
        own = getattr(importlib.import_module(room), name)
        assert table in own.columns
        assert solution_type(kind, own.columns) is own


def test_an_answer_of_very_many_parts_is_read_as_what_it_is(
    tmp_path: Path, amopt_command: Any
) -> None:
    """It has less than the answer of an instance; compared, written again, and as JSON without."""
    from amopt.printing.many.answer import ManySolution, solve_table, write_table

    parts = amopt.load("printing/mission").to_dict()["parts"]
    pd.DataFrame(parts).to_csv(tmp_path / "parts.csv", index=False)
    answer = solve_table(amopt.load("printing/mission"), tmp_path / "parts.csv")
    for name in ("before", "after"):
        answer.save(tmp_path / name)
    read = amopt.load_solution(tmp_path / "before")
    assert type(read) is ManySolution
    assert read.headline() == answer.headline()
    assert read.to_dict() == answer.to_dict()
    run = amopt_command("compare", "before", "after")
    assert run.code == 0, run.err
    for one, name in ((answer, "first.csv"), (read, "second.csv")):
        write_table(one, tmp_path / name)
    assert (tmp_path / "first.csv").read_text() == (tmp_path / "second.csv").read_text()
    (tmp_path / "told.json").write_text(answer.summary().to_json())
    assert type(amopt.load_solution(tmp_path / "told.json")) is ManySolution


def test_an_answer_that_lacks_a_table_is_told_by_what_all_others_have() -> None:
    for (kind, table), (room, name) in WITHOUT.items():
        own = getattr(importlib.import_module(room), name)
        others = {one for (of, _), one in STUDIES.items() if of == kind}
        assert table in solution_type(kind).columns
        assert table not in own.columns
        assert (room, name) not in others
        assert solution_type(kind, own.columns) is own
