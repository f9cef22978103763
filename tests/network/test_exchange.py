"""Networks as graphs of networkx, GraphML and node-link data: there and back."""

import re

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amopt.errors import InvalidInstanceError
from amopt.instance.common import Mode, Network, Place
from amopt.network import SupplyNetwork
from tests.network.cases import lane, network

amounts = st.floats(0, 1e9)
words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=6)
HOSTILE = [
    "</graphml>",
    "<b>&amp;",
    "'\"`",
    "\\u000041",
    "=cmd()",
    "../../etc/passwd",
    "[red]",
    "Ж\u0301ä",
]
texts = st.sampled_from(HOSTILE) | st.lists(words, min_size=1, max_size=2).map(" ".join)


@st.composite
def networks(draw):
    names = draw(st.lists(texts, min_size=1, max_size=5, unique=True))
    places = [
        Place(
            name=name,
            role=draw(texts),
            latitude=draw(st.none() | st.floats(-90, 90)),
            longitude=draw(st.none() | st.floats(-180, 180)),
        )
        for name in names
    ]
    ends = st.sampled_from(names)
    lanes = [
        lane(
            draw(ends),
            draw(ends),
            draw(texts),
            weeks=draw(st.floats(0, 1e4)),
            cost_per_part=draw(amounts),
        )
        for _ in range(draw(st.integers(0, 6)))
    ]
    modes = [
        Mode(name=name, km_per_day=draw(st.floats(1, 1e4)))
        for name in draw(st.lists(texts, max_size=2, unique=True))
    ]
    return Network(places=tuple(places), lanes=tuple(lanes), modes=tuple(modes))


def canonical(net):
    return (
        sorted(net.places, key=lambda place: place.name),
        sorted(net.lanes, key=repr),
        net.modes,
    )


@settings(max_examples=80, deadline=None)
@given(networks())
def test_exchange_formats_give_the_network_back(net):
    import json

    supply = SupplyNetwork.from_instance(net)
    assert supply.to_instance() == net
    by_json = SupplyNetwork.from_node_link(json.loads(json.dumps(supply.to_node_link())))
    assert canonical(by_json.to_instance()) == canonical(net)
    by_xml = SupplyNetwork.from_graphml(supply.to_graphml())
    assert canonical(by_xml.to_instance()) == canonical(net)


def test_hostile_names_stay_names():
    supply = network(HOSTILE, [lane(HOSTILE[0], HOSTILE[1], HOSTILE[2])])
    back = SupplyNetwork.from_graphml(supply.to_graphml())
    assert list(back.places) == HOSTILE
    assert back.lanes == supply.lanes


def test_graphml_of_others_is_read():
    text = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
      <key id="w" for="edge" attr.name="weeks" attr.type="double"/>
      <graph edgedefault="directed"><node id="a\\u000041"/><node id="b"/>
      <edge source="a\\u000041" target="b"><data key="w">2.5</data></edge></graph></graphml>"""
    net = SupplyNetwork.from_graphml(text)
    assert list(net.places) == ["a\\u000041", "b"]
    assert net.lanes[0].weeks == 2.5


def test_graphml_without_modes_has_none():
    text = network("ab").to_graphml()
    bare = re.sub(r'<data key="\w+">\[\]</data>', "", text)
    assert bare != text
    net = SupplyNetwork.from_graphml(bare)
    assert (list(net.places), net.modes) == (["a", "b"], ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not xml",
        "<graphml/>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><graphml/>",
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="directed">'
        '<node id="a"/><edge source="a" target="a" colour="x"><data key="no">1</data></edge>'
        "</graph></graphml>",
        network("ab").to_graphml().replace("[]", "[3]"),
        network("ab").to_graphml().replace("[]", "[oh"),
        network("ab").to_graphml().replace("[]", "4"),
    ],
)
def test_what_is_no_graphml_is_refused(text):
    with pytest.raises(InvalidInstanceError):
        SupplyNetwork.from_graphml(text)


@pytest.mark.parametrize(
    "data", [{}, {"nodes": 3}, {"nodes": [{}], "edges": []}, {"nodes": [{"id": "a", "x": 1}]}]
)
def test_what_is_no_node_link_data_is_refused(data):
    with pytest.raises(InvalidInstanceError):
        SupplyNetwork.from_node_link(data)


ZOO = """<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="LinkLabel" attr.type="string" for="edge" id="d35" />
  <key attr.name="weeks" attr.type="double" for="edge" id="d34"><default>2.5</default></key>
  <key attr.name="label" attr.type="string" for="node" id="d33" />
  <key attr.name="Longitude" attr.type="double" for="node" id="d32" />
  <key attr.name="Country" attr.type="string" for="node" id="d31" />
  <key attr.name="Internal" attr.type="int" for="node" id="d30" />
  <key attr.name="Latitude" attr.type="double" for="node" id="d29" />
  <key attr.name="id" attr.type="int" for="node" id="d28" />
  <key attr.name="Network" attr.type="string" for="graph" id="d17" />
  <graph edgedefault="undirected">
    <data key="d17">Northern lines</data>
    <node id="0"><data key="d29">60.17</data><data key="d30">1</data><data key="d31">Finland</data>
      <data key="d28">0</data><data key="d32">24.94</data><data key="d33">Helsinki</data></node>
    <node id="1"><data key="d29">59.33</data><data key="d30">1</data><data key="d31">Sweden</data>
      <data key="d28">1</data><data key="d32">18.07</data><data key="d33">Stockholm</data></node>
    <node id="2"><data key="d30">0</data><data key="d28">2</data><data key="d33">None</data></node>
    <edge source="0" target="1"><data key="d35">Sea &lt;cable&gt;</data></edge>
    <edge source="1" target="2"><data key="d34">7</data></edge>
    <edge source="0" target="2" directed="true" />
  </graph>
</graphml>"""


def ends(net):
    return [(lane.from_, lane.to, lane.weeks) for lane in net.lanes]


def test_a_public_graphml_file_is_read_whole():
    net = SupplyNetwork.from_graphml(ZOO)
    assert list(net.places) == ["0", "1", "2"]
    assert (net.places["0"].latitude, net.places["1"].longitude) == (60.17, 18.07)
    assert net.places["2"].latitude is None
    both = [("0", "1", 2.5), ("1", "0", 2.5), ("1", "2", 7), ("2", "1", 7)]
    assert ends(net) == [*both, ("0", "2", 2.5)]
    assert net.aside.places["0"] == {
        "Country": "Finland",
        "Internal": 1,
        "id": 0,
        "label": "Helsinki",
    }
    assert net.aside.lanes[1] == {"LinkLabel": "Sea <cable>"}
    assert net.aside.graph == {"Network": "Northern lines"}
    by_label = SupplyNetwork.from_graphml(ZOO, name="label")
    assert list(by_label.places) == ["Helsinki", "Stockholm", "None"]
    assert ends(by_label)[0][:2] == ("Helsinki", "Stockholm")


def test_what_is_kept_aside_travels_through_every_format():
    net = SupplyNetwork.from_graphml(ZOO)
    for again in (
        SupplyNetwork.from_graph(net.graph),
        SupplyNetwork.from_node_link(net.to_node_link()),
        SupplyNetwork.from_graphml(net.to_graphml()),
    ):
        assert again.places == net.places
        assert sorted(ends(again)) == sorted(ends(net))
        for place, rest in net.aside.places.items():
            # node-link data has its own "id" for the name of the node
            assert {**rest, **again.aside.places[place]} == rest
            assert rest.keys() - again.aside.places[place].keys() <= {"id"}
        assert sorted(map(str, again.aside.lanes)) == sorted(map(str, net.aside.lanes))
        assert again.aside.graph == net.aside.graph


@pytest.mark.parametrize("kind", [nx.Graph, nx.MultiGraph, nx.DiGraph, nx.MultiDiGraph])
def test_an_edge_of_an_undirected_graph_is_a_lane_each_way(kind):
    graph = kind()
    graph.add_node(1, latitude=60.0)
    graph.add_edge(1, 2, weeks=3.0, colour="red")
    graph.add_edge(2, 2, weeks=1.0)
    net = SupplyNetwork.from_graph(graph)
    assert list(net.places) == ["1", "2"]
    back = [] if graph.is_directed() else [("2", "1", 3.0)]
    assert ends(net) == [("1", "2", 3.0), *back, ("2", "2", 1.0)]
    assert net.graph.edges["1", "2", 0]["colour"] == "red"
    by_json = SupplyNetwork.from_node_link(nx.node_link_data(graph, edges="edges"))
    by_xml = SupplyNetwork.from_graphml("\n".join(nx.generate_graphml(graph)))
    assert sorted(ends(by_json)) == sorted(ends(by_xml)) == sorted(ends(net))


def test_the_name_of_a_node_names_the_ends_of_its_lanes():
    data = {
        "nodes": [{"id": 0, "name": "Oulu"}, {"id": 1}, {"id": ["a", 1]}],
        "links": [{"source": 0, "target": 1}, {"source": ["a", 1], "target": 0}],
    }
    net = SupplyNetwork.from_node_link(data)
    assert list(net.places) == ["Oulu", "1", "('a', 1)"]
    assert ends(net) == [("Oulu", "1", 0), ("('a', 1)", "Oulu", 0)]
    graph = nx.Graph()
    graph.add_node(0, name="Oulu")
    graph.add_edge(0, 1)
    assert ends(SupplyNetwork.from_graph(graph)) == [("Oulu", "1", 0), ("1", "Oulu", 0)]


def graphml(inside, keys="", way="directed"):
    return (
        f'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{keys}'
        f'<graph edgedefault="{way}">{inside}</graph></graphml>'
    )


WEEKS = '<key id="w" for="edge" attr.name="weeks" attr.type="double"/>'
TWO = '<node id="a"/><node id="b"/>'


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (graphml(TWO + '<edge source="a" target="c"/>'), "unknown-name", "no node 'c'"),
        (graphml(TWO + '<node id="a"/>'), "duplicate-name", "node id 'a' is given twice"),
        (
            graphml(TWO + 2 * '<edge id="e" source="a" target="b"/>'),
            "duplicate-name",
            "edge id 'e' is given twice",
        ),
        (
            graphml(TWO + '<edge source="a" target="b"><data key="w">soon</data></edge>', WEEKS),
            "wrong-type",
            "'soon' is no double",
        ),
        (
            graphml(TWO + '<edge source="a" target="b"><data key="w">-1</data></edge>', WEEKS),
            "out-of-range",
            "at least 0",
        ),
        (graphml(TWO + '<edge source="a" target="b"><data key="x">1</data></edge>'), "unknown-name",
         "no key 'x'"),
        (graphml(TWO + '<hyperedge/>'), "syntax", "hyperedge"),
        (graphml("") * 2, "syntax", "the XML is broken in line 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_graph_is_a_finding(text, code, words):
    with pytest.raises(InvalidInstanceError) as caught:
        SupplyNetwork.from_graphml(text)
    assert [finding.code for finding in caught.value.findings] == [code]
    assert words in str(caught.value)


def test_nodes_that_are_called_the_same_are_told_apart_by_nobody():
    graph = nx.DiGraph([(1, "1")])
    with pytest.raises(InvalidInstanceError, match="both called '1'"):
        SupplyNetwork.from_graph(graph)
    data = {"nodes": [{"id": 1}, {"id": 1}], "edges": [{"source": 1, "target": 2}]}
    with pytest.raises(InvalidInstanceError) as caught:
        SupplyNetwork.from_node_link(data)
    assert {finding.code for finding in caught.value.findings} == {"duplicate-name", "unknown-name"}
