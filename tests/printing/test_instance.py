"""What a printing file says, and how its numbers reach the decision process."""

from __future__ import annotations

import math

import numpy as np
import pytest

import amopt
from amopt.errors import InvalidInstanceError
from amopt.printing.instance import Part, PrintingInstance, System
from tests.printing.cases import one_part

MINIMAL = {
    "amopt": 1,
    "kind": "printing",
    "name": "minimal",
    "cycle_days": 7,
    "criterion": "average",
    "systems": [{"name": "truck", "count": 2, "backorder_cost_per_day": 10}],
    "parts": [
        {
            "name": "hinge",
            "system": "truck",
            "order_cost": 100,
            "failure_rate_per_day": 0.1,
            "holding_cost_per_year_per_value": 0.5,
            "mass_kg": 2.0,
        }
    ],
}
LANES = [
    {"from": "port", "to": "depot", "cost_per_part": 1, "cost_per_kg": 2},
    {"from": "depot", "to": "base", "cost_per_part": 3},
]
SUPPLY = {
    "network": {"places": [{"name": "port"}, {"name": "depot"}, {"name": "base"}], "lanes": LANES},
    "place": "base",
    "supplied_from": "port",
}


def test_rates_become_probabilities_and_yearly_holding_becomes_daily() -> None:
    parameters = amopt.load(MINIMAL).parameters
    assert parameters.failure[0] == pytest.approx(1 - math.exp(-0.1))
    assert parameters.failures_per_day[0] == 0.1
    assert parameters.holding_cost[0] == pytest.approx(0.5 * 100 / 365)
    assert np.isinf([parameters.print_cost[0], parameters.expedite_cost[0]]).all()
    assert parameters.is_average


def test_a_probability_is_taken_as_it_is() -> None:
    parameters = one_part().parameters
    assert parameters.failure[0] == parameters.failures_per_day[0] == 0.01
    assert parameters.discount == 0.9995


def test_the_cheapest_route_adds_to_the_order_cost_by_mass() -> None:
    instance = amopt.load({**MINIMAL, **SUPPLY})
    assert instance.transport_cost == pytest.approx([1 + 2 * 2.0 + 3])
    assert instance.parameters.order_cost == pytest.approx([108.0])
    # the value on the shelf is what the part costs, not its transport
    assert instance.parameters.holding_cost == pytest.approx([0.5 * 100 / 365])
    note = amopt.solve(instance).notes[0]
    assert "port" in note
    assert "8 EUR" in note


def test_implausible_numbers_are_warned_of_and_the_answer_repeats_it() -> None:
    part = {
        **MINIMAL["parts"][0],
        "failure_rate_per_day": 0.6,
        "holding_cost_per_year_per_value": 25,
    }
    data = {**MINIMAL, "parts": [part], "criterion": {"discount_per_day": 0.85}}
    codes = {"implausible-failure", "implausible-holding-cost", "implausible-discount"}
    assert {finding.code for finding in amopt.check(data)} == codes
    told = " ".join(amopt.solve(amopt.load(data)).notes)
    for hint in ("divide it by 365", "percent", "365th root"):
        assert hint in told
    plausible = {**part, "failure_rate_per_day": 0.5, "holding_cost_per_year_per_value": 5}
    edge = {**MINIMAL, "parts": [plausible], "criterion": {"discount_per_day": 0.9}}
    assert amopt.check(edge) == []


@pytest.mark.parametrize("supply", [{}, SUPPLY])
def test_an_instance_cannot_be_changed_through_its_arrays(supply: dict[str, object]) -> None:
    instance = amopt.load({**MINIMAL, **supply})
    parameters = instance.parameters
    arrays = [value for value in vars(parameters).values() if isinstance(value, np.ndarray)]
    assert len(arrays) == 9
    for array in (*arrays, instance.transport_cost):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1e6
    taken = parameters.take([0]).without_printer()
    assert not taken.order_cost.flags.writeable


def test_findings_of_a_file_come_together() -> None:
    part = {**MINIMAL["parts"][0], "failure_probability_per_day": 0.1, "expedite_cost": 50}
    codes = [finding.code for finding in amopt.check({**MINIMAL, "parts": [part]})]
    assert sorted(codes) == ["exactly-one", "expedite-too-cheap"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cycle_days": 1}, "out-of-range"),
        ({"cycle_days": 10_000}, "out-of-range"),
        ({"criterion": {"discount_per_day": 1.0}}, "out-of-range"),
        ({"criterion": "best"}, "not-a-choice"),
        ({"systems": []}, "wrong-length"),
        ({"place": "moon", "supplied_from": "port", "network": SUPPLY["network"]}, "unknown-name"),
        ({**SUPPLY, "place": "port", "supplied_from": "base"}, "unreachable-place"),
    ],
)
def test_what_a_file_must_not_say(change: dict[str, object], code: str) -> None:
    assert code in [finding.code for finding in amopt.check({**MINIMAL, **change})]


def test_an_instance_can_be_built_in_python() -> None:
    built = PrintingInstance(
        amopt=1,
        kind="printing",
        name="built",
        cycle_days=7,
        criterion="average",
        systems=(System(name="truck", count=2, backorder_cost_per_day=10),),
        parts=(
            Part(
                name="hinge",
                system="truck",
                order_cost=100,
                failure_rate_per_day=0.1,
                holding_cost_per_day=0.1,
            ),
        ),
    )
    assert amopt.solve(built).rows["parts"][0]["base_stock"] >= 0


@pytest.mark.parametrize(
    "name", ["mission", "mission-fitted", "mission-limited", "table-3-1", "table-3-1-expedited"]
)
def test_shipped_instances_are_valid_and_solved(name: str) -> None:
    assert amopt.check(f"printing/{name}") == []
    assert amopt.solve(amopt.load(f"printing/{name}")).verdict.accepted


def test_the_template_is_a_valid_instance_that_mentions_every_field(tmp_path) -> None:
    text = amopt.template("printing")
    file = tmp_path / "template.yaml"
    file.write_text(text, encoding="utf-8")
    assert amopt.check(file) == []
    assert amopt.solve(amopt.load(file)).verdict.accepted
    for model in (PrintingInstance, System, Part):
        for field in model.model_fields:
            assert f"{field}:" in text, field
    assert amopt.load(file).network is None


def test_the_options_of_the_template_can_be_taken(tmp_path) -> None:
    text, route = amopt.template("printing").split("# network:")
    file = tmp_path / "template.yaml"
    file.write_text(f"{text}network:{route.replace(chr(10) + '# ', chr(10))}", encoding="utf-8")
    assert amopt.check(file) == []
    assert amopt.load(file).transport_cost.tolist() == [1.5, 1.5]


def test_a_surcharge_lets_a_policy_expedite_every_part() -> None:
    data = one_part(print_cost=None, discount=None).to_dict()
    data["policy"] = [{"part": "part", "base_stock": 1, "expedite_threshold": 3}]
    with pytest.raises(InvalidInstanceError, match="has no expedite_cost"):
        amopt.load(data)
    answer = amopt.printing.distributions(amopt.load({**data, "expedite_surcharge": 60.0}))
    flown = {
        row["plan"]: row["mean"]
        for row in answer.rows["distributions"]
        if (row["part"], row["what"], row["per"]) == ("part", "expedites", "cycle")
    }
    assert flown["today"] > 0
    data["policy"][0] = {"part": "part", "base_stock": 1, "print_threshold": 3}
    with pytest.raises(InvalidInstanceError, match="has no print_cost"):
        amopt.load({**data, "expedite_surcharge": 60.0})
