"""The names of the schema that are read, and what is said of those that are not.

The schema is published as the package ol-anura (MIT); a test holds these names against it.
"""

from __future__ import annotations

from typing import Final

__all__ = ["COLUMNS", "NEGLIGIBLE", "REFUSED", "REFUSED_TABLES", "TABLES"]

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

_BY_PERIOD = (
    "Customers", "Facilities", "Suppliers", "Products", "CustomerFulfillmentPolicies",
    "ReplenishmentPolicies", "ProductionPolicies", "ProcurementPolicies", "SupplierCapabilities",
    "ReturnPolicies", "InventoryPolicies", "WarehousingPolicies", "TransportationPolicies",
    "TransportationModes", "Processes", "WorkCenters", "Tariffs",
)  # fmt: skip

REFUSED_TABLES: Final = {
    "Tariffs": "amopt has no duty by region: put the duty into the cost of the lanes",
    "FlowConstraints": "lanes have no limits in amopt",
    "FlowCountConstraints": "lanes have no limits in amopt",
    "InventoryConstraints": "amopt limits the room of a place, not its stock",
    "InventoryCountConstraints": "amopt limits the room of a place, not its stock",
    "ProductionConstraints": "amopt limits the hours of machines, not what they make",
    "ProductionCountConstraints": "amopt limits the hours of machines, not what they make",
    "WorkCenterCountConstraints": "amopt limits the machines of a site, not those of a group",
    "CustomerDemandOriginConstraints": "who supplies whom is restricted by lanes alone",
    "CustomerTransitConstraints": "who supplies whom is restricted by lanes alone",
    "CapacityExpansions": "amopt adds machines, and expands nothing else",
    "ChangeoverTimes": "machines change over in no time in amopt",
    "WarehousingPolicies": "handling costs nothing beside the lane in amopt",
    "ReturnPolicies": "nothing is returned in amopt",
    "ReturnRatios": "nothing is returned in amopt",
    "TransportationBandCosting": "a lane costs the same for every quantity in amopt",
    "TransitMatrix": "distances and times are read from TransportationPolicies",
    "InventoryTurns": "stock costs its value's share a year in amopt",
    "UserDefinedVariables": "amopt does not read expressions",
    "UserDefinedConstraints": "amopt does not read expressions",
    "UserDefinedCosts": "amopt does not read expressions",
    "SequentialObjectives": "one weighted sum is minimised in amopt",
    "RelationshipConstraints": "amopt has no such limits",
    "IncrementalChangeConstraints": "amopt has no such limits",
    **{
        f"{table}{ending}": "costs and limits are the same in every period of amopt"
        for table in _BY_PERIOD
        for ending in ("MultiTimePeriod", "MTP")
    },
}
"""Tables that are not read and for which an optimum may differ, and why.

Those by period are also known by their short names.
"""

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
    ("", "PenaltyCost"): "demand is always met in amopt",
    ("CustomerDemand", "MaximumBackorderPeriods"): "demand is met in its period in amopt",
    ("CustomerDemand", "PerUnitBackorderCost"): "demand is met in its period in amopt",
    ("TransportationPolicies", "LaneCapacity"): "lanes have no capacity in amopt",
    ("TransportationPolicies", "LaneModeCapacity"): "lanes have no capacity in amopt",
    ("TransportationPolicies", "FuelSurcharge"): "amopt has no fuel surcharge: add it to the cost",
    ("CustomerFulfillmentPolicies", "UnitCost"): "sourcing costs nothing beside the lane in amopt",
    ("ReplenishmentPolicies", "UnitCost"): "sourcing costs nothing beside the lane in amopt",
    ("ProcurementPolicies", "UnitCost"): "sourcing costs nothing beside the lane in amopt",
    ("ProcurementPolicies", "MinimumOrderQuantity"): "supply has no least order in placement",
    ("InventoryPolicies", "InitialInventory"): "nothing is in stock at the start in amopt",
    ("InventoryPolicies", "TimeBetweenInventoryTurns"): "stock is found by amopt itself",
    ("InventoryPolicies", "UnitStorageCost"): "stock costs its value's share a year in amopt",
}
"""Columns for which an optimum may differ, by table (empty: any), and why."""

_MORE = (
    "UnitPrice", "ShelfLife", "MaturationTime", "DisposalCost", "ServiceMode",
    "TimeBetweenDeliveries", "OptimizationPolicyValue", "LotSize", "SupplierCapacity",
    "SupplyCapacity",
)  # fmt: skip

COLUMNS: Final = {
    name.casefold(): name for name in (*NEGLIGIBLE, *(column for _, column in REFUSED), *_MORE)
}
"""Columns by their names in small letters, as they are written."""
