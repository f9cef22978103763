"""The supply network: routes against networkx, distances, unreachable places, exchange formats."""

import itertools
import pickle
import random
import re

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amopt.errors import InvalidInstanceError
from amopt.instance.common import Lane, Mode, Network, Place
from amopt.network import SupplyNetwork, unreachable_place


def lane(tail, head, mode="road", **data):
    return Lane(**{"from": tail, "to": head, "mode": mode, **data})


def network(names, lanes=(), modes=()):
    return SupplyNetwork([Place(name=name) for name in names], lanes, modes)


@pytest.fixture
def triangle():
    """A slow cheap way, a fast dear way, and a clean one, from a to c."""
    return network(
        "abcd",
        [
            lane("a", "c", "air", weeks=0.5, cost_per_part=100, kg_co2_per_part=50),
            lane("a", "b", "sea", weeks=4, cost_per_part=5, kg_co2_per_part=6),
            lane("b", "c", "road", weeks=1, cost_per_part=5, kg_co2_per_part=6),
            lane("a", "c", "rail", weeks=3, cost_per_part=40, kg_co2_per_part=2),
        ],
    )


def test_the_criterion_chooses_the_route(triangle):
    for by, path, modes, cost, weeks, kg in [
        ("cost", ("a", "b", "c"), ("sea", "road"), 10, 5, 12),
        ("weeks", ("a", "c"), ("air",), 100, 0.5, 50),
        ("kg_co2", ("a", "c"), ("rail",), 40, 3, 2),
    ]:
        table = triangle.routes(["a"], ["c"], by=by)
        assert table.path("a", "c") == path
        assert table.modes("a", "c") == modes
        assert (table.cost[0, 0], table.weeks[0, 0], table.kg_co2[0, 0]) == (cost, weeks, kg)


def test_a_place_reaches_itself_at_no_cost(triangle):
    table = triangle.routes(["a", "c"], ["a", "c"])
    assert table.cost[0, 0] == table.weeks[0, 0] == 0
    assert table.path("a", "a") == ("a",)
    assert table.modes("a", "a") == ()


def test_unreachable_places_are_told(triangle):
    table = triangle.routes(["a", "b"], ["c", "d", "a"])
    assert table.unreachable() == ("d",)
    assert np.isinf(table.cost[:, 1]).all()
    assert table.path("a", "d") == ()
    assert [row["target"] for row in table.rows()] == ["c", "a", "c"]
    problem = unreachable_place(("demand", 3), "d", table.sources)
    assert problem.code == "unreachable-place"
    assert "'d'" in problem.message
    assert "'a', 'b'" in problem.message


def test_unknown_names_and_criteria_are_refused(triangle):
    with pytest.raises(KeyError):
        triangle.routes(["z"], ["a"])
    with pytest.raises(ValueError, match="chosen by"):
        triangle.routes(["a"], ["c"], by="luck")
    with pytest.raises(ValueError, match="no place"):
        network("a", [lane("a", "b")])
    with pytest.raises(ValueError, match="share a name"):
        network("aa")


def test_ties_go_to_the_quicker_route():
    lanes = [
        lane("a", "c", "slow", weeks=9, cost_per_part=2),
        lane("a", "b", weeks=1, cost_per_part=1),
        lane("b", "c", weeks=1, cost_per_part=1),
    ]
    for order in itertools.permutations(lanes):
        table = network("abc", order).routes(["a"], ["c"])
        assert table.path("a", "c") == ("a", "b", "c")


def test_a_prohibitive_lane_does_not_blur_small_differences():
    lanes = [
        lane("a", "b", "cheap", weeks=1000, cost_per_part=0.001),
        lane("a", "b", "dearer", weeks=0, cost_per_part=0.00101),
        lane("a", "c", cost_per_part=1e12),
    ]
    assert network("abc", lanes).routes(["a"], ["b"]).modes("a", "b") == ("cheap",)


def test_free_lanes_stay_lanes():
    table = network("abc", [lane("a", "b"), lane("b", "c")]).routes(["a"], ["c"])
    assert table.path("a", "c") == ("a", "b", "c")
    assert table.cost[0, 0] == 0


def test_weight_counts_where_cost_is_stated_a_kg():
    lanes = [lane("a", "b", "post", cost_per_part=10), lane("a", "b", "truck", cost_per_kg=2)]
    net = network("ab", lanes)
    assert net.routes(["a"], ["b"], kg_per_part=3).modes("a", "b") == ("truck",)
    assert net.routes(["a"], ["b"], kg_per_part=30).cost[0, 0] == 10


CITIES = [
    Place(name="Helsinki", latitude=60.1699, longitude=24.9384),
    Place(name="Paris", latitude=48.8566, longitude=2.3522),
    Place(name="Tokyo", latitude=35.6762, longitude=139.6503),
    Place(name="nowhere"),
]
ROAD = Mode(name="road", km_per_day=500, detour_factor=1.3, cost_per_kg_km=0.001, longest_km=3000)
AIR = Mode(
    name="air", km_per_day=10000, handling_days=2, cost_per_kg_km=0.005, kg_co2_per_kg_km=0.0006
)


def test_great_circle_distances():
    net = SupplyNetwork(CITIES)
    km = net.distances_km(["Helsinki", "nowhere"], ["Paris", "Tokyo", "nowhere", "Helsinki"])
    assert km[0, 0] == pytest.approx(1908, rel=2e-3)
    assert km[0, 1] == pytest.approx(7822, rel=2e-3)
    assert km[0, 3] == 0
    assert np.isinf(km[:, 2]).all()
    assert np.isinf(km[1]).all()
    poles = SupplyNetwork(
        [Place(name="N", latitude=90, longitude=0), Place(name="S", latitude=-90, longitude=77)]
    )
    assert poles.distances_km(["N"], ["S"])[0, 0] == pytest.approx(np.pi * 6371.0088)


def test_modes_join_places_with_coordinates():
    net = SupplyNetwork(CITIES, modes=[ROAD, AIR])
    km = net.distances_km(["Helsinki"], ["Paris", "Tokyo"])[0]
    table = net.routes(["Helsinki"], ["Paris", "Tokyo", "nowhere"], kg_per_part=10)
    assert table.modes("Helsinki", "Paris") == ("road",)
    assert table.cost[0, 0] == pytest.approx(1.3 * km[0] * 0.01)
    assert table.weeks[0, 0] == pytest.approx(1.3 * km[0] / 500 / 7)
    assert table.modes("Helsinki", "Tokyo") == ("air",)  # the road is too long
    assert table.kg_co2[0, 1] == pytest.approx(km[1] * 0.006)
    assert table.unreachable() == ("nowhere",)
    assert net.routes(["Helsinki"], ["Paris"], by="weeks").modes("Helsinki", "Paris") == ("air",)


def test_a_given_lane_stands_for_its_mode():
    given_road = lane("Helsinki", "Paris", "road", cost_per_part=999, weeks=9)
    net = SupplyNetwork(CITIES, [given_road], [ROAD])
    assert net.routes(["Helsinki"], ["Paris"], kg_per_part=1).cost[0, 0] == 999


def test_a_route_holds_one_lane_by_distance_and_any_given_ones():
    lanes = [lane("nowhere", "Paris", "ship", weeks=1), lane("Helsinki", "last", "drone", weeks=1)]
    net = SupplyNetwork([*CITIES, Place(name="last")], lanes, [ROAD])
    table = net.routes(["nowhere"], ["last", "Tokyo"], kg_per_part=1)
    assert table.path("nowhere", "last") == ("nowhere", "Paris", "Helsinki", "last")
    assert table.modes("nowhere", "last") == ("ship", "road", "drone")
    assert table.unreachable() == ("Tokyo",)
    # Two roads end to end would reach further than one may.
    far = [Place(name=f"p{i}", latitude=0.0, longitude=20.0 * i) for i in range(3)]
    assert SupplyNetwork(far, modes=[ROAD]).routes(["p0"], ["p1", "p2"]).unreachable() == ("p2",)


def test_an_empty_network_has_no_routes():
    table = network("ab").routes(["a"], ["b"])
    assert table.unreachable() == ("b",)
    assert network("ab").routes([], []).rows() == []


def random_network(seed, size=9, lanes=25):
    rng = random.Random(seed)
    names = [f"p{i}" for i in range(size)]
    return SupplyNetwork(
        [
            Place(name=n, latitude=rng.uniform(-60, 60), longitude=rng.uniform(-180, 180))
            for n in names
        ],
        [
            lane(
                *rng.sample(names, 2),
                rng.choice(["road", "sea"]),
                weeks=rng.randint(0, 5),
                cost_per_part=rng.randint(0, 5),
                kg_co2_per_part=rng.randint(0, 5),
            )
            for _ in range(lanes)
        ],
    )


@pytest.mark.parametrize("seed", range(20))
def test_routes_agree_with_networkx(seed):
    net = random_network(seed)
    names = tuple(net.places)
    for by, weight in [
        ("cost", "cost_per_part"),
        ("weeks", "weeks"),
        ("kg_co2", "kg_co2_per_part"),
    ]:
        table = net.routes(names, names, by=by)
        measured = {"cost": table.cost, "weeks": table.weeks, "kg_co2": table.kg_co2}[by]
        for row, source in enumerate(names):
            expected = nx.single_source_dijkstra_path_length(net.graph, source, weight=weight)
            for column, target in enumerate(names):
                assert measured[row, column] == pytest.approx(expected.get(target, np.inf))
                path = table.path(source, target)
                assert (not path) == (target not in expected)
                assert all(net.graph.has_edge(a, b) for a, b in itertools.pairwise(path))


def test_the_order_of_rows_decides_nothing():
    net = random_network(3)
    names = tuple(net.places)
    table = net.routes(names, names)
    turned = SupplyNetwork(reversed(net.places.values()), reversed(net.lanes)).routes(names, names)
    assert np.array_equal(table.cost, turned.cost)
    assert np.array_equal(table.weeks, turned.weeks)
    assert [row["path"] for row in table.rows()] == [row["path"] for row in turned.rows()]


def test_the_graph_is_changed_in_a_copy(triangle):
    with pytest.raises(nx.NetworkXError, match=r"[Ff]rozen"):
        triangle.graph.add_edge("a", "d", mode="road")
    copy = nx.MultiDiGraph(triangle.graph)
    copy.add_edge("a", "d", mode="road", weeks=2.0)
    changed = SupplyNetwork.from_graph(copy)
    assert changed.routes(["a"], ["d"]).weeks[0, 0] == 2
    assert triangle.routes(["a"], ["d"]).unreachable() == ("d",)
    assert set(pickle.loads(pickle.dumps(triangle)).graph) == set(triangle.graph)


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_a_weight_that_is_none_is_refused(triangle, weight):
    with pytest.raises(ValueError, match="weighs"):
        triangle.routes(["a"], ["c"], kg_per_part=weight)


extreme = st.sampled_from([0.0, 5e-324, 1e-308, 1e-3, 1.0, 1e3, 1e4])
weights = st.sampled_from([0.0, 5e-324, 1.0, 1e9, 1e300, 1.7e308])


@pytest.mark.filterwarnings("error")
@given(st.data(), weights, st.sampled_from(["cost", "weeks", "kg_co2"]))
def test_extreme_numbers_make_routes_or_none(data, kg, by):
    places = [*CITIES, Place(name="Helsinki too", latitude=60.1699, longitude=24.9384)]
    names = [place.name for place in places]
    fields = ["weeks", "cost_per_part", "cost_per_kg", "kg_co2_per_part", "kg_co2_per_kg"]
    lanes = [
        lane(tail, head, **{field: data.draw(extreme) for field in fields})
        for tail, head in itertools.pairwise(names)
    ]
    mode = Mode(
        name="air",
        km_per_day=max(1e-3, data.draw(extreme)),
        detour_factor=min(max(1.0, data.draw(extreme)), 100.0),
        cost_per_kg_km=data.draw(extreme),
        kg_co2_per_kg_km=data.draw(extreme),
    )
    table = SupplyNetwork(places, lanes, [mode]).routes(names, names, by=by, kg_per_part=kg)
    measures = np.stack([table.cost, table.weeks, table.kg_co2])
    assert not np.isnan(measures).any()
    assert (np.isfinite(measures) == table.reached).all()
    assert all(table.path(row["source"], row["target"]) for row in table.rows())


def test_a_speed_beyond_any_vehicle_is_refused():
    for speed in (0.0, 1e-308, 1e7):
        with pytest.raises(InvalidInstanceError, match=r"km_per_day: .* is out of range"):
            Mode(name="snail", km_per_day=speed)


def test_a_route_table_travels_between_processes():
    table = random_network(1).routes(["p0"], ["p1"])
    copy = pickle.loads(pickle.dumps(table))
    assert copy.path("p0", "p1") == table.path("p0", "p1")
    assert copy.modes("p0", "p1") == table.modes("p0", "p1")


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
