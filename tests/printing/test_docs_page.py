"""The page of the decision names every field and every column that a planner meets."""

from __future__ import annotations

from pathlib import Path

import pytest

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
