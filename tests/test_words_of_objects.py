"""Instances and answers say what they are in a few words."""

from __future__ import annotations

import pytest

import amopt
from amopt.instance.findings import Severity
from amopt.solution import Solution, _cell

NAMES = (
    "printing/mission",
    "sourcing/hangbar",
    "placement/aircraft-today",
    "design/pump-unit",
    "licensing/ten-buyers",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_repr_is_short_and_says_what_it_is(name: str) -> None:
    instance = amopt.load(name)
    solution = amopt.solve(instance)
    for one in (instance, solution):
        assert len(repr(one)) < 500
        assert str(one) == repr(one)
        assert instance.kind in repr(one)
        assert instance.name[:20] in repr(one)
        assert "\n" not in repr(one)
        assert len(one._repr_html_()) < 5000
    assert "optimal" in repr(solution)
    long = instance.model_copy(update={"name": "<b>" + "x" * 190})
    assert len(repr(long)) < 500
    assert "<b>" not in long._repr_html_()
    assert type(solution).__repr__ is Solution.__repr__


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@a", "\tx", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20a",
             "\ufe661", "\ufe621", "\ufe631", "\ufe6ba", "\u22121", " =1", "\u00a0=1"]
)  # fmt: skip
def test_no_width_of_a_sign_begins_a_formula(name: str) -> None:
    assert _cell(name) == "'" + name


def test_what_is_no_formula_stays_as_it_is() -> None:
    for value in ("a=1", "van", "", "5", -1.5, None, "Ж"):
        assert _cell(value) == value


def test_a_file_without_lines_is_said_and_the_answer_tells() -> None:
    data = {**amopt.load("sourcing/hangbar").to_dict(), "lines": []}
    (finding,) = amopt.check(data)
    assert (finding.code, finding.severity) == ("nothing-to-order", Severity.WARNING)
    assert any("nothing-to-order" in note for note in amopt.solve(amopt.load(data)).notes)
