"""What an instance holds is told before it is solved, and rightly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import amopt
from amopt.instance import catalogue
from amopt.instance.common import Network
from amopt.overview.figures import pictured
from amopt.overview.oddities import far_off, of_columns
from amopt.sourcing.demand import needs

ONE_OF_EACH = {
    name.partition("/")[0]: name
    for name in reversed(catalogue.names())
    if name not in ("placement/synthetic", "sourcing/portfolio-36x7")
}


@pytest.mark.parametrize("name", sorted(set(ONE_OF_EACH.values()) - {"maintenance/example"}))
def test_every_shipped_instance_is_shown(name: str) -> None:
    found = amopt.show(amopt.load(name))
    program = found.rows["program"]
    for part, total in (("variables", "variables"), ("constraints", "constraints")):
        rows = [row for row in program if row["part"] == part]
        assert sum(row["number"] for row in rows) == found.size[total]
        assert sum(row["nonzeros"] for row in rows) == found.size["nonzeros"]
    assert not found.rows["unreached"]
    assert not any(row["what"] == "nothing refers to it" for row in found.rows["oddities"])
    assert found.headline()[-1].endswith("nothing was solved.")


@pytest.mark.parametrize("name", ["placement/textbook", "placement/mobile-factory"])
def test_the_size_is_that_of_the_formulation(name: str) -> None:
    from amopt.program.pyomo import compile_model

    instance = amopt.load(name)
    program = compile_model(amopt.formulate(instance)).program
    size = amopt.show(instance).size
    assert (size["constraints"], size["variables"]) == program.matrix.shape
    assert size["nonzeros"] == program.matrix.nnz
    assert size["whole"] == int(program.integer.sum())


def placement(**changes: object) -> amopt.Instance:
    data = amopt.load("placement/textbook").to_dict()
    data["network"]["places"] += [{"name": "island"}, {"name": "far site"}]
    data["sites"] += [{"place": "far site", "most_machines": 1}]
    return amopt.load({**data, **changes})


def test_places_that_no_lane_reaches_are_listed() -> None:
    rows = amopt.show(placement()).rows["unreached"]
    assert {row["place"]: row["why"] for row in rows} == {
        "island": "no lane touches it",
        "far site": "could supply, and no route leads to any place that needs",
    }


def test_demand_is_held_against_the_hours_of_all_machines() -> None:
    (row,) = amopt.show(amopt.load("placement/textbook")).rows["demand"]
    assert (row["needed"], row["available"], row["share"]) == (800.0, 3200.0, 25.0)


def test_hours_of_a_machine_that_prints_nothing_asked_for_are_no_capacity() -> None:
    data = amopt.load("placement/textbook").to_dict()
    data["machines"].append({"name": "FDM", "hours_per_year": 1000})
    sold = [{"machine": "FDM", "hours_per_year": 700}, {"machine": "SLS", "hours_per_year": 50}]
    data["sites"][0] = {"place": "Arnhem", "ownership": "contracted", "contracts": sold}
    (row,) = amopt.show(amopt.load(data)).rows["demand"]
    assert (row["needed"], row["available"]) == (800.0, 2 * 800.0 + 50.0)


def test_demand_above_capacity_is_said() -> None:
    found = amopt.show(amopt.load("licensing/ten-buyers"))
    assert found.headline()[1] == "More is asked for than there is: all buyers of Hamburg."
    row = next(row for row in found.rows["demand"] if row["what"] == "all buyers of Hamburg")
    assert (row["needed"], row["available"]) == (pytest.approx(31.6), 12.0)


def test_a_choice_among_parts_is_no_shortage() -> None:
    said = amopt.show(amopt.load("screening/norwind")).headline()
    assert not [words for words in said if "asked for" in words]
    assert "Of 240 parts, 6 at most are to be examined." in said


def test_what_the_file_holds_is_counted_once() -> None:
    for name, portfolio in (("mission", "portfolio rows 14"), ("norwind", "portfolio 240")):
        said = amopt.show(amopt.load(f"screening/{name}")).headline()[0]
        assert said.count("portfolio") == 1
        assert portfolio in said


def test_a_slip_of_the_decimal_point_is_found() -> None:
    data = amopt.load("sourcing/table-4").to_dict()
    data["conventional"][3]["lead_time_weeks"] *= 1000
    odd = amopt.show(amopt.load(data)).rows["oddities"]
    entry = data["conventional"][3]["part"]
    assert any(
        row["entry"] == entry and row["key"] == "lead_time_weeks" and "times" in row["what"]
        for row in odd
    )


def test_numbers_that_join_sheets_are_no_data() -> None:
    quotes = [{"quantity": n, "cost_per_part": 9 - n / 10, "lead_time_weeks": 1} for n in (1, 9)]
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "Many offers",
        "parts": [{"name": "bush"}],
        "lines": [{"line": "1", "part": "bush", "quantity": 4}],
        "offers": [
            {"supplier": f"s{n}", "part": "bush", "between": "all_units", "quotes": quotes}
            for n in range(40)
        ],
    }
    odd = amopt.show(amopt.load(data)).rows["oddities"]
    assert "offer" not in {row["key"] for row in odd}


def test_names_alike_and_unused_are_found() -> None:
    data = amopt.load("placement/textbook").to_dict()
    part = data["parts"][0]
    data["parts"].append({**part, "name": f"{part['name'].upper()}_"})
    odd = amopt.show(amopt.load(data)).rows["oddities"]
    assert {row["entry"] for row in odd} == {f"{part['name'].upper()}_"}
    whats = [row["what"] for row in odd]
    assert whats[0].startswith("differs from 'bracket' by capitals")
    assert whats[1] == "nothing refers to it"


def test_coordinates_that_are_swapped_or_left_zero_are_found() -> None:
    data = amopt.load("placement/aircraft-today").to_dict()
    places = data["network"]["places"]
    places[3]["latitude"] = places[3]["longitude"] = 0.0
    odd = amopt.show(amopt.load(data)).rows["oddities"]
    assert [row["entry"] for row in odd if row["collection"] == "places"] == [places[3]["name"]]


TOWNS = {"Arnhem": (51.98, 5.91), "Breda": (51.59, 4.78), "Zwolle": (52.51, 6.09),
         "Essen": (51.46, 7.01)}  # fmt: skip


def odd_places(towns: dict[str, tuple[float, float]]) -> dict[str, str]:
    data = amopt.load("placement/textbook").to_dict()
    extra = [{"name": name, "latitude": at[0], "longitude": at[1]} for name, at in towns.items()]
    names = {one["name"] for one in extra}
    kept = [one for one in data["network"]["places"] if one["name"] not in names]
    for place in kept:
        place.pop("latitude", None)
        place.pop("longitude", None)
    data["network"]["places"] = [*kept, *extra]
    odd = amopt.show(amopt.load(data)).rows["oddities"]
    return {row["entry"]: row["what"] for row in odd if row["collection"] == "places"
            and row["key"] == "latitude, longitude"}  # fmt: skip


def test_latitude_and_longitude_exchanged_are_odd() -> None:
    assert odd_places(TOWNS) == {}
    one = {**TOWNS, "Breda": TOWNS["Breda"][::-1]}
    found = odd_places(one)
    assert set(found) == {"Breda"}
    assert "km with the two exchanged" in found["Breda"]
    every = odd_places({name: at[::-1] for name, at in TOWNS.items()})
    assert list(every) == ["Arnhem"]
    assert "in the sea, and on land with the two exchanged" in every["Arnhem"]
    at_sea = {"Dogger": (54.7, 2.5), "Viking": (59.1, 1.0), "Utsira": (59.3, 4.9)}
    assert odd_places(at_sea) == {}


def scattered(number: int) -> dict[str, tuple[float, float]]:
    """Return towns of a grid over the Netherlands."""
    return {f"town {k:04}": (51.0 + 0.05 * (k % 40), 4.0 + 0.05 * (k // 40)) for k in range(number)}


def test_the_last_of_many_places_is_looked_at_as_the_first() -> None:
    towns = scattered(350)
    assert odd_places(towns) == {}
    latitude, longitude = towns["town 0349"]
    found = odd_places({**towns, "town 0349": (longitude, latitude)})
    assert list(found) == ["town 0349"]
    assert "with the two exchanged" in found["town 0349"]
    far = odd_places({**scattered(1100), "Cairo": (30.0, 31.2)})
    assert list(far) == ["Cairo"]
    assert "km from the others" in far["Cairo"]


def test_odd_values_that_are_not_listed_are_counted() -> None:
    values = [1.0] * 60 + [1000.0] * 25
    names = [str(k) for k in range(85)]
    rows = list(of_columns("parts", names, {"cost": values}))
    assert len(rows) == 20
    assert rows[0]["what"] == "1,000 times the median"
    assert rows[-1]["what"] == "1,000 times the median; 5 more are as odd"


def test_a_picture_says_what_it_leaves_out() -> None:
    places = [{"name": f"p{k}"} for k in range(420)]
    lanes = [
        {"from": "p0", "to": f"p{k}", "mode": mode, "weeks": 1}
        for k in range(1, 420)
        for mode in ("road", "rail")
    ]
    data = amopt.load("placement/textbook").to_dict()
    data["network"]["places"] += places
    data["network"]["lanes"] += lanes
    titles = list(amopt.show(amopt.load(data)).figures())
    assert titles[0] == "The network: 400 of 423 places"
    net = Network.model_validate({"places": places, "lanes": lanes})
    assert pictured(net, most_lanes=100) == "The network: 400 of 420 places, 100 of 419 lanes"
    assert pictured(amopt.load("placement/aircraft-today").network) == "The network"


def test_a_wide_spread_is_not_odd() -> None:
    assert far_off(10.0 ** np.linspace(0, 6, 50))[0].size == 0
    odd, median = far_off([1.0, 1.1, 0.9, 1.2, 0.8, 1000.0, 0.001, -5.0, np.nan])
    assert odd.tolist() in ([5, 6], [6, 5])
    assert median == pytest.approx(1.0)
    assert far_off([1.0, 1.0, 1.0, 1000.0])[0].size == 0


def test_the_command_writes_a_page_and_json(tmp_path: Path) -> None:
    run = subprocess.run(
        [
            *(sys.executable, "-m", "amopt", "show", "placement/textbook"),
            *("--json", "--html-light", "page.html"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(run.stdout)
    assert said["size"]["variables"] == 13
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.count("<figure>") == 2
    assert "nothing was solved" in text


@pytest.mark.parametrize(("orders", "most"), [("together", 5.0), ("by_line", 10.0)])
def test_the_largest_order_is_of_all_lines_where_they_are_placed_together(
    orders: str, most: float
) -> None:
    quote = {"cost_per_part": 9.0, "lead_time_weeks": 1.0}
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "two lines",
        "orders": orders,
        "parts": [{"name": "lever"}],
        "lines": [{"line": name, "part": "lever", "quantity": 4} for name in ("a", "b")],
        "offers": [
            {
                "supplier": "north",
                "part": "lever",
                "largest_quantity": 5,
                "quotes": [{"quantity": 1, **quote}, {"quantity": 5, **quote}],
            }
        ],
    }
    instance = amopt.load(data)
    (found,) = needs(instance)
    assert found[1:3] == (8.0, most)
    try:
        amopt.solve(instance)
        enough = True
    except amopt.InfeasibleError:
        enough = False
    assert enough == (most >= 8)
