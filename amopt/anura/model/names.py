"""The names of the schema that are read, and what is said of those that are not.

The schema is published as the package ol-anura (MIT); a test holds these names against it.
"""

from __future__ import annotations

from typing import Final

__all__ = ["COLUMNS", "NEGLIGIBLE", "REFUSED", "TABLES"]

TABLES: Final = (
    "ModelSettings",
    "Periods",
    "UnitsOfMeasure",
    "ProductUnitsOfMeasure",
    "Groups",
    "Customers",
    "Facilities",
    "Suppliers",
    "Products",
    "CustomerDemand",
    "FacilityDemand",
    "CustomerOrders",
    "TransportationPolicies",
    "TransportationModes",
    "Tariffs",
    "WorkCenters",
    "ProductionPolicies",
    "Processes",
    "BillsOfMaterials",
    "SupplierCapabilities",
    "StepCosts",
    "ProcurementPolicies",
    "ReplenishmentPolicies",
    "CustomerFulfillmentPolicies",
    "InventoryPolicies",
    "FacilityCountConstraints",
)
"""Tables that are read; of the others it is said that they are not."""

NEGLIGIBLE: Final = {
    "Notes": "words for people",
    "Address": "places are drawn by latitude and longitude",
    "City": "places are drawn by latitude and longitude",
    "Region": "places are drawn by latitude and longitude",
    "PostalCode": "places are drawn by latitude and longitude",
    "Country": "places are drawn by latitude and longitude",
    "SimulationPolicy": "for simulation only",
    "SimulationPolicyValue": "for simulation only",
    "ThroughputCapacityPeriod": "for simulation only",
    "QueuePriority": "for simulation only",
}
"""Columns on which no optimum depends, and why."""

REFUSED: Final = {
    ("", "FixedClosingCost"): "closing costs nothing in amopt",
    ("Facilities", "ThroughputCapacity"): "amopt limits machines and stores, not throughput",
    ("Facilities", "MinThroughput"): "amopt has no least throughput",
    ("WorkCenters", "MinimumThroughput"): "amopt has no least throughput",
    ("", "FixedCO2Emissions"): "sites and machines emit nothing while they are idle in amopt",
    ("CustomerDemand", "PenaltyCost"): "demand is always met in amopt",
    ("TransportationPolicies", "LaneCapacity"): "lanes have no capacity in amopt",
    ("TransportationPolicies", "LaneModeCapacity"): "lanes have no capacity in amopt",
    ("TransportationPolicies", "FuelSurcharge"): "amopt has no fuel surcharge: add it to the cost",
    ("CustomerFulfillmentPolicies", "UnitCost"): "sourcing costs nothing beside the lane in amopt",
    ("ReplenishmentPolicies", "UnitCost"): "sourcing costs nothing beside the lane in amopt",
    ("InventoryPolicies", "UnitStorageCost"): "stock costs its value's share a year in amopt",
}
"""Columns for which an optimum may differ, by table (empty: any), and why."""

_MORE = (
    "FixedClosingCost", "ThroughputCapacity", "MinThroughput", "MinimumThroughput",
    "FixedCO2Emissions", "PenaltyCost", "LaneCapacity", "LaneModeCapacity", "FuelSurcharge",
    "UnitCost", "UnitPrice", "ShelfLife", "MaturationTime", "DisposalCost", "ServiceMode",
    "TimeBetweenDeliveries", "OptimizationPolicyValue", "MinimumOrderQuantity", "LotSize",
    "UnitStorageCost", "SupplierCapacity", "SupplyCapacity",
)  # fmt: skip

COLUMNS: Final = {name.casefold(): name for name in (*NEGLIGIBLE, *_MORE)}
"""Columns by their names in small letters, as they are written."""
