"""The answer on the supply network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.errors import UsageError


def test_orders_travel_on_the_lanes_of_their_routes() -> None:
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "two ways",
        "orders": "by_line",
        "parts": [{"name": "bush"}],
        "network": {
            "places": [
                {"name": name, "latitude": 50.0, "longitude": 0.0}
                for name in ("alpha", "beta", "port", "shop", "x")
            ],
            "lanes": [
                {"from": "alpha", "to": "port", "mode": "road", "cost_per_part": 1, "weeks": 0.1},
                {"from": "port", "to": "shop", "mode": "sea", "cost_per_part": 1, "weeks": 0.5},
                {"from": "beta", "to": "shop", "mode": "air", "cost_per_part": 3, "weeks": 0.1},
            ],
        },
        "lines": [
            {"line": "1", "part": "bush", "place": "shop", "quantity": 5},
            {"line": "2", "part": "bush", "quantity": 2},
        ],
        "offers": [
            {
                "supplier": supplier,
                "part": "bush",
                "largest_quantity": 4,
                "quotes": [{"quantity": 1, "cost_per_part": price, "lead_time_weeks": weeks}],
            }
            for supplier, price, weeks in (("alpha", 10, 1.0), ("beta", 20, 2.0))
        ],
        "capacities": [{"supplier": "beta", "parts": 9}],
    }
    answer = amopt.solve(amopt.load(data))
    graph = answer.graph()
    assert graph.graph == {"decision": "sourcing", "name": "two ways", "currency": answer.currency}
    assert set(graph.nodes) == {"alpha", "beta", "port", "shop", "x", "place"}
    # Line 1: four from alpha by road and sea, one from beta by air. Line 2 is not transported.
    by_road, by_sea = graph.edges["alpha", "port"], graph.edges["port", "shop"]
    assert by_road == {
        "modes": ["road"],
        "quantity": 4,
        "orders": 1,
        "cost": pytest.approx(48),
        "weeks": pytest.approx(1.6),
        "quantity_by_line": {"1": 4},
    }
    assert by_sea == by_road | {"modes": ["sea"]}
    assert graph.edges["beta", "shop"]["quantity_by_line"] == {"1": 1}
    assert graph.edges["alpha", "place"]["quantity_by_line"] == {"2": 2}
    assert graph.edges["alpha", "place"]["modes"] == []
    shop, alpha = graph.nodes["shop"], graph.nodes["alpha"]
    assert shop["latitude"] == 50.0
    assert (shop["delivered"]["quantity"], shop["delivered"]["weeks"]) == (5, pytest.approx(2.1))
    assert (alpha["ordered"]["quantity"], alpha["ordered"]["orders"]) == (6, 2)
    assert graph.nodes["beta"]["capacity"]["parts_limit"] == 9
    paid = sum(node["ordered"]["cost"] for _, node in graph.nodes(data=True) if "ordered" in node)
    assert paid == pytest.approx(answer.rows["totals"][0]["cost"])


@pytest.mark.parametrize("name", ["bush", "hangbar", "dynamic", "portfolio-36x7"])
def test_every_order_leaves_a_supplier_and_arrives(name: str) -> None:
    answer = amopt.solve(amopt.load(f"sourcing/{name}"))
    graph = answer.graph()
    for what in ("ordered", "delivered"):
        sums = [node[what] for _, node in graph.nodes(data=True) if what in node]
        for column, total in (("quantity", "quantity"), ("cost", "cost")):
            own = sum(row[column] for row in answer.rows["orders"])
            assert sum(entry[total] for entry in sums) == pytest.approx(own)


def test_an_answer_from_a_file_needs_its_instance_for_a_graph(tmp_path: Path) -> None:
    instance = amopt.load("sourcing/dynamic")
    answer = amopt.solve(instance)
    loaded: Any = amopt.load_solution(answer.save(tmp_path / "answer"))
    with pytest.raises(UsageError, match="needs its instance"):
        loaded.graph()
    assert dict(loaded.graph(instance).edges) == dict(answer.graph().edges)


def test_a_supplier_may_be_called_as_the_end_of_an_order_without_a_place() -> None:
    quote = {"quantity": 1, "cost_per_part": 9.0, "lead_time_weeks": 1.0}
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "two",
        "parts": [{"name": "bush"}],
        "lines": [{"line": "1", "part": "bush", "quantity": 1}],
        "offers": [{"supplier": "place", "part": "bush", "quotes": [quote]}],
    }
    graph = amopt.solve(amopt.load(data)).graph()
    ((start, end),) = graph.edges
    assert (start, end) == ("place", "the place")
    assert "delivered" in graph.nodes[end]
    assert "delivered" not in graph.nodes[start]
