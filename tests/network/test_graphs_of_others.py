"""Graphs of others that say two things at once, or nothing where something must be said."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest

from amopt.errors import InvalidInstanceError
from amopt.network import SupplyNetwork

TWO = '<node id="a"/><node id="b"/>'
KEYS = (
    '<key id="w" for="edge" attr.name="weeks" attr.type="double"/>'
    '<key id="v" for="edge" attr.name="weeks" attr.type="double"/>'
    '<key id="W" for="edge" attr.name="Weeks" attr.type="double"/>'
    '<key id="X" for="edge" attr.name="WEEKS" attr.type="double"/>'
    '<key id="N" for="node" attr.name="Name" attr.type="string"/>'
)


def graphml(inside: str, way: str = ' edgedefault="directed"') -> str:
    start = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    return f"{start}{KEYS}<graph{way}>{inside}</graph></graphml>"


def edge(data: str = "", more: str = "") -> str:
    return f'<edge source="a" target="b"{more}>{data}</edge>'


def ends(net: SupplyNetwork) -> list[tuple[str, str]]:
    return [(lane.from_, lane.to) for lane in net.lanes]


BOTH = [("a", "b"), ("b", "a")]


@pytest.mark.parametrize(
    ("way", "more", "lanes"),
    [
        ("", "", BOTH[:1]),
        (' edgedefault="Undirected"', "", BOTH),
        (' edgedefault="undirected"', ' directed="True"', BOTH[:1]),
        (' edgedefault="undirected"', ' directed="1"', BOTH[:1]),
        (' edgedefault="directed"', ' directed="0"', BOTH),
        (' edgedefault="directed"', ' directed="FALSE"', BOTH),
    ],
)
def test_what_a_document_says_of_ways_is_read_in_every_spelling(
    way: str, more: str, lanes: list[tuple[str, str]]
) -> None:
    assert ends(SupplyNetwork.from_graphml(graphml(TWO + edge(more=more), way))) == lanes


@pytest.mark.parametrize(
    ("text", "codes", "words"),
    [
        (graphml(TWO + edge(more=' directed="maybe"')), ["not-a-choice"], "'maybe' is not true"),
        (graphml(TWO, ' edgedefault="both"'), ["not-a-choice"], "'both' is not directed or und"),
        (graphml('<node/><node/><node id="b"/>'), 2 * ["missing-key"], "the node has no id"),
        (graphml(TWO + '<edge source="a"/>'), ["unknown-name"], "the edge has no target"),
        (graphml(TWO + '<edge target="a"/>'), ["unknown-name"], "the edge has no source"),
        (
            graphml(TWO + edge(more=' id="e"') + '<edge id="e" source="b" target="a"/>',
                    ' edgedefault="undirected"'),
            ["duplicate-name"], "edge id 'e' is given twice",
        ),
        (graphml(TWO + edge(2 * '<data key="w">1</data>')), ["duplicate-key"], "'weeks' is given"),
        (
            graphml(TWO + edge('<data key="w">1</data><data key="v">7</data>')),
            ["duplicate-key"], "'weeks' is given twice",
        ),
        (
            graphml(TWO + edge('<data key="W">1</data><data key="X">7</data>')),
            ["duplicate-key"], "'Weeks' and 'WEEKS' may both be weeks",
        ),
        (
            graphml('<node id="a"><graph edgedefault="directed"><node id="c"/></graph></node>'),
            ["syntax"], "a <graph>, which stands inside another one",
        ),
    ],
)  # fmt: skip
def test_two_things_at_once_or_nothing_are_findings(
    text: str, codes: list[str], words: str
) -> None:
    with pytest.raises(InvalidInstanceError) as caught:
        SupplyNetwork.from_graphml(text)
    assert [finding.code for finding in caught.value.findings] == codes
    assert words in str(caught.value)


def test_the_attribute_that_is_called_as_the_field_is_the_field() -> None:
    for order in (("W", "w"), ("w", "W")):
        data = "".join(f'<data key="{key}">{"1" if key == "W" else "7"}</data>' for key in order)
        net = SupplyNetwork.from_graphml(graphml(TWO + edge(data)))
        assert (net.lanes[0].weeks, net.aside.lanes[0]) == (7.0, {"Weeks": 1.0})
        again = SupplyNetwork.from_graphml(net.to_graphml())
        assert (again.lanes, again.aside) == (net.lanes, net.aside)


def test_names_are_found_whatever_their_capitals_and_a_missing_one_is_said() -> None:
    text = graphml('<node id="a"><data key="N">Oulu</data></node><node id="b"/>' + edge())
    net = SupplyNetwork.from_graphml(text)
    assert (list(net.places), ends(net)) == (["Oulu", "b"], [("Oulu", "b")])
    with pytest.raises(InvalidInstanceError, match=r"no node has the attribute 'label'.*have Name"):
        SupplyNetwork.from_graphml(text, name="label")


def test_a_name_beside_the_label_is_kept_aside_and_renames_nothing() -> None:
    nodes = [{"id": 1, "label": "Oulu", "name": "OUL"}, {"id": 2, "label": "Turku"}]
    edges = [{"source": 1, "target": 2, "from": "here", "weeks": 1}]
    net = SupplyNetwork.from_node_link({"nodes": nodes, "edges": edges}, name="label")
    assert net.aside.places == {"Oulu": {"name": "OUL"}}
    assert net.aside.lanes == ({"from": "here"},)
    for again in (
        SupplyNetwork.from_graph(net.graph),
        SupplyNetwork.from_node_link(net.to_node_link()),
        SupplyNetwork.from_graphml(net.to_graphml()),
    ):
        assert ends(again) == [("Oulu", "Turku")]
        assert again.aside.lanes == net.aside.lanes


LINK = {"source": 1, "target": 2}
NODES = [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        ({"nodes": NODES, "edges": [], "links": [LINK]}, "syntax", "both edges and links"),
        ({"nodes": NODES, "links": [LINK], "directed": "false"}, "wrong-type", "is 'false'"),
        ({"nodes": NODES, "links": [LINK], "multigraph": 1}, "wrong-type", "multigraph is '1'"),
        ({"nodes": [*NODES, {"id": None}], "links": []}, "missing-key", "the node has no id"),
        ({"nodes": NODES, "links": [{"source": None, "target": 1}]}, "unknown-name", "no source"),
        ({"nodes": NODES, "links": 2 * [{**LINK, "key": 0}]}, "duplicate-name", "id '0' is given"),
    ],
)
def test_slips_of_node_link_data_are_findings(data: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(InvalidInstanceError) as caught:
        SupplyNetwork.from_node_link(data)
    assert [finding.code for finding in caught.value.findings] == [code]
    assert words in str(caught.value)


def test_a_key_where_there_are_no_parallel_edges_is_an_attribute() -> None:
    data = {"nodes": NODES, "links": [{**LINK, "key": "red"}], "multigraph": False}
    assert SupplyNetwork.from_node_link(data).aside.lanes == ({"key": "red"},)


@pytest.mark.parametrize("kind", [nx.MultiGraph, nx.MultiDiGraph])
def test_parallel_edges_of_networkx_are_lanes_each(kind: Any) -> None:
    graph = kind([(1, 2), (1, 2), (2, 1)])
    lanes = 3 if graph.is_directed() else 6
    for net in (
        SupplyNetwork.from_graph(graph),
        SupplyNetwork.from_node_link(nx.node_link_data(graph, edges="links")),
        SupplyNetwork.from_graphml("\n".join(nx.generate_graphml(graph))),
    ):
        assert len(net.lanes) == lanes
