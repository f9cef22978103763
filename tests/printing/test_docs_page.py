"""The page of the decision names every field and every column that a planner meets."""

from __future__ import annotations

from pathlib import Path

import pytest

import amopt
from amopt.printing import formulation
from amopt.printing.answer.solution import PrintingSolution
from amopt.printing.decision import METHODS
from amopt.printing.instance import Part, PrintingInstance, System

PAGE = Path(__file__).parents[2] / "docs" / "decisions" / "printing.md"
PASSPORT = {"amopt", "kind", "name", "source", "currency"}


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_field_is_explained(page: str) -> None:
    for model in (PrintingInstance, System, Part):
        for field in set(model.model_fields) - PASSPORT:
            assert f"`{field}`" in page, field


def test_every_column_of_the_parts_is_explained(page: str) -> None:
    for column in PrintingSolution.columns["parts"]:
        named = f"`{column.name}`" in page or column.name.startswith("single_source_")
        assert named or column.name in {"part", "systems"}, column.name


def test_every_method_and_every_table_is_named(page: str) -> None:
    for name in (*METHODS, *PrintingSolution.columns):
        assert f"`{name}`" in page, name


def test_every_constraint_family_is_pulled_from_the_code(page: str) -> None:
    families = [name for name in dir(formulation) if name.startswith("add_")]
    for name in set(families) - {"add_sets", "add_variables"}:
        assert f"amopt.printing.formulation.{name}" in page, name


@pytest.mark.long
def test_the_worth_of_the_printer_among_convoys_is_what_the_command_finds(page: str) -> None:
    from amopt.printing.convoys.answer import convoys

    table = page.partition("| replenishments that come |")[2].partition("\n\n")[0]
    printed = [
        [float(cell.strip(" %").replace(",", "").replace("all", "100")) for cell in row]
        for row in (line.strip("|").split("|") for line in table.splitlines()[2:])
    ]
    assert len(printed) == 11
    found = convoys(amopt.load("printing/mission")).rows["worth"]
    by_chance = {round(100 * row["arrival_probability"]): row for row in found}
    for chance, *numbers in printed:
        row = dict(by_chance[chance])
        row.pop("arrival_probability")
        assert numbers == [round(value) for value in row.values()]
