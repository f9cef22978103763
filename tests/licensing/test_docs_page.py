"""The page of the decision names every field and every column that a planner meets."""

from __future__ import annotations

from pathlib import Path

import pytest

from amopt.licensing import formulation
from amopt.licensing.answer.solution import LicensingSolution
from amopt.licensing.decision import METHODS
from amopt.licensing.forms import FORMS
from amopt.licensing.instance import (
    Buyer,
    LicensingInstance,
    Limits,
    Printer,
    Printing,
    Traditional,
)
from amopt.licensing.map import PARAMETERS

PAGE = Path(__file__).parents[2] / "docs" / "decisions" / "licensing.md"
PASSPORT = {"amopt", "kind", "name", "source", "currency"}


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_field_is_explained(page: str) -> None:
    for model in (LicensingInstance, Traditional, Printing, Printer, Buyer, Limits):
        for field in set(model.model_fields) - PASSPORT:
            assert f"`{field}`" in page, field


def test_every_column_is_explained(page: str) -> None:
    plain = {"contract", "fee", "royalty", "licensees", "buyer", "printer", "profit", "limit"}
    for table, columns in LicensingSolution.columns.items():
        for column in columns:
            assert f"`{column.name}`" in page or column.name in plain, (table, column.name)


def test_every_method_table_form_and_parameter_is_named(page: str) -> None:
    for name in (*METHODS, *LicensingSolution.columns, *PARAMETERS):
        assert f"`{name}`" in page, name
    for form in FORMS:
        assert form in page, form


def test_every_constraint_family_is_pulled_from_the_code(page: str) -> None:
    families = [name for name in dir(formulation) if name.startswith("add_")]
    for name in set(families) - {"add_sets", "add_variables"}:
        assert f"amopt.licensing.formulation.{name}" in page, name
