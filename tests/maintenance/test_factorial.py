"""Factorials: what they vary must be there, and what is said of them is true of every variant."""

from __future__ import annotations

from typing import Any

import pytest

import amopt
from amopt.errors import InvalidInstanceError, UsageError
from amopt.maintenance import study
from amopt.report.studies.varied import document_of
from tests.maintenance.cases import small

POINTS = [{"age_days": 5.0, "survival": 0.9}, {"age_days": 15.0, "survival": 0.3}]
TABULATED = {
    **small().printed.model_dump(),
    "life": {"distribution": "tabulated", "points": POINTS},
}


@pytest.mark.parametrize(
    ("changes", "varied", "words"),
    [
        ({"printed": TABULATED}, {"printed_scale_days": [2.0, 8.0]}, "is tabulated: no scale"),
        ({"printed": None}, {"printed_scale_days": [2.0]}, "has no printed part"),
        ({"printed": None}, {"print_cost": [2.0, 8.0]}, "has no printed part"),
        ({}, {}, "the factorial has no values"),
        ({}, {"failure_cost": []}, "failure_cost has no values"),
        ({}, {"failure_cost": [1.0], "print_cost": []}, "print_cost has no values"),
        ({}, {"failure_cost": [0.0], "downtime_cost_per_day": [0.0, 1.0]}, "neither a failure nor"),
        ({"failure_cost": 0.0}, {"downtime_cost_per_day": [0.0]}, "neither a failure nor"),
        ({}, {"failure_cost": [1.0] * 400, "regular_cost": [2.0] * 400}, "160,000 variants"),
    ],
)
def test_what_varies_nothing_or_too_much_is_a_finding(
    changes: dict[str, Any], varied: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInstanceError, match=words):
        small(**changes, factorial=varied)


def test_a_variant_of_what_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match="printed_scale_days would change nothing"):
        small(printed=TABULATED).variant(printed_scale_days=8.0)
    with pytest.raises(UsageError, match="print_cost would change nothing"):
        small(printed=None).variant(print_cost=8.0)
    with pytest.raises(InvalidInstanceError, match="Did you mean 'failure_cost'"):
        small().variant(failurecost=8.0)
    with pytest.raises(InvalidInstanceError, match="failure_cost"):
        small().variant(failure_cost=-8.0)


def test_a_variant_is_the_instance_with_these_numbers() -> None:
    changes = {
        "printed_scale_days": 4.0,
        "print_cost": 1.0,
        "regular_cost": 2.0,
        "failure_cost": 3.0,
        "downtime_cost_per_day": 5.0,
    }
    own = small().to_dict()
    own["printed"]["life"]["scale_days"], own["printed"]["cost"] = 4.0, 1.0
    own["regular"]["cost"], own["failure_cost"], own["downtime_cost_per_day"] = 2.0, 3.0, 5.0
    assert small().variant(**changes) == amopt.load(own)


def test_without_a_printer_a_factorial_speaks_of_policy_b_alone() -> None:
    rows = study.variants(small(printed=None, factorial={"failure_cost": [1.0, 2.0]}))
    saved = [100 * (1 - row["best"] / row["B"]) for row in rows]
    said = study.summary(rows)
    assert said[0] == "2 variants."
    assert said[1].startswith("The best plan costs less than policy B in 2, by 2.3 % on average")
    assert sum(saved) / 2 == pytest.approx(2.3, abs=0.01)
    assert len(said) == 2


def test_savings_of_variants_that_cost_nothing_are_not_spoken_of() -> None:
    rows = [
        {"B": 0.0, "TR": 1e-15, "DA": 1e-15, "best": 0.0, "bound": 0.0},
        {"B": 4.0, "TR": 3.0, "DA": 2.0, "best": 1.0, "bound": 1.0},
    ]
    assert study.summary(rows) == [
        "2 variants.",
        "TR costs less than B in 1 of them, by 25 % on average over the 1 that cost anything.",
        "DA costs less than B in 1 of them, by 50 % on average over the 1 that cost anything.",
        "DA costs less than TR in 1 of them, by 33.33 % on average over the 1 that cost anything.",
        "The best plan costs less than the best of the three in 1, by 50 % on average over the 1 "
        "that cost anything (50 to 50 %).",
    ]
    assert study.summary(rows[:1])[1] == "TR costs less than B in 0 of them."


def test_the_page_of_variants_that_cost_nothing() -> None:
    rows = [{"B": 1.0, "TR": 1.0, "DA": 1.0, "best": best, "bound": best} for best in (0.0, 0.5)]
    (picture, _) = document_of("x", "EUR", rows, []).sections
    assert [list(one.y) for one in picture.figure.data] == [[100.0]] * 3
