"""What a stated step of a limit is worth: against a solve at each value, and by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import amopt
from amopt.errors import UsageError
from amopt.sourcing import worth_of_limits
from amopt.sourcing.worth.limits import limits_of
from amopt.sourcing.worth.steps import steps_of
from tests.conftest import Run
from tests.sourcing.program.test_pooled import covers_of_two
from tests.sourcing.random_instances import crowded
from tests.sourcing.worth.test_worth import COVERS, HOURS, only, value

STEPS = {
    "prints": 2.0,
    "machine_hours": 1.5,
    "parts": 2.0,
    "budget": 60.0,
    "need_by": 1.25,
    "latest_delivery": 0.5,
    "emission_limit": 0.3,
    "suppliers_per_line": 1.0,
    "smallest_order": 2.0,
    "largest_order": 2.0,
    "surplus": 2.0,
}


def test_eight_hours_more_are_worth_four() -> None:
    """30 hours: 1,100; 38: 1,096; 22: 1,108 (44 of alpha, 56 of beta at 12)."""
    row = only(worth_of_limits(HOURS, ["machine_hours"], steps={"machine_hours": 8}))
    assert row["step"] == 8
    assert row["worth_of_one_more"] == pytest.approx(4)
    assert row["cost_of_one_less"] == pytest.approx(44 * 10 + 56 * 12 - 1100)
    assert row["next_useful"] == 38


def test_fifty_prints_more_are_worth_what_one_is_not() -> None:
    licensed = COVERS.model_copy(update={"licences": ({"part": "cover", "prints": 250},)})
    answer = worth_of_limits(licensed, steps={"prints": 50})
    row = only(answer)
    assert row["worth_of_one_more"] == pytest.approx(1900)
    assert row["cost_of_one_less"] == 0
    assert "is worth nothing" not in " ".join(answer.headline())
    said = " ".join(worth_of_limits(licensed, steps={"prints": 20}).headline())
    assert "20 prints more is worth nothing" in said
    assert "300 saves 1,900.00" in said


def test_a_step_beyond_what_there_is_goes_to_the_end() -> None:
    """Two suppliers with 30 % each: 31 % less asks for nothing, and 71 % more cannot be."""
    both = amopt.load(
        covers_of_two(shares=[{"part": "cover", "least_suppliers": 2, "least_percent": 30}])
    )
    rows = worth_of_limits(both, ["least_part_share"], steps={"least_part_share": 71}).rows
    (row,) = rows["worth"]
    assert row["step"] == -71
    assert row["worth_of_one_more"] == row["costs"] == pytest.approx(4950 - (20 + 299 * 15))
    assert (row["one_less_possible"], row["cost_of_one_less"]) == (False, None)


@pytest.mark.long
def test_every_step_against_a_solve_at_its_value() -> None:
    looked, worth = set(), 0
    for seed in (1, 10, 12, 15, 18, 19, 20, 25):
        entry = amopt.load(crowded(seed))
        plain = value(entry)
        assert plain is not None
        limits = {limit.words: limit for limit in limits_of(entry)}
        own = sorted({limit.family for limit in limits.values()})
        steps = {family: STEPS[family] for family in own}
        near = 3e-6 * abs(plain)
        for row in worth_of_limits(entry, own, steps=steps).rows["worth"]:
            limit = limits[row["limit"]]
            assert abs(row["step"]) == steps[limit.family]
            ends = limit.low, limit.high
            more = value(limit.at(min(max(limit.stated + row["step"], ends[0]), ends[1])))
            assert more is not None
            assert row["worth_of_one_more"] == pytest.approx(plain - more, abs=near)
            worth += plain - more > near
            looked.add(limit.family)
            if not ends[0] <= limit.stated - row["step"] <= ends[1]:
                assert row["one_less_possible"] is False
                continue
            less = value(limit.at(limit.stated - row["step"]))
            assert row["one_less_possible"] is (less is not None)
            if less is not None:
                assert row["cost_of_one_less"] == pytest.approx(less - plain, abs=near)
                worth += less - plain > near
    assert looked >= {"machine_hours", "prints", "parts", "need_by", "budget"}
    assert worth >= 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["hours=3"], "there is no limit 'hours' to step"),
        (["machine_hours"], "a limit and a number"),
        (["machine_hours=many"], "a limit and a number"),
        (["machine_hours=-1"], "must be a number above 0, not -1"),
        (["machine_hours=nan"], "must be a number above 0"),
        (["machine_hours=0"], "must be a number above 0"),
        (["machine_hours=1", "machine_hours=2"], "is said twice"),
        (["suppliers_per_line=1.5"], "must be a whole number"),
        (["budget=100"], "no such limit is looked at; there are machine_hours"),
        (["suppliers=1"], "there is no limit 'suppliers' to step"),
    ],
)
def test_steps_that_cannot_be_are_told(words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        worth_of_limits(HOURS, steps=steps_of(words))


def test_the_command(tmp_path: Path, amopt_command: Callable[..., Run]) -> None:
    path = tmp_path / "hours.yaml"
    data: dict[str, Any] = HOURS.model_dump(mode="json", exclude_unset=True)
    path.write_text(yaml.safe_dump({**data, "limits": {"budget": 2000}}))
    steps = ("--step", "machine_hours=8", "--step", "budget=500")
    run = amopt_command("sourcing", "worth", path, *steps, "--json")
    assert run.code == 0, run.err
    rows = {row["family"]: row for row in run.json["tables"]["worth"]}
    assert rows["machine_hours"]["worth_of_one_more"] == pytest.approx(4)
    assert rows["budget"]["step"] == 500
    run = amopt_command("sourcing", "worth", path, "--step", "budget", "--json")
    assert run.code == 2
