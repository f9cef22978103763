"""Pictures of what policies do: a simulation beside what is exact, and answers from files."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

import amopt
from amopt import printing
from amopt.drawing.svg import as_svg
from amopt.printing.behaviour.answer import BehaviourSolution
from amopt.printing.behaviour.figures import MOST_DRAWN, figures
from amopt.printing.behaviour.practice import todays_policy
from amopt.report import page
from tests.printing.studies.test_behaviour import small


def test_a_simulation_is_drawn_with_its_band_and_what_is_exact() -> None:
    instance = small()
    answer = printing.simulate(instance, cycles=500)
    drawn = figures(instance, answer)
    assert "Prints a cycle: simulated, with its band, and exact" in drawn
    for title, figure in drawn.items():
        what = title.partition(": ")[0].removesuffix(" a cycle").removesuffix(" on a day").lower()
        what = what.replace(" in ", "_").replace(" ", "_")
        rows = [
            row
            for row in answer.rows["simulation"]
            if row["what"] == what and row["part"] != "all parts"
        ]
        band, simulated, exact = figure.data
        names = [f"{row['part']}, {row['plan']}" for row in rows]
        assert list(band.y) == list(simulated.y) == list(exact.y) == names
        assert list(simulated.x) == [row["simulated_mean"] for row in rows]
        assert list(exact.x) == [row["exact_mean"] for row in rows]
        low = [row["simulated_mean"] - row["half_width"] for row in rows]
        assert list(band.base) == pytest.approx(low)
        assert list(band.x) == pytest.approx([2 * row["half_width"] for row in rows])
        svg = as_svg(figure, 350, "d")
        assert svg.count("<title>") >= 3 * len(rows)
    never = replace(answer, rows={**answer.rows, "simulation": []})
    assert figures(instance, never) == {}


def test_of_many_parts_those_that_are_least_certain_are_drawn() -> None:
    instance = amopt.load("printing/mission")
    answer = printing.simulate(instance, cycles=200)
    many = [
        {**row, "part": f"{row['part']}-{copy}"}
        for copy in range(4)
        for row in answer.rows["simulation"]
        if row["part"] != "all parts"
    ]
    drawn = figures(instance, replace(answer, rows={**answer.rows, "simulation": many}))
    title, figure = next((t, f) for t, f in drawn.items() if t.startswith("Orders"))
    assert len(figure.data[0].y) == MOST_DRAWN
    assert title.endswith(f"the {MOST_DRAWN} widest bands")
    widest = sorted((r["half_width"] for r in many if r["what"] == "orders"), reverse=True)
    assert min(figure.data[0].x) == pytest.approx(2 * widest[MOST_DRAWN - 1])


def test_the_page_of_a_simulation_shows_it() -> None:
    instance = small()
    answer = printing.simulate(instance, cycles=500)
    text = page.render(instance, answer, light=True)
    assert text.count("<figure>") == len(figures(instance, answer)) >= 4
    assert len(re.findall("band of 99.9 %", text)) >= 4


@pytest.mark.parametrize("mixes", [False, True])
def test_an_answer_from_a_file_draws_its_own_policy(mixes: bool) -> None:
    if mixes:
        instance = amopt.load("printing/mission-availability")
        answer = printing.distributions(instance)
        assert answer.policies
        assert answer.policies["optimum"].mixes
    else:
        instance = small()
        stated = todays_policy(instance)
        given = replace(stated, base_stock=stated.base_stock + 2)
        answer = printing.distributions(instance, policy=given)
    read = BehaviourSolution.from_dict(json.loads(answer.to_json()))
    before, after = figures(instance, answer), figures(instance, read)
    assert list(before) == list(after) != []
    for title, figure in before.items():
        assert figure.to_json() == after[title].to_json()


def test_an_answer_that_does_not_say_its_policy_is_not_drawn_with_another() -> None:
    instance = small()
    told = printing.distributions(instance).to_dict()
    del told["policies"]
    read = BehaviourSolution.from_dict(told)
    assert read.rows["distributions"]
    assert figures(instance, read) == {}
