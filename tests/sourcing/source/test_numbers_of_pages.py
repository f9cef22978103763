"""Numbers in the prose of sourcing's pages: worked out again from the files of the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.errors import InfeasibleError
from tests.conftest import ROOT, Run
from tests.test_docs import STEPS, write_block

MONDAY = ROOT / "docs" / "monday.md"


def test_what_monday_says(tmp_path: Path, amopt_command: Callable[..., Run]) -> None:
    """The budget that would do, what it then costs, and what became of it a week later."""
    text = MONDAY.read_text(encoding="utf-8")
    for language, name, body in STEPS.findall(text):
        if name:
            write_block(tmp_path / name, body, changes=language == "diff")
        for line in body.splitlines() if language == "console" else ():
            if line.startswith("$ amopt sourcing quotes"):
                assert amopt_command(*line[2:].split()[1:]).code == 0
    with pytest.raises(InfeasibleError) as error:
        amopt.solve(amopt.load(tmp_path / "monday.yaml"))
    (needed,) = re.findall(r"Raise the budget to ([\d,.]+) EUR", text)
    assert f"Raise the budget to {needed} EUR" in str(error.value)
    before: Any = amopt.solve(amopt.load(tmp_path / "raised.yaml"))
    after: Any = amopt.solve(amopt.load(tmp_path / "next.yaml"))
    cost = [one.rows["totals"][0]["cost"] for one in (before, after)]
    assert cost[0] >= float(needed.replace(",", "")) - 0.05  # the least that any plan costs
    (more,) = re.findall(r"the plan costs ([\d.]+) EUR more", text)
    assert cost[1] - cost[0] == pytest.approx(float(more), abs=0.01)
    nozzles = [
        {r["supplier"]: r["quantity"] for r in one.rows["purchase_orders"] if r["part"] == "nozzle"}
        for one in (before, after)
    ]
    assert nozzles == [{"beta": 140}, {"epsilon": 140}]
