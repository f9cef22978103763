"""The page of the decision names every field, attribute, method, table and constraint."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from amopt.screening import formulation
from amopt.screening.answer.solution import ScreeningSolution
from amopt.screening.decision import METHODS
from amopt.screening.instance import ATTRIBUTES, ScreeningInstance, entries

PAGE = Path(__file__).parents[2] / "docs" / "decisions" / "screening.md"
PASSPORT = {"amopt", "kind", "name", "source", "currency"}


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_field_is_explained(page: str) -> None:
    models = [getattr(entries, name) for name in entries.__all__]
    for model in (ScreeningInstance, *models):
        assert issubclass(model, BaseModel)
        for name, field in model.model_fields.items():
            assert name in PASSPORT or f"`{field.alias or name}`" in page, (model, name)


def test_every_attribute_is_explained(page: str) -> None:
    for attribute in ATTRIBUTES:
        assert f"`{attribute.name}`" in page, attribute.name


def test_every_method_and_every_table_is_named(page: str) -> None:
    for name in (*METHODS, *ScreeningSolution.columns):
        assert f"`{name}`" in page or f"--method {name}" in page, name


def test_every_constraint_family_is_pulled_from_the_code(page: str) -> None:
    for name in {name for name in dir(formulation) if name.startswith("add_")}:
        assert name in ("add_sets", "add_variables") or f"formulation.{name}" in page, name
