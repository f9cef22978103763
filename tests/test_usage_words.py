"""What a call says that cannot be carried out, in the caller's own words."""

from __future__ import annotations

import copy

import pytest
from typer.testing import CliRunner

import amopt
from amopt.cli import app
from amopt.errors import UsageError


@pytest.mark.parametrize(
    "name", ["placement/textbook", "sourcing/hangbar", "printing/table-3-1", "design/factorial"]
)
def test_an_extension_that_is_no_function_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"extend is a function that takes the Pyomo model.*not 3"):
        amopt.solve(amopt.load(name), extend=3)


def test_options_of_one_decision_are_refused_by_their_names_on_the_command_line() -> None:
    for arguments, words in (
        (["sourcing/hangbar", "--no-forms"], "--no-forms is for placement; this is a sourcing"),
        (["printing/table-3-1", "--register", "r"], "--register is for sourcing; this is a print"),
    ):
        result = CliRunner().invoke(app, ["solve", *arguments])
        assert result.exit_code != 0
        said = " ".join(f"{result.output} {result.exception}".split())
        assert words in said


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_number_in_a_field_that_must_be_there_is_not_left_out(value: float) -> None:
    data = copy.deepcopy(amopt.load("printing/table-3-1").to_dict())
    data["parts"][0]["order_cost"] = value
    (finding,) = amopt.check(data)
    assert (finding.code, finding.advice) == ("not-finite", "Write a number.")
    data["parts"][0]["order_cost"] = 1.0
    data["parts"][0]["print_cost"] = value
    assert "Write a number, or leave the key out." in {one.advice for one in amopt.check(data)}
