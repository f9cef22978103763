"""Where quotes fail to cover what is needed, the message says how to have a plan all the same."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.errors import InfeasibleError, InvalidInstanceError
from tests.conftest import Run

NEED: dict[str, Any] = {
    "amopt": 1,
    "kind": "sourcing",
    "name": "Bushes and nuts",
    "parts": [{"name": "bush"}, {"name": "nut"}],
    "lines": [
        {"line": "1", "part": "bush", "quantity": 100},
        {"line": "2", "part": "nut", "quantity": 10},
    ],
    "offers": [
        {
            "supplier": "alpha",
            "part": "bush",
            "quotes": [
                {"quantity": 1, "cost_per_part": 5, "lead_time_weeks": 1},
                {"quantity": 60, "cost_per_part": 4, "lead_time_weeks": 1},
            ],
        }
    ],
    "conventional": [{"part": "nut", "cost_per_part": 2, "lead_time_weeks": 3}],
}


def need(*, penalty: float | None = None, **change: Any) -> dict[str, Any]:
    data = copy.deepcopy(NEED) | change
    for line in data["lines"] if penalty else ():
        line["unmet_penalty_per_part"] = penalty
    return data


def test_a_plan_that_covers_what_it_can_is_named_and_is_one() -> None:
    """60 of 100 bushes at 4, 10 nuts at 2, and 40 bushes at a penalty of 9."""
    with pytest.raises(InfeasibleError, match=r"to 100 parts\.") as error:
        amopt.solve(amopt.load(need()))
    assert "unmet_penalty_per_part" in error.value.__notes__[0]
    answer = amopt.solve(amopt.load(need(penalty=9)))
    assert answer.outcome.objective == pytest.approx(60 * 4 + 10 * 2 + 40 * 9)


def test_a_part_that_nobody_quotes_may_go_short() -> None:
    data = need(conventional=[])
    with pytest.raises(InvalidInstanceError, match="unmet_penalty_per_part on the line"):
        amopt.load(data)
    for unquoted in ([], [{"supplier": "beta", "part": "nut", "why": "nobody was asked"}]):
        said = "of which no quotes hold" if unquoted else "which nobody offers or makes"
        with pytest.raises(InvalidInstanceError, match=said):
            amopt.load({**data, "unquoted": unquoted})
        answer = amopt.solve(amopt.load({**need(penalty=9, conventional=[]), "unquoted": unquoted}))
        assert answer.outcome.objective == pytest.approx(60 * 4 + 40 * 9 + 10 * 9)
        assert [row["unmet"] for row in answer.rows["lines"]] == [40, 10]
    answer = amopt.solve(amopt.load(need(penalty=9, conventional=[], offers=[])))
    assert answer.outcome.objective == pytest.approx(110 * 9)


def test_it_is_not_named_where_it_would_not_do() -> None:
    """Committed orders are beyond the budget whatever is not supplied; so are shares of a part."""
    order = {"line": "2", "supplier": "conventional", "quantity": 10, "cost": 20, "weeks": 3}
    share = {"part": "bush", "least_suppliers": 1, "least_percent": 80}
    for change in (
        {"committed": [order], "limits": {"budget": 5}},
        {"shares": [share]},
    ):
        with pytest.raises(InfeasibleError) as error:
            amopt.solve(amopt.load(need(**change)))
        assert not hasattr(error.value, "__notes__")


def test_the_command_says_it(tmp_path: Path, amopt_command: Callable[..., Run]) -> None:
    file = tmp_path / "need.json"
    expired = {**NEED["offers"][0], "valid_to": "2026-04-30"}
    file.write_text(json.dumps(need(offers=[expired], order_date="2026-05-01")))
    run = amopt_command("solve", file)
    assert run.code == 4
    said = " ".join(run.err.split())
    assert "alpha: held until 2026-04-30" in said
    assert "Or state what a part that is not supplied costs, unmet_penalty_per_part on" in said
    (note,) = amopt_command("solve", file, "--json").json["error"]["notes"]
    assert note.startswith("Or state what a part")
