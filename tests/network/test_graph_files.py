"""Graphs of answers: one idiom in every decision, and files that other tools read."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import networkx as nx
import pytest

import amopt
from amopt.errors import InvalidInstanceError, UsageError
from amopt.network import SupplyNetwork, flat, read_graph, write_graph
from tests.maintenance.cases import small as small_maintenance

OTHERS = {
    "design": lambda: amopt.load("design/valve-block"),
    "licensing": lambda: amopt.load("licensing/two-buyers"),
    "maintenance": small_maintenance,
    "screening": lambda: amopt.load("screening/norwind"),
}
"""Decisions whose answers need no instance for a graph."""

NAMES = ("placement/textbook", "placement/orders", "sourcing/dynamic", "printing/mission-limited")


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_gives_its_graph_alone_and_every_reader_reads_it(
    name: str, tmp_path: Path
) -> None:
    instance = amopt.load(name)
    answer = amopt.solve(instance)
    graph = answer.graph()
    loaded = amopt.load_solution(answer.save(tmp_path / "answer"))
    with pytest.raises(UsageError, match=r"needs its instance for a graph: answer.graph\(instance"):
        loaded.graph()
    with pytest.raises(UsageError, match="another instance"):
        loaded.graph(instance.model_copy(update={"name": "another"}))
    with pytest.raises(UsageError, match="is drawn on the"):
        loaded.graph(amopt.load("design/factorial"))
    again = loaded.graph(instance)
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
    assert list(again.edges(data=True)) == list(graph.edges(data=True))

    nx.write_graphml(flat(graph), tmp_path / "own.graphml")
    write_graph(graph, tmp_path / "g.graphml")
    for file in ("own.graphml", "g.graphml"):
        read = nx.read_graphml(tmp_path / file)
        assert dict(read.nodes(data=True)) == dict(flat(graph).nodes(data=True))
        assert sorted(map(str, read.edges(data=True))) == sorted(
            map(str, flat(graph).edges(data=True))
        )
    for ending in ("json", "geojson"):
        write_graph(graph, tmp_path / f"g.{ending}")
        back = read_graph(tmp_path / f"g.{ending}")
        assert type(back) is type(graph)
        assert back.graph == graph.graph
        assert dict(back.nodes(data=True)) == dict(graph.nodes(data=True))
        assert list(back.edges(data=True)) == list(graph.edges(data=True))
    linked = json.loads((tmp_path / "g.json").read_text())
    assert set(nx.node_link_graph(linked, edges="edges")) == set(graph)


@pytest.mark.parametrize("kind", OTHERS)
def test_an_answer_about_no_places_gives_a_graph_from_its_file_too(
    kind: str, tmp_path: Path
) -> None:
    answer = amopt.solve(OTHERS[kind]())
    graph = amopt.load_solution(answer.save(tmp_path / "answer")).graph()
    assert graph.graph["decision"] == kind
    assert nx.utils.graphs_equal(graph, answer.graph())
    for ending in ("graphml", "json", "geojson"):
        write_graph(graph, tmp_path / f"g.{ending}")
        assert set(read_graph(tmp_path / f"g.{ending}")) == set(graph)


def test_the_kinds_whose_answers_give_graphs_are_all_there_are() -> None:
    assert {name.partition("/")[0] for name in NAMES} | set(OTHERS) == set(amopt.KINDS)


def test_places_are_points_and_what_flows_is_lines(tmp_path: Path) -> None:
    answer = amopt.solve(amopt.load("placement/orders"))
    write_graph(answer.graph(), tmp_path / "g.geojson")
    features = json.loads((tmp_path / "g.geojson").read_text())["features"]
    at = {
        one["properties"]["node"]: one["geometry"]["coordinates"]
        for one in features
        if "node" in one["properties"]
    }
    place = answer.instance.network.places[0]
    assert at[place.name] == [place.longitude, place.latitude]
    lines = [one for one in features if "source" in one["properties"]]
    assert lines
    for one in lines:
        ends = [at[one["properties"]["source"]], at[one["properties"]["target"]]]
        assert one["geometry"] == {"type": "LineString", "coordinates": ends}


def test_prices_of_limits_are_on_the_graph() -> None:
    answer = amopt.solve(amopt.load("printing/mission-limited"))
    limits = answer.graph().graph["limits"]
    rows = {row["limit"]: row for row in answer.rows["limits"]}
    assert set(limits) == set(rows)
    assert all(limits[name]["dual"] == row["dual"] for name, row in rows.items())


def test_what_is_no_graph_file_is_said(tmp_path: Path) -> None:
    network = SupplyNetwork([amopt.load("placement/textbook").network.places[0]])
    assert repr(network) == "<SupplyNetwork: 1 place, 0 lanes, 0 modes>"
    file = tmp_path / "n.graphml"
    file.write_text(network.to_graphml())
    assert SupplyNetwork.from_graphml(file).places == network.places
    assert SupplyNetwork.from_graphml(str(file)).places == network.places
    with pytest.raises(UsageError, match=r"nowhere\.graphml cannot be read: No such file"):
        SupplyNetwork.from_graphml(tmp_path / "nowhere.graphml")
    table = tmp_path / "table.csv"
    with table.open("w") as stream:
        csv.writer(stream).writerow(["from", "to"])
    with pytest.raises(InvalidInstanceError, match=r"table.csv is no GraphML.* begin as XML does"):
        SupplyNetwork.from_graphml(table)
    page = tmp_path / "page.html"
    page.write_text("<html></html>")
    with pytest.raises(InvalidInstanceError, match="its outermost tag is <html>"):
        SupplyNetwork.from_graphml(page)
    for bad in (table, tmp_path / "nowhere.json"):
        with pytest.raises(UsageError, match=r"ends in \.graphml|cannot be read"):
            read_graph(bad)
    with pytest.raises(UsageError, match=r"ends in \.graphml"):
        write_graph(network.graph, table)
    other = tmp_path / "other.json"
    other.write_text('{"a": 1}')
    with pytest.raises(UsageError, match="holds no graph"):
        read_graph(other)
