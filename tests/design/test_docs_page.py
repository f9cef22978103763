"""The page of the decision names every field and every column that a planner meets."""

from __future__ import annotations

from pathlib import Path

import pytest

from amopt.design import formulation
from amopt.design.answer.solution import DesignSolution
from amopt.design.decision import METHODS
from amopt.design.factorials import PARAMETERS
from amopt.design.instance import (
    Accounting,
    Component,
    DesignInstance,
    InstalledBase,
    Limits,
    Version,
)

PAGE = Path(__file__).parents[2] / "docs" / "decisions" / "design.md"
PASSPORT = {"amopt", "kind", "name", "source", "currency"}


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_field_is_explained(page: str) -> None:
    for model in (DesignInstance, InstalledBase, Accounting, Component, Version, Limits):
        for field in set(model.model_fields) - PASSPORT:
            assert f"`{field}`" in page, field


def test_every_column_of_the_bill_and_of_the_break_even_points_is_explained(page: str) -> None:
    known = {"component", "version", "against", "made", "chosen", "printed"}
    for table in ("components", "break_even"):
        for column in DesignSolution.columns[table]:
            assert f"`{column.name}`" in page or column.name in known, column.name


def test_every_method_table_and_parameter_is_named(page: str) -> None:
    for name in (*METHODS, *DesignSolution.columns, *PARAMETERS):
        assert f"`{name}`" in page, name


def test_every_constraint_family_is_pulled_from_the_code(page: str) -> None:
    families = [name for name in dir(formulation) if name.startswith("add_")]
    for name in set(families) - {"add_sets", "add_variables"}:
        assert f"amopt.design.formulation.{name}" in page, name
