"""Who buys what, as a graph: a buyer may be called as the maker is."""

from __future__ import annotations

import amopt
from tests.licensing.cases import instance


def test_a_buyer_may_be_called_maker() -> None:
    buyers = [{"name": name, "demand_per_year": 10.0 + k} for k, name in enumerate(("maker", "b"))]
    graph = amopt.solve(instance(buyers=buyers)).graph()
    maker = graph.graph["maker"]
    assert maker not in ("maker", "b")
    assert set(graph.successors(maker)) == {"maker", "b"}
    assert "surplus" in graph.nodes["maker"]
    assert "profit" not in graph.nodes["maker"]
    assert "profit" in graph.nodes[maker]


def test_the_maker_is_called_so_where_no_buyer_is() -> None:
    graph = amopt.solve(instance(10.0, 20.0)).graph()
    assert graph.graph["maker"] == "maker"
    assert set(graph) == {"maker", "buyer 0", "buyer 1"}
