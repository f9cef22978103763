"""Models in the Anura schema, written by hand as csv files and workbooks."""

from __future__ import annotations

import copy
import csv
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from amopt import anura
from amopt.errors import InvalidInstanceError

__all__ = ["SOURCING", "TEXTBOOK", "Tables", "changed", "database", "findings", "write"]

Tables = dict[str, list[dict[str, Any]]]

LANES = [
    ("Arnhem", "Breda", 4, 0.3),
    ("Arnhem", "Cuijk", 9, 0.6),
    ("Breda", "Arnhem", 6, 0.3),
    ("Breda", "Cuijk", 2, 0.2),
]

TEXTBOOK: Tables = {
    "ModelSettings": [{"ModelStartDate": "2025-01-01", "ModelEndDate": "2026-01-01",
                       "CircuityFactor": 17, "AverageSpeed": 55, "PrimaryWeightUOM": "KG"}],
    "Customers": [
        {"CustomerName": "Arnhem", "City": "Arnhem"},
        {"CustomerName": "Breda"},
        {"CustomerName": "Cuijk"},
        {"CustomerName": "Delft", "Status": "Exclude"},
    ],
    "Facilities": [
        {"FacilityName": name, "FacilityStatus": "Consider", "InitialState": "Potential",
         "FixedOperatingCost": cost}
        for name, cost in (("Arnhem", 200), ("Breda", 500))
    ],
    "Suppliers": [{"SupplierName": "Foundry"}],
    "Products": [{"ProductName": "bracket", "UnitWeight": 2}],
    "CustomerDemand": [
        {"CustomerName": place, "ProductName": "bracket", "Quantity": quantity}
        for place, quantity in (("Arnhem", 100), ("Breda", 60), ("Cuijk", 40))
    ],
    "TransportationPolicies": [
        *({"OriginName": tail, "DestinationName": head, "UnitCost": cost,
           "TransportTime": weeks * 7, "TransportTimeUOM": "DAY"}
          for tail, head, cost, weeks in LANES),
        {"OriginName": "Foundry", "DestinationName": "everybody", "TransportTime": 6 * 168,
         "TransportTimeUOM": "HR"},
    ],
    "Groups": [
        {"GroupName": "everybody", "GroupType": "Destinations", "MemberName": name}
        for name in ("Arnhem", "Breda", "Cuijk")
    ],
    "WorkCenters": [
        {"WorkCenterName": f"SLS #{k}", "FacilityName": site, "WorkCenterStatus": "Consider",
         "InitialState": "Potential", "ThroughputCapacity": 800, "ThroughputCapacityUOM": "HR",
         "FixedOperatingCost": 300}
        for site in ("Arnhem", "Breda") for k in (1, 2)
    ],
    "ProductionPolicies": [
        {"FacilityName": site, "ProductName": "bracket", "WorkCenterName": f"SLS #{k}",
         "ProductionRate": 0.25, "RateQuantityUOM": "EA", "RateTimeUOM": "HR", "UnitCost": 10}
        for site in ("Arnhem", "Breda") for k in (1, 2)
    ],
    "SupplierCapabilities": [
        {"SupplierName": "Foundry", "ProductName": "bracket", "UnitCost": 40}
    ],
}  # fmt: skip
"""The shipped textbook instance: its optimum is 2,980."""


SOURCING: Tables = {
    "ModelSettings": [{"ModelStartDate": "2025-01-01", "ModelEndDate": "2026-01-01"}],
    "Customers": [{"CustomerName": "plant"}],
    "Suppliers": [{"SupplierName": "Printer"}, {"SupplierName": "Foundry"}],
    "Groups": [{"GroupName": "AM", "GroupType": "Suppliers", "MemberName": "Printer"}],
    "Products": [{"ProductName": "lever", "UnitWeight": 1, "UnitWeightUOM": "KG"}],
    "CustomerOrders": [
        {"OrderID": "7", "CustomerName": "plant", "ProductName": "lever", "Quantity": 12,
         "OrderDate": "2025-01-01", "DueDate": "2025-02-26"}
    ],
    "TransportationPolicies": [
        {"OriginName": name, "DestinationName": "plant", "UnitCost": 1, "TransportTime": 168}
        for name in ("Printer", "Foundry")
    ],
    "SupplierCapabilities": [
        {"SupplierName": "Printer", "ProductName": "lever", "UnitCost": "printed"},
        {"SupplierName": "Foundry", "ProductName": "lever", "UnitCost": 90},
    ],
    "StepCosts": [
        {"StepCostName": "printed", "StepCostBehavior": "All Item", "ThroughputLevel": level,
         "Cost": cost}
        for level, cost in ((0, 50), (10, 40))
    ],
}  # fmt: skip
"""One order of 12 levers: 492 from the printer in two steps, 1,092 from the foundry."""


def changed(**tables: list[dict[str, Any]]) -> Tables:
    """Return the textbook model with some tables replaced."""
    return {**copy.deepcopy(TEXTBOOK), **tables}


def findings(tables: Tables, folder: Path, **options: Any) -> list[tuple[str | None, str, str]]:
    """Return the table, code and message of each finding."""
    with pytest.raises(InvalidInstanceError) as caught:
        anura.read(write(tables, folder), **options)
    return [(one.where.sheet, one.code, one.message) for one in caught.value.findings]


def write(tables: Tables, target: Path) -> Path:
    """Write tables as a workbook or a folder of csv files."""
    if target.suffix == ".xlsx":
        import openpyxl

        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in tables.items():
            sheet = book.create_sheet(name[:31])
            columns = list(dict.fromkeys(column for row in rows for column in row))
            sheet.append(columns)
            for row in rows:
                sheet.append([row.get(column) for column in columns])
        book.save(target)
        return target
    target.mkdir()
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (target / f"{name.lower()}.csv").open("w", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return target


def database(path: str) -> sqlite3.Connection:
    """Return a database with the tables of the textbook."""
    connection = sqlite3.connect(path)
    for table, rows in TEXTBOOK.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        connection.execute(f"CREATE TABLE {table.lower()} ({', '.join(columns).lower()})")
        marks = ", ".join("?" * len(columns))
        for row in rows:
            values = [row.get(column) for column in columns]
            connection.execute(f"INSERT INTO {table.lower()} VALUES ({marks})", values)
    connection.commit()
    return connection
