"""The answers of studies, saved and read again: each is of the class that it was."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.kinds import STUDIES, solution_type

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
