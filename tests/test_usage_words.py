"""What a call says that cannot be carried out, in the caller's own words."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from typer.testing import CliRunner

import amopt
from amopt.cli import app
from amopt.errors import UsageError
from amopt.program.solver.options import Options


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


@pytest.mark.parametrize("source", [3, None, "", ["printing/mission"]])
def test_what_is_no_file_name_or_mapping_is_refused(source: Any) -> None:
    for call in (amopt.load, amopt.check):
        with pytest.raises(UsageError, match="name a file or a shipped instance, or give"):
            call(source)


def test_calls_of_the_public_door_are_refused_in_words() -> None:
    instance = amopt.load("printing/table-3-1")
    for call, words in (
        (lambda: amopt.solve(instance, options=Options()), "given one by one, not as options"),
        (lambda: amopt.solve(instance, method=["closed"]), "asked for by its name, not ['closed']"),
        (lambda: amopt.formulate(instance, colour="red"), "printing has no option 'colour'"),
        (lambda: amopt.formulate("printing/mission"), "takes an instance, not str"),
    ):
        with pytest.raises(UsageError) as refused:
            call()
        assert words in str(refused.value)
