"""Screening from the command line: the answer, one part, and a table that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.errors import UsageError
from amopt.screening import solve
from amopt.screening.answer.figures import funnel

Command = Callable[..., Any]


def test_a_planner_reads_what_to_examine_and_why(amopt_command: Command) -> None:
    run = amopt_command("solve", "screening/mission")
    assert run.code == 0, run.err
    assert "Examine 5 parts" in run.out
    assert "6,047.56 EUR" in run.out
    part = amopt_command("screening", "part", "screening/mission", "9")
    assert part.code == 0, part.err
    assert "expected saving" in part.out
    row = amopt_command("screening", "part", "screening/mission", "9", "--json").json["part"][0]
    assert (row["part"], row["examine"]) == ("9", True)


def test_a_part_that_is_not_there_is_a_usage_error(amopt_command: Command) -> None:
    assert amopt_command("screening", "part", "screening/mission", "99").code == 2
    assert amopt_command("screening", "part", "printing/mission", "9").code == 2
    with pytest.raises(UsageError, match="Did you mean 'NW-0220'"):
        solve(amopt.load("screening/norwind")).part("nw 0220")


def test_what_is_wrong_with_a_table_ends_with_its_exit_code(
    amopt_command: Command, tmp_path: Path
) -> None:
    text = Path(amopt.__file__).parent.joinpath("screening/template.yaml").read_text()
    (tmp_path / "mine.yaml").write_text(text.replace("length_mm: 120", 'length_mm: "120 cm"'))
    run = amopt_command("check", "mine.yaml", "--json")
    assert run.code == 3
    (finding,) = run.json["findings"]
    assert finding["code"] == "cell-not-a-number"
    assert "write 1200" in finding["advice"]


def test_the_graph_tells_which_machine_makes_what() -> None:
    answer = solve(amopt.load("screening/norwind"))
    graph, rows = answer.graph(), answer.rows["examine"]
    assert {node for node in graph if node.startswith("part")} == {
        f"part: {row['part']}" for row in rows
    }
    made = [row for row in rows if row["machine"] == "metal printer"]
    printer = graph.nodes["machine: metal printer"]
    assert graph.in_degree("machine: metal printer") == printer["parts"] == len(made) > 0
    assert printer["effort_hours"] == sum(row["effort_hours"] for row in made)
    assert printer["expected_saving"] == sum(row["expected_saving"] for row in made)
    assert graph.graph["limits"]["hours of two engineers"] == {"used": 44.0, "at_most": 60.0}
    assert graph.graph["totals"]["examined"] == len(rows)


def test_each_step_of_the_funnel_is_of_the_parts_before_it() -> None:
    """A part of which too little is known is examined: the eligible ones are no step before."""
    pytest.importorskip("plotly")
    answer = amopt.solve(amopt.load("screening/portfolio"))
    assert {row["eligible"] for row in answer.rows["examine"]} == {"yes", "unknown"}
    (steps,) = funnel(answer).data
    (total,) = answer.rows["totals"]
    ranked = total["eligible"] + total["unknown"]
    assert list(steps.x) == [total["parts"], ranked, total["examined"]]
