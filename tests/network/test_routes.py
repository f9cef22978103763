"""Routes against networkx, distances, and places that none leads to."""

import itertools
import pickle
import random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amopt.errors import InvalidInstanceError
from amopt.instance.common import Mode, Place
from amopt.network import SupplyNetwork, unreachable_place
from tests.network.cases import lane, network


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
