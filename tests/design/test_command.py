"""The commands of design, as a planner types them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_a_factorial_as_a_table_and_as_json(amopt_command: Callable[..., Any]) -> None:
    words = ("design", "factorial", "design/factorial", "--vary", "systems=25,100")
    run = amopt_command(*words)
    assert run.code == 0, run.err
    assert "2 combinations" in run.out
    tables = amopt_command(*words, "--json").json["tables"]
    assert [row["systems"] for row in tables["points"]] == [25, 100]


def test_what_cannot_be_varied_is_said(amopt_command: Callable[..., Any]) -> None:
    run = amopt_command("design", "factorial", "design/factorial", "--vary", "sistems=25")
    assert run.code == 2
    assert "Did you mean 'systems'" in run.err
    run = amopt_command("design", "factorial", "printing/mission", "--vary", "systems=25")
    assert run.code == 2
    assert "this is for design only" in run.err
