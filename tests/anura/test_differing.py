"""What the schema lets differ by site, type of machine or period, and amopt does not."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt import anura
from amopt.anura.outputs.tables import output_tables
from tests.anura.models import SOURCING, TEXTBOOK, Tables, changed, findings, write

REFUSED = "not-representable"


def second_type(*, sites: tuple[str, ...]) -> Tables:
    """Return the textbook model with a work centre of another type at some sites."""
    tables = changed()
    for site in sites:
        tables["WorkCenters"].append(
            {"WorkCenterName": "FDM #1", "FacilityName": site, "WorkCenterStatus": "Consider",
             "InitialState": "Potential", "FixedOperatingCost": 100}
        )  # fmt: skip
        tables["ProductionPolicies"].append(
            {"FacilityName": site, "ProductName": "bracket", "WorkCenterName": "FDM #1",
             "ProductionRate": 0.1, "RateQuantityUOM": "EA", "RateTimeUOM": "HR", "UnitCost": 12}
        )  # fmt: skip
    return tables


@pytest.mark.parametrize("sites", [("Arnhem",), ("Arnhem", "Breda")])
def test_types_of_machine_are_not_limited_by_site(tmp_path: Path, sites: tuple[str, ...]) -> None:
    """The model lets two SLS and one FDM stand at Arnhem; amopt lets any three machines."""
    found = findings(second_type(sites=sites), tmp_path / "m")
    assert {one[:2] for one in found} == {("WorkCenters", REFUSED)}
    assert "type" in found[0][2]


def test_a_machine_that_may_not_make_a_product_where_others_do_is_refused(tmp_path: Path) -> None:
    """Without its rows Arnhem makes nothing; amopt would print there, at 2,980."""
    tables = changed()
    there = tables["ProductionPolicies"]
    tables["ProductionPolicies"] = [row for row in there if row["FacilityName"] == "Breda"]
    found = findings(tables, tmp_path / "site")
    assert [one[:2] for one in found] == [("WorkCenters", REFUSED)]
    assert "'bracket'" in found[0][2]
    tables["ProductionPolicies"] = there[1:]
    assert [one[:2] for one in findings(tables, tmp_path / "one")] == [("WorkCenters", REFUSED)]
    tables["ProductionPolicies"] = [{**row, "WorkCenterName": "SLS"} for row in there[::2]]
    assert anura.read(write(tables, tmp_path / "type")).data["parts"]


def test_costs_and_hours_of_machines_in_periods_of_unlike_length_are_told(tmp_path: Path) -> None:
    tables = changed(
        Periods=[{"PeriodName": name, "StartDate": day} for name, day in
                 (("January", "2025-01-01"), ("the rest", "2025-02-01"))],
    )  # fmt: skip
    found = anura.read(write(tables, tmp_path / "m"))
    said = {(one.table, one.column, one.sort) for one in found.remarks}
    for column in ("ThroughputCapacity", "FixedOperatingCost"):
        assert ("WorkCenters", column, "assumed") in said
    equal = {(one.table, one.column) for one in anura.read(write(TEXTBOOK, tmp_path / "n")).remarks}
    assert ("WorkCenters", "ThroughputCapacity") not in equal


@pytest.mark.parametrize(
    ("periods", "code"),
    [
        ([("a", "2025-01-01"), ("b", None)], "missing-key"),
        ([("a", "2025-01-01"), (None, "2025-06-01")], "missing-key"),
        ([("a", "2025-01-01"), ("a", "2025-06-01")], "duplicate-name"),
    ],
)
def test_a_period_without_its_name_or_first_day_is_found(
    tmp_path: Path, periods: list[tuple[str | None, str | None]], code: str
) -> None:
    tables = changed(Periods=[{"PeriodName": name, "StartDate": day} for name, day in periods])
    assert [one[:2] for one in findings(tables, tmp_path / "m")] == [("Periods", code)]


def test_a_supply_that_is_stated_twice_is_found(tmp_path: Path) -> None:
    tables = changed()
    tables["SupplierCapabilities"].append({**tables["SupplierCapabilities"][0], "UnitCost": 1})
    assert [one[:2] for one in findings(tables, tmp_path / "m")] == [
        ("SupplierCapabilities", "duplicate-key")
    ]
    tables = copy.deepcopy(SOURCING)
    tables["SupplierCapabilities"].append({**tables["SupplierCapabilities"][0], "UnitCost": 1})
    assert [one[:2] for one in findings(tables, tmp_path / "n", kind="sourcing")] == [
        ("SupplierCapabilities", "duplicate-key")
    ]


def test_an_order_without_a_number_or_of_several_products_is_told(tmp_path: Path) -> None:
    tables = copy.deepcopy(SOURCING)
    tables["CustomerOrders"].append({**tables["CustomerOrders"][0], "OrderID": None})
    assert [one[:2] for one in findings(tables, tmp_path / "m", kind="sourcing")] == [
        ("CustomerOrders", "missing-key")
    ]
    tables["CustomerOrders"][1] = {**tables["CustomerOrders"][0], "OrderID": "8",
                                   "ProductName": "ALL"}  # fmt: skip
    tables["Products"].append({"ProductName": "bolt", "UnitWeight": 1, "UnitWeightUOM": "KG"})
    tables["SupplierCapabilities"].append(
        {"SupplierName": "Foundry", "ProductName": "bolt", "UnitCost": 1}
    )
    assert [one[:2] for one in findings(tables, tmp_path / "n", kind="sourcing")] == [
        ("CustomerOrders", REFUSED)
    ]


def test_a_duty_is_of_the_value_of_one_piece(tmp_path: Path) -> None:
    tables = changed(
        UnitsOfMeasure=[{"Symbol": "DZ", "Type": "Quantity", "Ratio": 12}],
        Products=[{"ProductName": "bracket", "UnitWeight": 2, "UnitValue": 240,
                   "UnitValueUOM": "DZ"}],
    )  # fmt: skip
    lane = tables["TransportationPolicies"][0]
    lane |= {"UnitCost": None, "DutyRate": 5}
    lanes = anura.read(write(tables, tmp_path / "m")).data["network"]["lanes"]
    assert lanes[0]["cost_per_part"] == pytest.approx(0.05 * 20)
    lane |= {"ProductValueForDutyCost": 360, "ProductValueForDutyCostUOM": "DZ"}
    lanes = anura.read(write(tables, tmp_path / "n")).data["network"]["lanes"]
    assert lanes[0]["cost_per_part"] == pytest.approx(0.05 * 30)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("CustomerDemand", "MaximumBackorderPeriods", 1),
        ("CustomerDemand", "PerUnitBackorderCost", 1),
        ("FacilityDemand", "PenaltyCost", 1),
        ("InventoryPolicies", "InitialInventory", 10),
        ("InventoryPolicies", "TimeBetweenInventoryTurns", 10),
    ],
)
def test_a_column_that_would_change_the_answer_is_refused(
    tmp_path: Path, table: str, column: str, value: float
) -> None:
    rows: dict[str, dict[str, Any]] = {
        "CustomerDemand": TEXTBOOK["CustomerDemand"][0],
        "FacilityDemand": {"FacilityName": "Breda", "ProductName": "bracket", "Quantity": 1},
        "InventoryPolicies": {"FacilityName": "Breda", "ProductName": "bracket"},
    }
    found = findings(changed(**{table: [{**rows[table], column: value}]}), tmp_path / "m")
    assert [one[:2] for one in found] == [(table, REFUSED)]


def sums(name: str, table: str, *columns: str, **changes: Any) -> tuple[float, dict[str, float]]:
    """Return what columns of an output table add up to, and the bill of the answer."""
    instance = amopt.load({**amopt.load(name).to_dict(), **changes})
    answer = amopt.solve(instance, forms=False)
    rows = output_tables(instance, answer, "a")[table]
    bill = {row["cost"]: row["optimum"] for row in answer.rows["bill"]}
    return sum(row[column] for row in rows for column in columns), bill


def test_what_printing_costs_follows_speed_contracts_and_fees() -> None:
    """Oracle: the bill of the answer, which the referee has judged."""
    made, bill = sums("placement/mobile-factory", "OptimizationProductionSummary", "ProductionCost")
    assert made == pytest.approx(bill["printing"])
    contracted = [
        {"place": "Arnhem", "ownership": "contracted", "fee_per_part": 1.5,
         "contracts": [{"machine": "SLS", "hours_per_year": 900, "cost_per_hour": 0.7}]},
        {"place": "Breda", "state": "closed"},
    ]  # fmt: skip
    made, bill = sums("placement/textbook", "OptimizationProductionSummary", "ProductionCost",
                      sites=contracted)  # fmt: skip
    assert made == pytest.approx(bill["printing"])
    assert bill["printing"] == pytest.approx(200 * (10 + 4 * 0.7 + 1.5))


def test_what_machines_cost_follows_the_price_when_they_were_bought() -> None:
    data = amopt.load("placement/mobile-factory").to_dict()
    kept = [{**one, "resale_loss": 0.0} for one in data["machines"]]
    for machines in (kept, data["machines"]):
        paid, bill = sums("placement/mobile-factory", "OptimizationWorkCenterSummary",
                          "StartupCost", "OperatingCost", machines=machines)  # fmt: skip
        assert paid == pytest.approx(bill["machines"] + bill["operators"])
    owned = [{**site, "owned": [{"machine": "SLS", "count": 1}], "most_machines": 2}
             for site in amopt.load("placement/textbook").to_dict()["sites"]]  # fmt: skip
    paid, bill = sums("placement/textbook", "OptimizationWorkCenterSummary", "StartupCost",
                      "OperatingCost", sites=owned)  # fmt: skip
    assert paid == pytest.approx(bill["machines"] + bill["operators"])
