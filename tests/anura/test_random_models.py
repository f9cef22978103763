"""Random models in mixed units, beside the same instances worked out by hand in base units."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import amopt
from amopt import anura
from tests.anura.models import Tables, write

KG = {"KG": 1.0, "LB": 0.45359237, "G": 1e-3, "TONNE": 1e3, "SACK": 25.0}
KM = {"KM": 1.0, "MI": 1.609344, "M": 1e-3}
HOURS = {"HR": 1.0, "MIN": 1 / 60, "DAY": 24.0, "WK": 168.0}
PIECES = {"EA": 1.0, "BOX": 6.0}
SITES, CUSTOMERS, PRODUCTS = ("A", "B"), ("x", "y", "z"), ("p", "q")


class Draw:
    """A model, and the data of the instance that it must become.

    Each amount is drawn in base units and written into the model in a unit of its own.
    """

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.periods = 1 + seed % 2
        days = int(self.random.choice([120, 365, 500]))
        self.years = days / 365
        start = datetime.date(2025, 1, 1)
        starts = [start + datetime.timedelta(days * k) for k in range(self.periods + 1)]
        primary = self.one_of(["KG", "LB"])
        self.tables: Tables = {
            "ModelSettings": [
                {"ModelStartDate": str(start), "ModelEndDate": str(starts[-1]), "AverageSpeed": 50,
                 "CircuityFactor": 0, "PrimaryWeightUOM": primary,
                 "PrimaryDistanceUOM": self.one_of(["KM", "MI"])}
            ],
            "Periods": [
                {"PeriodName": f"t{k}", "StartDate": str(starts[k])} for k in range(self.periods)
            ],
            "UnitsOfMeasure": [
                {"Symbol": "BOX", "Type": "Quantity", "Ratio": 6},
                {"Symbol": "SACK", "Type": "Weight", "Ratio": 25 / KG[primary]},
            ],
            "Customers": [{"CustomerName": name} for name in CUSTOMERS],
            "Suppliers": [{"SupplierName": "S"}],
        }  # fmt: skip
        places = [{"name": name} for name in (*SITES, *CUSTOMERS, "S")]
        self.data: dict[str, Any] = {
            "amopt": 1, "kind": "placement", "name": "the same",
            "network": {"places": places, "lanes": []},
            "periods": [{"name": f"t{k}", "years": self.years} for k in range(self.periods)],
        }  # fmt: skip
        self.demand()
        self.products()
        self.sites()
        for start_at in (*SITES, "S"):
            for end in CUSTOMERS:
                self.lane(start_at, end)

    def one_of(self, names: Any) -> str:
        return str(self.random.choice(sorted(names)))

    def between(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    def row(self, table: str, **cells: object) -> dict[str, object]:
        self.tables.setdefault(table, []).append(cells)
        return cells

    def entry(self, collection: str, **keys: object) -> None:
        self.data.setdefault(collection, []).append(keys)

    def demand(self) -> None:
        for place in CUSTOMERS:
            for part in PRODUCTS:
                unit = self.one_of(PIECES)
                rates = []
                for k in range(self.periods):
                    number = int(self.random.integers(1, 20))
                    self.row("CustomerDemand", CustomerName=place, ProductName=part,
                             PeriodName=f"t{k}", Quantity=number, QuantityUOM=unit)  # fmt: skip
                    rates.append(number * PIECES[unit] / self.years)
                self.entry("demand", place=place, part=part, per_year=rates[0], by_period=rates)

    def products(self) -> None:
        self.hours = 0.0
        for part in PRODUCTS:
            kg, price, material = self.between(0.1, 3), self.between(5, 60), self.between(1, 9)
            weight, box = self.one_of(KG), self.one_of(PIECES)
            self.row("Products", ProductName=part, UnitWeight=kg / KG[weight], UnitWeightUOM=weight)
            self.row("SupplierCapabilities", SupplierName="S", ProductName=part,
                     UnitCost=price * PIECES[box], UnitCostUOM=box)  # fmt: skip
            self.entry("conventional", part=part, supplier="S", **{"from": "S"},
                       cost_per_part=price)  # fmt: skip
            hours, time, pieces = self.between(0.5, 4), self.one_of(HOURS), self.one_of(PIECES)
            fixed, lot, good = self.between(0, 2), int(self.random.integers(1, 6)), 80
            self.row("Processes", ProcessName=part, StepName="1",
                     ProcessingRate=HOURS[time] / hours / PIECES[pieces], RateQuantityUOM=pieces,
                     RateTimeUOM=time, FixedTime=fixed * 60, FixedTimeUOM="MIN", LotSize=lot,
                     YieldPercentage=good)  # fmt: skip
            for site in SITES:
                for k in (1, 2):
                    self.row("ProductionPolicies", FacilityName=site, ProductName=part,
                             WorkCenterName=f"M #{k}", ProcessName=part,
                             UnitCost=material * PIECES[box], UnitCostUOM=box)  # fmt: skip
            hours = (hours + fixed / lot) / (good / 100)
            option = {"machine": "M", "hours": hours, "material_cost": material}
            self.entry("parts", name=part, kg=kg, print=[option])
            of_part = [one["per_year"] for one in self.data["demand"] if one["part"] == part]
            self.hours += sum(of_part) * hours * self.years

    def sites(self) -> None:
        room, upkeep = self.hours * self.between(0.4, 1.5), self.between(0, 60)
        price, time = self.between(50, 300), self.one_of(HOURS)
        self.entry("machines", name="M", price=price, life_years=self.years * self.periods,
                   yearly_cost=upkeep / self.years, hours_per_year=room / self.years,
                   utilisation_limit=1.0, queue_allowance_weeks=0.0)  # fmt: skip
        for site in SITES:
            cost, once = self.between(10, 200), self.between(0, 100)
            self.row("Facilities", FacilityName=site, FacilityStatus="Consider",
                     InitialState="Potential", FixedOperatingCost=cost,
                     FixedStartupCost=once)  # fmt: skip
            self.entry("sites", place=site, opening_cost=once, yearly_cost=cost / self.years,
                       most_machines=2)  # fmt: skip
            for k in (1, 2):
                self.row("WorkCenters", WorkCenterName=f"M #{k}", FacilityName=site,
                         WorkCenterStatus="Consider", InitialState="Potential",
                         ThroughputCapacity=room / HOURS[time], ThroughputCapacityUOM=time,
                         FixedOperatingCost=upkeep, FixedStartupCost=price)  # fmt: skip

    def lane(self, start: str, end: str) -> None:
        km, hours, cost = self.between(10, 500), self.between(1, 100), self.between(0.1, 5)
        way, time, kg = self.one_of(KM), self.one_of(HOURS), self.one_of(KG)
        row = self.row("TransportationPolicies", OriginName=start, DestinationName=end,
                       TransportDistance=km / KM[way], TransportDistanceUOM=way,
                       TransportTime=hours / HOURS[time], TransportTimeUOM=time)  # fmt: skip
        shipped, per_kg = 12.0, False
        match int(self.random.integers(6)):
            case 0:
                price, unit = cost * 6, "BOX"
            case 1:
                price, unit, per_kg = cost * KG[kg], kg, True
            case 2:
                price, unit, per_kg = cost * KG[kg] * KM[way] / km, f"{kg}-{way}", True
            case 3:
                price, unit = cost * KM[way] / km, f"EA-{way}"
            case 4:
                price, unit = cost * KM[way] / km * shipped, way
            case _:
                price, unit = cost * HOURS[time] / hours * shipped, time
        fixed = self.between(0, 5)
        row |= {"UnitCost": price, "UnitCostUOM": unit, "FixedCost": fixed,
                "AverageShipmentSize": shipped / 6, "AverageShipmentSizeUOM": "BOX"}  # fmt: skip
        costs = {"cost_per_part": fixed / shipped}
        name = "cost_per_kg" if per_kg else "cost_per_part"
        costs[name] = costs.get(name, 0.0) + cost
        lane = {"from": start, "to": end, "mode": "road", "weeks": hours / 168, **costs}
        self.data["network"]["lanes"].append(lane)


@pytest.mark.parametrize("seed", range(6))
def test_a_model_in_mixed_units_costs_what_the_instance_in_base_units_does(
    seed: int, tmp_path: Path
) -> None:
    drawn = Draw(seed)
    file = tmp_path / ("m.xlsx" if seed % 3 == 0 else "m")
    found = anura.read(write(drawn.tables, file)).instance
    costs = [
        amopt.solve(one, forms=False).outcome.objective for one in (found, amopt.load(drawn.data))
    ]
    assert costs[0] == pytest.approx(costs[1], rel=1e-9)
