"""Numbers of a model that nothing is divided by, and those that differ by rounding alone."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt import anura
from tests.anura.models import SOURCING, TEXTBOOK, changed, findings, write

PLACES = {"Arnhem": (52.0, 5.9), "Breda": (51.6, 4.8), "Cuijk": (51.7, 5.9), "Foundry": (48.8, 9.2)}


def placed() -> dict[str, list[dict[str, Any]]]:
    """Return the textbook model with coordinates, and without times of transport."""
    tables = copy.deepcopy(TEXTBOOK)
    for table, column in (
        ("Customers", "CustomerName"),
        ("Facilities", "FacilityName"),
        ("Suppliers", "SupplierName"),
    ):
        for row in tables[table]:
            if row[column] in PLACES:
                row["Latitude"], row["Longitude"] = PLACES[row[column]]
    for row in tables["TransportationPolicies"]:
        del row["TransportTime"]
        row.pop("TransportTimeUOM", None)
    return tables


def process(**cells: object) -> dict[str, list[dict[str, Any]]]:
    """Return the textbook model with a process of a step."""
    policies = [
        {key: value for key, value in row.items() if "Rate" not in key} | {"ProcessName": "print"}
        for row in TEXTBOOK["ProductionPolicies"]
    ]
    step = {"ProcessName": "print", "StepName": "1",
            "ProcessingRate": 0.25, "RateQuantityUOM": "EA", "RateTimeUOM": "HR"}  # fmt: skip
    return changed(ProductionPolicies=policies, Processes=[{**step, **cells}])


@pytest.mark.parametrize("value", [0, -5])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("ModelSettings", "AverageSpeed"),
        ("UnitsOfMeasure", "Ratio"),
        ("ProductUnitsOfMeasure", "Quantity"),
        ("TransportationPolicies", "AverageShipmentSize"),
        ("Processes", "LotSize"),
        ("Processes", "YieldPercentage"),
    ],
)
def test_nothing_is_divided_by_what_is_not_above_0(
    tmp_path: Path, table: str, column: str, value: float
) -> None:
    tables = placed() if table == "ModelSettings" else process(FixedTime=1, FixedTimeUOM="HR")
    tables["UnitsOfMeasure"] = [{"Symbol": "DZ", "Type": "Quantity", "Ratio": 12}]
    tables["ProductUnitsOfMeasure"] = [
        {"ProductName": "bracket", "UOMSymbol": "BOX", "Quantity": 4}
    ]
    tables["CustomerDemand"][0]["QuantityUOM"] = "DZ"
    tables["CustomerDemand"][1]["QuantityUOM"] = "BOX"
    tables["TransportationPolicies"][0] |= {"FixedCost": 3, "AverageShipmentSize": 2}
    anura.read(write(tables, tmp_path / "well"))
    tables[table][0][column] = value
    found = findings(tables, tmp_path / "m")
    assert [one[:2] for one in found] == [(table, "out-of-range")]  # once, and nothing else
    assert found[0][2] == f"{column}: {value} is not above 0."


def test_hours_and_emissions_that_differ_by_rounding_alone_are_one(tmp_path: Path) -> None:
    """The same hours, costs and emissions in other units at the other site."""
    tables = changed()
    for row in tables["ProductionPolicies"]:
        row |= {"ProductionRate": 0.3, "CO2EmissionRate": 0.7, "UnitCost": 11.1}
        if row["FacilityName"] == "Breda":
            row |= {"ProductionRate": 0.3 / 60, "RateTimeUOM": "MIN"}
    other = copy.deepcopy(tables["ProductionPolicies"])
    for row in other:  # twice the hours, and twice the emissions
        row |= {"ProductName": "lever", "ProductionRate": 0.15 / 60, "RateTimeUOM": "MIN",
                "CO2EmissionRate": 1.4}  # fmt: skip
    tables["ProductionPolicies"] += other
    tables["Products"].append({"ProductName": "lever", "UnitWeight": 1})
    tables["CustomerDemand"].append(
        {"CustomerName": "Arnhem", "ProductName": "lever", "Quantity": 3}
    )
    for row in tables["WorkCenters"]:
        row["ThroughputCapacity"] = 799.9
        if row["FacilityName"] == "Breda":
            row |= {"ThroughputCapacity": 799.9 * 60, "ThroughputCapacityUOM": "MIN"}
    lane = {"OriginName": "Foundry", "DestinationName": "Cuijk", "ProductName": "bracket",
            "UnitCost": 0.3, "TransportTime": 0.7, "TransportTimeUOM": "DAY"}  # fmt: skip
    tables["TransportationPolicies"] = [
        lane,
        {**lane, "ProductName": "lever", "TransportTime": 0.7 * 24, "TransportTimeUOM": "HR"},
    ]
    found = anura.read(write(tables, tmp_path / "m")).data
    assert [one["name"] for one in found["machines"]] == ["SLS"]
    assert found["machines"][0]["kg_co2_per_hour"] == pytest.approx(0.21)
    tables["ProductionPolicies"][-1]["CO2EmissionRate"] = 1.4001
    assert ("ProductionPolicies", "not-representable") in {
        one[:2] for one in findings(tables, tmp_path / "other")
    }


def test_a_component_with_step_costs_does_not_come_for_nothing(tmp_path: Path) -> None:
    tables = changed(
        StepCosts=[{"StepCostName": "steps", "ThroughputLevel": 0, "Cost": 7}],
        BillsOfMaterials=[{"BOMName": "kit", "ProductName": "nut", "ProductType": "Component",
                           "Quantity": 2}],
    )  # fmt: skip
    tables["Products"].append({"ProductName": "nut", "UnitWeight": 1})
    tables["Suppliers"].append({"SupplierName": "Shop"})
    tables["SupplierCapabilities"] += [
        {"SupplierName": "Foundry", "ProductName": "nut", "UnitCost": "steps"},
        {"SupplierName": "Shop", "ProductName": "nut", "UnitCost": 5},
    ]
    for row in tables["ProductionPolicies"]:
        row["BOMName"] = "kit"
    data = anura.read(write(tables, tmp_path / "m")).data
    assert data["parts"][0]["print"][0]["material_cost"] == pytest.approx(10 + 2 * 5)
    del tables["SupplierCapabilities"][-1]
    (found,) = findings(tables, tmp_path / "other")
    assert found[:2] == ("BillsOfMaterials", "not-representable")
    assert "step costs" in found[2]


def test_steps_at_one_level_are_not_taken_for_the_last(tmp_path: Path) -> None:
    tables = copy.deepcopy(SOURCING)
    tables["StepCosts"].append({**tables["StepCosts"][1], "Cost": 30})
    (found,) = findings(tables, tmp_path / "m", kind="sourcing")
    assert found[:2] == ("StepCosts", "duplicate-key")
    tables["StepCosts"][-1]["Cost"] = 40  # said twice
    answer = amopt.solve(anura.read(write(tables, tmp_path / "n"), kind="sourcing").instance)
    assert answer.outcome.objective == pytest.approx(492)


def test_what_is_read_twice_is_told_once(tmp_path: Path) -> None:
    tables = changed()
    tables["SupplierCapabilities"][0] |= {"ProductName": "braket"}
    tables["Facilities"][0]["FacilityStatus"] = "Perhaps"
    tables["ModelSettings"][0]["CO2Cost"] = "much"
    told = findings(tables, tmp_path / "m")
    assert len(told) == len(set(told)) == 3
    tables = changed()
    tables["SupplierCapabilities"][0]["UnitCost"] = "steps"
    found = anura.read(write(tables, tmp_path / "n"), lossy=True)
    refused = [one for one in found.remarks if one.sort == "refused"]
    assert [(one.table, one.rows) for one in refused] == [("SupplierCapabilities", 1)]
