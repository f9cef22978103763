"""Shipped instances by name, and the page of the findings."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import amopt
from amopt.errors import UsageError
from amopt.instance import catalogue
from amopt.instance.findings import CATALOGUE, catalogue_markdown
from tests.instance.fleet import CODES

PACKAGE = Path(amopt.__file__).parent


def test_names_lead_to_files() -> None:
    names = catalogue.names()
    assert "printing/mission" in names
    assert list(names) == sorted(names)
    for name in names:
        assert catalogue.path(name).is_file()
        assert name.split("/")[0] in amopt.KINDS


@pytest.mark.parametrize("name", catalogue.names())
def test_every_shipped_instance_is_valid(name: str) -> None:
    assert [finding for finding in amopt.check(name) if finding.severity == "error"] == []


@pytest.mark.parametrize(
    "name", ["../pyproject", "printing/../printing/mission", "/etc/passwd", "", "printing/", "\x00"]
)
def test_no_name_leads_out_of_the_shipped_folder(name: str) -> None:
    with pytest.raises(UsageError, match="ships with amopt"):
        catalogue.path(name)


def test_a_misspelt_name_is_mended() -> None:
    with pytest.raises(UsageError, match="Did you mean 'printing/mission'"):
        catalogue.path("printing/mision")


def test_the_page_holds_every_code() -> None:
    page = catalogue_markdown({"fleet": CODES})
    for code in (*CATALOGUE.values(), *CODES):
        assert page.count(f"| `{code.code}`") == 1
        assert code.meaning.replace("|", "\\|") in page
    assert "## Fleet instances" in page
    assert "| `idle-vehicle` (warning) |" in page


@pytest.mark.parametrize("kind", amopt.KINDS)
def test_the_codes_of_a_decision_are_its_own_and_those_it_names_exist(kind: str) -> None:
    module = importlib.import_module(f"amopt.{kind}.instance")
    own = {code.code for code in module.CODES}
    assert len(own) == len(module.CODES)
    assert not own & set(CATALOGUE)
    rooms = list((PACKAGE / kind).rglob("*.py"))
    known = own | set(CATALOGUE) | _written(rooms, "Code")
    assert _written(rooms, "Problem") <= known


def _written(files: list[Path], name: str) -> set[str]:
    """Return the words with which ``Code("...")`` or ``Problem("...")`` is called."""
    calls = (
        node
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
    )
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == name
        and isinstance(call.args[0], ast.Constant)
    }
