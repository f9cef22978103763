"""Maps over two parameters."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import amopt
from amopt.errors import UsageError
from amopt.placement import KNOBS, map_forms
from amopt.placement.map import turned


def test_the_textbook_s_map_has_all_winners():
    instance = amopt.load("placement/textbook")
    rows = map_forms(instance, x=("transport", [0.1, 1, 20]), y=("machine_price", [1, 1000]))
    winner = {(row["transport"], row["machine_price"]): row["winner"] for row in rows}
    assert winner[1, 1] == "central"
    assert winner[20, 1] == "distributed"
    assert winner[1, 1000] == "conventional"
    assert [(row["transport"], row["machine_price"]) for row in rows[:2]] == [(0.1, 1), (1, 1)]
    by_hand = next(row for row in rows if (row["transport"], row["machine_price"]) == (1, 1))
    assert by_hand["central"] == pytest.approx(2980)
    assert by_hand["distributed"] == pytest.approx(3380)


def test_any_executor_gives_the_same_map():
    instance = amopt.load("placement/textbook")
    axes = {"x": ("demand", [0.5, 1]), "y": ("operators", [1, 3])}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        assert map_forms(instance, **axes, executor=executor) == map_forms(instance, **axes)


@pytest.mark.parametrize("knob", KNOBS)
def test_a_factor_of_one_changes_nothing(knob):
    for name in ("placement/textbook", "placement/aircraft-today", "placement/mobile-factory"):
        instance = amopt.load(name)
        assert turned(instance, knob, 1.0) == instance


def test_wrong_knobs_are_refused():
    instance = amopt.load("placement/textbook")
    with pytest.raises(UsageError, match="no knob 'luck'"):
        turned(instance, "luck", 1.0)
    with pytest.raises(UsageError, match="0 or more"):
        turned(instance, "demand", -1.0)
    with pytest.raises(UsageError, match="two different"):
        map_forms(instance, x=("demand", [1]), y=("demand", [1]))
