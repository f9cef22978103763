"""What an answer of design says of versions that cost the same, and its graph's names."""

from __future__ import annotations

from typing import Any

import pytest

import amopt


def system(*components: dict[str, Any]) -> amopt.Instance:
    return amopt.load({
        "amopt": 1, "kind": "design", "name": "System", "currency": "EUR", "months": 120,
        "holding_cost_per_month_per_value": 0.02, "installed_base": [{"systems": 5}],
        "components": list(components),
    })  # fmt: skip


def component(name: str, *versions: str, **changes: Any) -> dict[str, Any]:
    """Return a component whose versions are alike but for changes of the last."""
    same = {"part_cost": 100.0, "lead_time_months": 2.0, "mean_months_between_failures": 40.0,
            "made": "conventional", "design_cost": 10.0}  # fmt: skip
    found = [{"name": version, **same} for version in versions]
    found[-1] |= changes
    return {"name": name, "replacement_cost": 5.0, "emergency_cost": 300.0, "versions": found}


def test_a_version_that_costs_the_same_is_neither_cheaper_nor_dearer() -> None:
    answer = amopt.solve(system(component("pump", "cast", "milled", "printed", design_cost=11.0)))
    rows = {row["version"]: row for row in answer.rows["break_even"]}
    assert (rows["milled"]["verdict"], rows["milled"]["saving"]) == ("equal", 0.0)
    assert (rows["printed"]["verdict"], rows["printed"]["saving"]) == ("dearer", -1.0)
    assert answer.verdict.accepted
    said = " ".join(answer.headline())
    assert "Version milled of pump costs as much as cast." in said
    assert "0.00 EUR less" not in said


@pytest.mark.parametrize("cost", [0.3, 12.6])
def test_what_differs_by_rounding_alone_costs_the_same(cost: float) -> None:
    """0.1 + 0.2 is not 0.3: what the sums of two bills miss each other by is no saving."""
    twice = component("pump", "cast", "milled", design_cost=0.1 + cost + 0.2)
    twice["versions"][0]["design_cost"] = cost + (0.1 + 0.2)
    answer = amopt.solve(system(twice))
    (row,) = answer.rows["break_even"]
    assert (row["verdict"], row["saving"]) == ("equal", 0.0)
    assert answer.verdict.accepted


def test_components_are_called_as_they_like() -> None:
    """One as the whole system, another as a version of a third."""
    answer = amopt.solve(
        system(component("system", "a"), component("the system", "a"), component("pump", "cast"),
               component("pump: cast", "new"))
    )  # fmt: skip
    graph = answer.graph()
    root = graph.graph["system"]
    assert root not in ("system", "the system", "pump", "pump: cast")
    assert graph.nodes[root]["availability"] == answer.rows["totals"][0]["availability"]
    assert sorted(graph.successors(root)) == ["pump", "pump: cast", "system", "the system"]
    assert graph.nodes["pump: cast"]["version"] == "new"
    (cast,) = graph.successors("pump")
    assert cast not in ("pump: cast", "pump")
    assert graph.nodes[cast]["made"] == "conventional"
    assert len(graph) == 9
    assert not list(graph.predecessors(root))


def test_the_system_is_called_so_where_no_component_is() -> None:
    graph = amopt.solve(system(component("pump", "cast"))).graph()
    assert graph.graph["system"] == "system"
    assert set(graph) == {"system", "pump", "pump: cast"}
