"""Fleets over periods, moved, sold and owned before, against trying every fleet."""

import math
import random

import pytest

from amopt.errors import InfeasibleError, InvalidInstanceError
from amopt.placement import Instance, solve
from tests.placement.oracles.brute_force_periods import Tree


def random_periods(seed):
    """Return a small instance over one to three periods, as plain data."""
    rng = random.Random(seed)
    names = ["a", "b"] + ["c"] * (rng.random() < 0.5)
    places = ["p", "q", "r"][: rng.choice([2, 3])]
    periods = rng.choice([1, 2, 2, 3]) if len(names) == 2 else rng.choice([1, 2])
    machine = {
        "name": "M", "price": rng.uniform(500, 3000), "life_years": rng.choice([2.0, 4.0]),
        "yearly_cost": rng.uniform(0, 200), "cost_per_hour": rng.uniform(0, 2),
        "hours_per_year": 100.0, "resale_loss": rng.choice([0.0, 0.3, 1.0]),
        "moving_weeks": rng.choice([0.0, 5.0, 20.0]),
    }  # fmt: skip
    if rng.random() < 0.6:
        machine["moving_cost"] = rng.uniform(0, 300)
    data = {
        "amopt": 1,
        "kind": "placement",
        "name": f"periods {seed}",
        "single_source": rng.random() < 0.5,
        "network": {
            "places": [{"name": name} for name in names + places],
            "lanes": [
                {
                    "from": name,
                    "to": place,
                    "weeks": rng.uniform(0.1, 2),
                    "cost_per_part": rng.uniform(1, 40),
                }
                for name in names
                for place in places
            ],
        },
        "machines": [machine],
        "parts": [
            {
                "name": "x",
                "print": [
                    {
                        "machine": "M",
                        "hours": rng.uniform(0.5, 3),
                        "material_cost": rng.uniform(1, 10),
                    }
                ],
                "downtime_cost_per_hour": rng.uniform(0, 0.2),
            }
        ],
        "conventional": [
            {
                "part": "x",
                "cost_per_part": rng.uniform(30, 120),
                "lead_time_weeks": rng.uniform(1, 6),
            }
        ],
        "periods": [
            {
                "name": f"t{t}",
                "years": rng.choice([1.0, 2.0]),
                "machine_price_factor": rng.choice([1.0, 0.5, 1.5]),
                "print_speed_factor": rng.choice([1.0, 1.5]),
            }
            for t in range(periods)
        ],
        "demand": [
            {
                "place": place,
                "part": "x",
                "per_year": 1.0,
                "by_period": [
                    rng.choice([0.0, 1.0, 1.0]) * rng.uniform(5, 50) for _ in range(periods)
                ],
            }
            for place in places
        ],
        "sites": [random_site(rng, name, 2 if periods < 3 else 1) for name in names],
        "limits": {"open_sites": rng.choice([1, 2])} if rng.random() < 0.25 else {},
    }
    data["demand"][0]["by_period"][0] += 5.0
    return data


def random_site(rng, name, most):
    site = {
        "place": name,
        "opening_cost": rng.choice([0.0, rng.uniform(50, 400)]),
        "yearly_cost": rng.choice([0.0, rng.uniform(0, 500)]),
        "already_open": rng.random() < 0.3,
        "state": rng.choice(["candidate"] * 4 + ["open"]),
    }
    if name == "c":
        hours, price = rng.uniform(10, 80), rng.uniform(0, 8)
        contract = {"machine": "M", "hours_per_year": hours, "cost_per_hour": price}
        return {**site, "contracts": [contract], "fee_per_part": rng.uniform(0, 3)}
    owned = [{"machine": "M", "count": 1}] if rng.random() < 0.35 else []
    return {**site, "most_machines": most, "owned": owned}


@pytest.mark.parametrize("seed", range(24))
def test_fleets_over_periods_are_what_brute_force_finds(seed):
    data = random_periods(seed)
    best = Tree(data).optimum()
    try:
        found = solve(Instance.from_dict(data), forms=False).outcome.objective
    except (InfeasibleError, InvalidInstanceError):
        found = math.inf
    assert found == pytest.approx(best, rel=1e-6)


def sold_between(**machine):
    """Return two busy periods with a quiet one between them, in which the machine is sold."""
    return {
        "amopt": 1,
        "kind": "placement",
        "name": "busy, quiet, busy",
        "network": {
            "places": [{"name": "a"}, {"name": "p"}],
            "lanes": [{"from": "a", "to": "p", "weeks": 1, "cost_per_part": 1}],
        },
        "machines": [
            {"name": "M", "price": 1200, "life_years": 4, "hours_per_year": 1000, **machine}
        ],
        "parts": [{"name": "x", "print": [{"machine": "M", "hours": 1, "material_cost": 5}]}],
        "conventional": [{"part": "x", "cost_per_part": 100, "lead_time_weeks": 1}],
        "periods": [{"name": "busy"}, {"name": "quiet"}, {"name": "busy again"}],
        "demand": [{"place": "p", "part": "x", "per_year": 1, "by_period": [300, 1, 300]}],
        "sites": [{"place": "a", "most_machines": 3}],
    }


@pytest.mark.parametrize(("machine", "said"), [({}, "is left out"), ({"resale_loss": 0.0}, "is 0")])
def test_a_machine_that_is_sold_and_bought_again_for_nothing_is_told(machine, said):
    answer = solve(Instance.from_dict(sold_between(**machine)), forms=False)
    assert [row["count"] for row in answer.rows["fleet"]] == [1, 0, 1]
    (note,) = [note for note in answer.notes if "resale_loss" in note]
    assert note.startswith("M is sold before quiet and bought again for busy again")
    assert said in note
    dear = solve(Instance.from_dict(sold_between(resale_loss=0.3)), forms=False)
    assert not [note for note in dear.notes if "resale_loss" in note]
