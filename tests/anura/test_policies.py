"""Who may supply whom, groups, and what would change the answer and was only left out."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt import anura
from tests.anura.models import SOURCING, Tables, changed, findings, write


def lanes(tables: Tables, folder: Path) -> set[tuple[str, str]]:
    """Return the ends of the lanes of a model."""
    found = anura.read(write(tables, folder)).data["network"]
    return {(one["from"], one["to"]) for one in found["lanes"]}


def test_a_place_whose_sources_all_lie_out_of_range_is_supplied_by_nobody(tmp_path: Path) -> None:
    tables = changed(
        ReplenishmentPolicies=[
            {"FacilityName": "Breda", "ProductName": "bracket", "SourceName": "Arnhem",
             "MaxSourcingRange": 50, "MaxSourcingRangeUOM": "KM"},
        ],
    )  # fmt: skip
    for name, at in (("Arnhem", (52.0, 5.9)), ("Breda", (51.6, 4.8))):
        for table, column in (("Facilities", "FacilityName"), ("Customers", "CustomerName")):
            row = next(row for row in tables[table] if row[column] == name)
            row["Latitude"], row["Longitude"] = at
    there = {("Arnhem", "Cuijk"), ("Breda", "Cuijk"), ("Breda", "Arnhem"), ("Foundry", "Arnhem"),
             ("Foundry", "Cuijk")}  # fmt: skip
    assert lanes(tables, tmp_path / "near") == there
    tables["ReplenishmentPolicies"][0]["MaxSourcingRange"] = 100  # 87 km lie between them
    assert lanes(tables, tmp_path / "far") == there | {("Arnhem", "Breda")}
    del tables["TransportationPolicies"]
    tables["CustomerDemand"].pop()  # Cuijk has no site
    assert lanes(tables, tmp_path / "bare") == {("Arnhem", "Breda")}
    tables["ReplenishmentPolicies"][0]["MaxSourcingRange"] = 50
    assert lanes(tables, tmp_path / "none") == set()


def test_a_range_between_places_that_lie_nowhere_is_refused(tmp_path: Path) -> None:
    tables = changed(
        ReplenishmentPolicies=[{"FacilityName": "Breda", "SourceName": "Arnhem",
                                "MaxSourcingRange": 50, "MaxSourcingRangeUOM": "KM"}],
    )  # fmt: skip
    (found,) = findings(tables, tmp_path / "m")
    assert found[:2] == ("ReplenishmentPolicies", "not-representable")


def test_ways_by_distance_lead_to_no_closed_place_and_not_to_itself(tmp_path: Path) -> None:
    tables = changed(
        ReplenishmentPolicies=[
            {"FacilityName": "everywhere", "SourceName": "everywhere"},
        ],
    )
    del tables["TransportationPolicies"]
    tables["CustomerDemand"].pop()  # Cuijk has no site
    tables["Groups"] += [
        {"GroupName": "everywhere", "GroupType": "Facilities", "MemberName": name}
        for name in ("Arnhem", "Breda", "Delft")
    ]
    tables["Facilities"].append({"FacilityName": "Delft", "FacilityStatus": "Closed"})
    assert lanes(tables, tmp_path / "m") == {("Arnhem", "Breda"), ("Breda", "Arnhem")}


def test_a_misspelt_member_of_a_group_is_found(tmp_path: Path) -> None:
    tables = changed()
    tables["Groups"][1]["MemberName"] = "Bredda"
    (found,) = findings(tables, tmp_path / "m")
    assert found[:2] == ("Groups", "unknown-name")
    assert "'Bredda'" in found[2]
    assert "Breda" in found[2]


def test_members_of_every_type_of_group_are_known_by_their_tables(tmp_path: Path) -> None:
    tables = changed(
        Periods=[{"PeriodName": "2025", "StartDate": "2025-01-01"}],
        TransportationModes=[{"ModeName": "rail"}],
    )
    types = {
        "Products": "bracket",
        "Customers": "Cuijk",
        "Facilities": "Breda",
        "Suppliers": "Foundry",
        "Sources": "Foundry",
        "Destinations": "Cuijk",
        "Periods": "2025",
        "Modes": "rail",
        "WorkCenters": "SLS #1",
        "Shipments": "any",
    }
    plain = list(tables["Groups"])  # fmt: skip
    tables["Groups"] = plain + [
        {"GroupName": kind, "GroupType": kind, "MemberName": name} for kind, name in types.items()
    ]
    anura.read(write(tables, tmp_path / "well"))
    for kind in ("Products", "Sources", "Destinations", "Periods", "WorkCenters"):
        wrong = {"GroupName": kind, "GroupType": kind, "MemberName": "nobody"}
        (found,) = findings({**tables, "Groups": [*plain, wrong]}, tmp_path / kind)
        assert found[:2] == ("Groups", "unknown-name")


def test_what_the_model_excludes_may_be_named(tmp_path: Path) -> None:
    """Delft is excluded: a member of a group, and demand there, go with it and are told."""
    tables = changed()
    tables["Groups"].append(
        {"GroupName": "everybody", "GroupType": "Destinations", "MemberName": "Delft"}
    )
    tables["CustomerDemand"].append(
        {"CustomerName": "Delft", "ProductName": "bracket", "Quantity": 9}
    )
    found = anura.read(write(tables, tmp_path / "m"))
    assert "Delft" not in {one["to"] for one in found.data["network"]["lanes"]}
    assert len(found.data["demand"]) == 3
    said = {(one.table, one.column, one.sort) for one in found.remarks}
    assert ("CustomerDemand", "CustomerName", "left out") in said
    assert ("Groups", "MemberName", "left out") in said


def test_a_minimum_order_is_that_of_the_supplier_itself(tmp_path: Path) -> None:
    """S10 sells no less than 30; S1 sells the 12 that are needed."""
    tables = copy.deepcopy(SOURCING)
    tables["Suppliers"] = [{"SupplierName": "S1"}, {"SupplierName": "S10"}]
    tables["Groups"] = [
        {"GroupName": "AM", "GroupType": "Suppliers", "MemberName": name} for name in ("S1", "S10")
    ]
    tables["Facilities"] = [{"FacilityName": "depot"}]
    tables["TransportationPolicies"] = [
        {"OriginName": name, "DestinationName": "plant", "UnitCost": 1, "TransportTime": 168}
        for name in ("S1", "S10")
    ]
    tables["SupplierCapabilities"] = [
        {"SupplierName": "S1", "ProductName": "lever", "UnitCost": 50},
        {"SupplierName": "S10", "ProductName": "lever", "UnitCost": 40},
    ]
    policy = {"FacilityName": "depot", "ProductName": "lever", "SourceName": "S10",
              "MinimumOrderQuantity": 30}  # fmt: skip
    tables["ProcurementPolicies"] = [policy]
    data = anura.read(write(tables, tmp_path / "m"), kind="sourcing").data
    least = {one["supplier"]: one.get("smallest_quantity") for one in data["offers"]}
    assert least == {"S1": None, "S10": 30.0}
    tables["Groups"].append({"GroupName": "both", "GroupType": "Suppliers", "MemberName": "S10"})
    tables["ProcurementPolicies"] = [{**policy, "SourceName": "both"}]
    data = anura.read(write(tables, tmp_path / "n"), kind="sourcing").data
    assert [one.get("smallest_quantity") for one in data["offers"]] == [None, 30.0]


def sourcing(**cells: object) -> Tables:
    """Return the sourcing model, with cells of what the foundry supplies changed."""
    tables = copy.deepcopy(SOURCING)
    tables["SupplierCapabilities"][1] |= cells
    return tables


def test_a_capacity_of_conventional_supply_that_may_bind_is_refused(tmp_path: Path) -> None:
    (found,) = findings(sourcing(SupplyCapacity=11), tmp_path / "m", kind="sourcing")
    assert found[:2] == ("SupplierCapabilities", "not-representable")
    assert found[2].startswith("SupplyCapacity: ")
    enough = write(sourcing(SupplyCapacity=12), tmp_path / "n")  # all that is needed
    answer = amopt.solve(anura.read(enough, kind="sourcing").instance)
    assert answer.outcome.objective == pytest.approx(492)


def test_a_least_order_of_conventional_supply_is_refused(tmp_path: Path) -> None:
    tables = sourcing()
    tables["Facilities"] = [{"FacilityName": "plant"}]
    tables["ProcurementPolicies"] = [
        {"FacilityName": "plant", "ProductName": "lever", "SourceName": name,
         "MinimumOrderQuantity": least}
        for name, least in (("Foundry", 100), ("Printer", 0))
    ]  # fmt: skip
    (found,) = findings(tables, tmp_path / "m", kind="sourcing")
    assert found[:2] == ("ProcurementPolicies", "not-representable")
    tables["ProcurementPolicies"][0]["MinimumOrderQuantity"] = 12  # no less is needed
    anura.read(write(tables, tmp_path / "n"), kind="sourcing")


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("ProcurementPolicies", {"FacilityName": "Breda", "SourceName": "Foundry", "UnitCost": 3}),
    (
        "ProcurementPolicies",
        {"FacilityName": "Breda", "SourceName": "Foundry", "MinimumOrderQuantity": 3},
    ),
    ("Tariffs", {"OriginRegion": "DE", "DestinationRegion": "NL", "DutyRate": 10}),
    ("FlowConstraints", {"OriginName": "Arnhem", "ConstraintType": "Max", "ConstraintValue": 1}),
    ("FacilitiesMultiTimePeriod", {"FacilityName": "Breda", "FacilityStatus": "Closed"}),
    ("facilitiesmultitimeperiod", {"FacilityName": "Breda", "FacilityStatus": "Closed"}),
    ("TransitMatrix", {"OriginName": "Arnhem", "DestinationName": "Breda", "Distance": 1}),
    ("UserDefinedCosts", {"CostName": "fee"}),
]


@pytest.mark.parametrize(("table", "row"), CHANGES)
def test_a_table_that_would_change_the_answer_is_refused(
    tmp_path: Path, table: str, row: dict[str, Any]
) -> None:
    folder = write(changed(**{table: [row]}), tmp_path / "m")
    with_lossy = anura.read(folder, lossy=True)
    refused = [one.table.casefold() for one in with_lossy.remarks if one.sort == "refused"]
    assert refused == [table.casefold()]
    tables = changed(**{table: [{**row, "Status": "Exclude"}]})
    anura.read(write(tables, tmp_path / "excluded"))


def test_tables_on_which_no_optimum_depends_are_left_out(tmp_path: Path) -> None:
    tables = changed(Maps=[{"MapName": "all"}], MyOwn=[{"What": "note"}])
    said = {(one.table, one.sort) for one in anura.read(write(tables, tmp_path / "m")).remarks}
    assert {("maps", "left out"), ("myown", "left out")} <= {(t.lower(), s) for t, s in said}


@pytest.mark.parametrize("status", ["Exlude", 0, "No"])
def test_a_row_that_is_neither_included_nor_excluded_is_found(
    tmp_path: Path, status: object
) -> None:
    """Taken for included it would be part of the plan against the model's will."""
    tables = changed()
    tables["Customers"][2]["Status"] = status
    (found,) = findings(tables, tmp_path / "m")
    assert found[:2] == ("Customers", "not-a-choice")
    tables["Customers"][2]["Status"] = "include"
    anura.read(write(tables, tmp_path / "n"))
