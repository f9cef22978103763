"""Maps over two parameters."""

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib import import_module
from multiprocessing import get_context

import pytest

import amopt
from amopt.errors import UsageError
from amopt.outcome import Stopped
from amopt.placement import SENSITIVITIES, map_forms
from amopt.placement.answer import figures
from amopt.placement.sensitivity import axis, scaled


def test_the_textbook_s_map_has_all_winners():
    instance = amopt.load("placement/textbook")
    found = map_forms(instance, x=("transport", [0.1, 1, 20]), y=("machine_price", [1, 1000]))
    rows = found.rows["map"]
    winner = {(row["x"], row["y"]): row["winner"] for row in rows}
    assert winner[1, 1] == "central"
    assert winner[20, 1] == "distributed"
    assert winner[1, 1000] == "conventional"
    assert [(row["x"], row["y"]) for row in rows[:2]] == [(0.1, 1), (1, 1)]
    by_hand = next(row for row in rows if (row["x"], row["y"]) == (1, 1))
    assert by_hand["central"] == pytest.approx(2980)
    assert by_hand["distributed"] == pytest.approx(3380)
    assert found.headline() == (
        "Of 6 points with transport x 0.1 to 20 and machine_price x 1 to 1000: conventional at 3, "
        "central at 2 and distributed at 1.",
    )
    assert (found.outcome.status, found.verdict.accepted) == ("optimal", True)
    assert json.loads(found.to_json())["tables"]["axes"][0]["parameter"] == "transport"


def test_any_executor_gives_the_same_map():
    instance = amopt.load("placement/textbook")
    axes = {"x": ("demand", [0.5, 1]), "y": ("operators", [1, 3])}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        elsewhere = map_forms(instance, **axes, executor=executor)
    assert elsewhere.rows == map_forms(instance, **axes).rows


@pytest.mark.parametrize("parameter", SENSITIVITIES)
def test_a_factor_of_one_changes_nothing(parameter):
    for name in ("placement/textbook", "placement/aircraft-today", "placement/mobile-factory"):
        instance = amopt.load(name)
        assert scaled(instance, parameter, 1.0) == instance


def test_wrong_parameters_are_refused():
    instance = amopt.load("placement/textbook")
    with pytest.raises(UsageError, match="no parameter 'luck'"):
        scaled(instance, "luck", 1.0)
    with pytest.raises(UsageError, match="0 or more"):
        scaled(instance, "demand", -1.0)
    with pytest.raises(UsageError, match="above 0"):
        scaled(instance, "demand", 0.0)
    with pytest.raises(UsageError, match="no factors of 'demand'"):
        map_forms(instance, x=("demand", []), y=("transport", [1]))
    with pytest.raises(UsageError, match="needs demand"):
        map_forms(amopt.load("placement/orders"), x=("demand", [1]), y=("transport", [1]))
    with pytest.raises(UsageError, match="two different"):
        map_forms(instance, x=("demand", [1]), y=("demand", [1]))


def test_axes_are_read_from_a_text():
    assert axis("machine_price=0.1, 1,10") == ("machine_price", [0.1, 1, 10])
    for text in ("machine_price", "machine_price=", "machine_price=a", "demand=1,,2", "=1"):
        with pytest.raises(UsageError):
            axis(text)
    for text in ("luck=1", "demand=-1", "demand=nan", "demand=0"):
        with pytest.raises(UsageError, match=r"parameter|factor"):
            axis(text)


def test_points_without_a_plan_are_told():
    textbook = amopt.load("placement/textbook")
    poor = textbook.model_copy(
        update={"limits": textbook.limits.model_copy(update={"budget": 2990.0})}
    )
    found = map_forms(poor, x=("machine_price", [1, 2]), y=("demand", [1]))
    assert [row["winner"] for row in found.rows["map"]] == ["central", None]
    assert found.outcome.status == "optimal"
    assert "1 point no plan" in found.notes[0]


def test_the_figure_shows_the_winners():
    found = map_forms(
        amopt.load("placement/textbook"), x=("transport", [1, 20]), y=("machine_price", [1, 1000])
    )
    (drawn,) = figures.map_figure(found).data
    names = dict(zip(drawn.colorbar.tickvals, drawn.colorbar.ticktext, strict=True))
    assert [[names[field] for field in row] for row in drawn.z] == [
        ["central", "distributed"],
        ["conventional", "conventional"],
    ]
    assert list(figures.figures(amopt.load("placement/textbook"), found)) == [
        "Which form wins where"
    ]


@pytest.mark.parametrize("with_a_plan", [True, False])
def test_ctrl_c_leaves_the_points_that_are_done(monkeypatch, with_a_plan):
    """The point at hand has the best plan until then: which form wins there is not known."""
    module = import_module("amopt.placement.map")
    honest, calls = module.solve, []

    def interrupted(*args, **options):
        found = honest(*args, **options)
        calls.append(found)
        if len(calls) % 3:
            return found
        if not with_a_plan:
            raise KeyboardInterrupt
        outcome = replace(found.outcome, stopped=Stopped.INTERRUPTED, status="feasible")
        return replace(found, outcome=outcome)

    monkeypatch.setattr(module, "solve", interrupted)
    axes = {"x": ("transport", [1, 20]), "y": ("machine_price", [1, 1000])}
    textbook = amopt.load("placement/textbook")
    found = map_forms(textbook, **axes)
    winners = [row["winner"] for row in found.rows["map"]]
    assert winners == ["central", "distributed", *(["not known"] if with_a_plan else [])]
    assert len(calls) == 3
    assert (found.outcome.stopped, found.outcome.status) == ("interrupted", "feasible")
    more = ", and 1 more has its best until then" if with_a_plan else ""
    assert found.notes[0] == f"Ctrl-C ended it: 2 of 4 points are done{more}."
    (drawn,) = figures.map_figure(found).data
    names = dict(zip(drawn.colorbar.tickvals, drawn.colorbar.ticktext, strict=True))
    assert names[drawn.z[0][1]] == "distributed"
    assert not with_a_plan or [names[field] for field in drawn.z[1]] == ["not known"] * 2
    calls[:] = calls[:2]
    if not with_a_plan:
        with pytest.raises(KeyboardInterrupt):
            map_forms(textbook, **axes)
