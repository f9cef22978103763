"""What limits are worth where not every solve ends: nothing is told that was not worked out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.errors import NoAnswerError
from amopt.outcome import Outcome, Status, Stopped
from amopt.program.solver.run import TwiceInterruptedError
from amopt.program.time import Budget
from amopt.sourcing import decision, price_ranges, worth_of_limits
from tests.sourcing.program.test_pooled import covers_and_brackets
from tests.sourcing.worth.test_worth import COVERS, HOURS, file, offer

Cut = Callable[[Any, Any], Any]


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Return what cuts the solves short from the one with a number on, in a way of its own."""
    honest = decision.solve

    def patched(after: int, way: Cut, *, only: bool = False) -> list[Any]:
        made: list[Any] = []

        def solve(instance: Any, **more: Any) -> Any:
            made.append(instance)
            if len(made) <= after or (only and len(made) > after + 1):
                return honest(instance, **more)
            return way(honest, (instance, more))

        monkeypatch.setattr(decision, "solve", solve)
        return made

    return patched


def no_answer(_honest: Any, _asked: Any) -> Any:
    outcome = Outcome(stopped=Stopped.TIME_LIMIT, status=Status.UNKNOWN)
    raise NoAnswerError("no plan was found", outcome=outcome)


def with_a_gap(honest: Any, asked: Any) -> Any:
    instance, more = asked
    found = honest(instance, **more)
    bound = 0.5 * found.outcome.objective
    return replace(found, outcome=replace(found.outcome, status=Status.FEASIBLE, bound=bound))


def interrupted(honest: Any, asked: Any) -> Any:
    found = with_a_gap(honest, asked)
    return replace(found, outcome=replace(found.outcome, stopped=Stopped.INTERRUPTED))


def pressed(_honest: Any, _asked: Any) -> Any:
    raise KeyboardInterrupt


def interrupted_without_a_plan(_honest: Any, _asked: Any) -> Any:
    outcome = Outcome(stopped=Stopped.INTERRUPTED, status=Status.UNKNOWN)
    raise NoAnswerError("no plan was found", outcome=outcome)


def of_three_limits() -> Any:
    """Return 100 covers in 30 machine hours of alpha and 60 parts of beta, gamma at any price."""
    return file(
        offer("alpha", (1, 10), machine_hours_per_part=0.5),
        offer("beta", (1, 14), (50, 12)),
        offer("gamma", (1, 50)),
        capacities=[
            {"supplier": "alpha", "machine_hours": 20},
            {"supplier": "beta", "parts": 30},
        ],
        limits={"suppliers_per_line": 3},
    )


def test_a_plan_that_was_not_found_in_time_is_not_called_impossible(cut: Any) -> None:
    cut(1, no_answer)
    answer = worth_of_limits(HOURS)
    (row,) = answer.rows["worth"]
    assert row["one_less_possible"] is None
    assert row["costs"] is None
    assert row["worth_of_one_more"] is None
    assert (row["worth_at_least"], row["worth_at_most"]) == (0, None)
    assert answer.outcome.status == "feasible"
    assert {row["possible"] for row in answer.rows["without"]} == {None}
    said = " ".join(answer.headline())
    assert "No limit costs anything" not in said
    assert "There is no plan without" not in said


def test_limits_whose_worth_has_a_gap_are_not_said_to_cost_nothing(cut: Any) -> None:
    """At 30 hours 1,100 are paid, at 50 and more 1,000: with a bound of half of it, 0 to 600."""
    cut(0, with_a_gap)
    answer = worth_of_limits(HOURS, ["machine_hours"])
    (row,) = answer.rows["worth"]
    assert (row["costs"], row["costs_at_least"]) == (None, 0)
    assert row["costs_at_most"] == pytest.approx(1100 - 500)
    assert (row["worth_of_one_more"], row["worth_at_least"]) == (None, 0)
    assert row["worth_at_most"] == pytest.approx(1100 - 550)
    assert (row["next_useful"], row["gain"]) == (None, None)
    said = " ".join(answer.headline())
    assert "No limit costs anything" not in said
    assert "not known" in said


def test_a_cost_that_is_proven_in_part_is_said_as_at_least(cut: Any) -> None:
    """Without the limit 3,600 are paid, so that a bound of 5,000 leaves 1,400 at least."""

    def nearly(honest: Any, asked: Any) -> Any:
        found = honest(asked[0], **asked[1])
        outcome = replace(found.outcome, status=Status.FEASIBLE, bound=5000.0)
        return replace(found, outcome=outcome)

    licensed = COVERS.model_copy(update={"licences": ({"part": "cover", "prints": 250},)})
    cut(0, nearly, only=True)
    answer = worth_of_limits(licensed, ["prints"])
    (row,) = answer.rows["worth"]
    assert (row["costs"], row["costs_at_least"]) == (None, pytest.approx(1400))
    assert row["costs_at_most"] == pytest.approx(1900)
    assert "(at least 1,400" in answer.headline()[0]


@pytest.mark.parametrize("way", [interrupted, pressed, interrupted_without_a_plan])
def test_ctrl_c_gives_the_limits_so_far(cut: Any, way: Cut) -> None:
    instance = of_three_limits()
    whole = worth_of_limits(instance)
    made = cut(math.inf, way)
    worth_of_limits(instance, ["machine_hours"])
    ended = len(made)
    made = cut(ended + 1, way)
    answer = worth_of_limits(instance)
    assert len(made) == ended + 2
    (row,) = answer.rows["worth"]
    assert row == next(r for r in whole.rows["worth"] if r["family"] == "machine_hours")
    assert answer.rows["without"] == []
    assert (answer.outcome.stopped, answer.outcome.status) == ("interrupted", "feasible")
    note = answer.notes[-1]
    assert note.startswith("Ctrl-C ended the search before 2 limits (the capacity of 'beta'")
    assert "and 3 suppliers ('gamma', " in note
    assert "Of the limits looked at" in answer.headline()[0]


def test_ctrl_c_before_the_plan_leaves_nothing_to_tell(cut: Any) -> None:
    for way in (interrupted, pressed):
        cut(0, way)
        with pytest.raises(KeyboardInterrupt):
            worth_of_limits(HOURS)
        cut(0, way)
        with pytest.raises(KeyboardInterrupt):
            price_ranges(HOURS)


def test_ctrl_c_twice_ends_it(cut: Any) -> None:
    def twice(_honest: Any, _asked: Any) -> Any:
        raise TwiceInterruptedError

    cut(2, twice)
    with pytest.raises(TwiceInterruptedError):
        worth_of_limits(HOURS)
    cut(2, twice)
    with pytest.raises(TwiceInterruptedError):
        price_ranges(HOURS)


def test_limits_beyond_the_time_are_named_and_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    instance, looked = of_three_limits(), []
    monkeypatch.setattr(Budget, "is_over", property(lambda _: len(looked) > 0))

    def told(ended: int, _: int) -> None:
        if ended:
            looked.append(ended)

    answer = worth_of_limits(instance, progress=told)
    assert looked == [1]
    assert [row["family"] for row in answer.rows["worth"]] == ["machine_hours"]
    assert (answer.outcome.stopped, answer.outcome.status) == ("time_limit", "feasible")
    assert answer.notes[-1].startswith("The time limit ended the search before 2 limits (")
    assert "Of the limits looked at" in answer.headline()[0]


def test_ctrl_c_gives_the_ranges_so_far(cut: Any) -> None:
    instance = amopt.load(covers_and_brackets())
    whole = price_ranges(instance)
    assert len(whole.rows["ranges"]) == 2
    made = cut(math.inf, pressed)
    price_ranges(instance, "alpha", others=False)
    before = len(made) + 1
    cut(before, pressed)
    answer = price_ranges(instance, others=False)
    assert answer.rows["ranges"] == whole.rows["ranges"][:1]
    assert (answer.outcome.stopped, answer.outcome.status) == ("interrupted", "feasible")
    left = "1 chosen offer ('beta' for 'bracket') was looked at."
    assert answer.notes[-1] == f"Ctrl-C ended the search before {left}"
    assert answer.headline()[0] == "1 chosen offer looked at."
    cut(before, pressed)
    answer = price_ranges(instance)
    assert answer.rows["not_chosen"] == []
    left = "1 chosen offer ('beta' for 'bracket') and 1 other offer ('alpha' for 'bracket')"
    assert answer.notes[-1] == f"Ctrl-C ended the search before {left} were looked at."


def test_a_price_that_was_not_known_in_time_is_not_told(cut: Any) -> None:
    """Of an offer that is not chosen neither the lowest price nor one on the way."""
    two = file(offer("alpha", (1, 10)), offer("beta", (1, 13), (60, 12)))
    made = cut(math.inf, no_answer)
    price_ranges(two)
    of_alpha = len(made)
    made = cut(math.inf, no_answer)
    price_ranges(two, others=False)
    for after in range(len(made), of_alpha):
        cut(after, no_answer)
        (row,) = price_ranges(two).rows["not_chosen"]
        assert (row["chosen_from"], row["why"]) == (None, "not known in time")


def test_an_offer_whose_rivals_were_not_solved_is_not_chosen_at_any_price(cut: Any) -> None:
    cut(1, no_answer)
    (row,) = price_ranges(COVERS).rows["ranges"]
    assert (row["chosen_up_to"], row["keeps_quantity_up_to"], row["without"]) == (None,) * 3
    assert row["why"] == "not known in time"


def test_a_price_on_the_way_is_not_told_as_the_last(cut: Any) -> None:
    """Alpha loses parts to beta at 11 before gamma takes all at 15: the search has two steps."""
    three = file(
        offer("alpha", (1, 10)),
        offer("beta", (1, 11), largest_quantity=60),
        offer("gamma", (1, 15)),
    )
    made = cut(math.inf, no_answer)
    price_ranges(three, others=False)
    for after in range(2, len(made)):
        cut(after, no_answer)
        (row,) = price_ranges(three, others=False).rows["ranges"]
        assert row["chosen_up_to"] in (None, pytest.approx(15))
        assert row["keeps_quantity_up_to"] in (None, pytest.approx(11))
        assert None in (row["chosen_up_to"], row["keeps_quantity_up_to"])
        assert row["why"] == "not known in time"
