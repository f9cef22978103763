"""Models in the Anura schema: read, solved, written back; what is not taken is said."""

from __future__ import annotations

import copy
import csv
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt import anura
from amopt.anura.model import names
from amopt.anura.outputs.tables import output_tables
from amopt.errors import InvalidInstanceError, UsageError
from tests.anura.models import SOURCING, TEXTBOOK, Tables, changed, database, findings, write
from tests.conftest import Run


def refusals(tables: Tables, folder: Path, **options: Any) -> set[tuple[str | None, str]]:
    """Return the table and code of each finding."""
    return {found[:2] for found in findings(tables, folder, **options)}


@pytest.mark.parametrize("name", ["model.xlsx", "model"])
def test_the_textbook_model_has_the_textbook_optimum(tmp_path: Path, name: str) -> None:
    found = anura.read(write(TEXTBOOK, tmp_path / name))
    shipped = amopt.solve(amopt.load("placement/textbook"), forms=False)
    answer = amopt.solve(found.instance, forms=False)
    assert answer.outcome.objective == pytest.approx(2980.0, abs=1e-9)
    opened = [row["place"] for row in answer.rows["sites"] if row["open"]]
    assert opened == [row["place"] for row in shipped.rows["sites"] if row["open"]]
    said = {(one.table, one.column, one.sort) for one in found.remarks}
    assert ("Customers", "City", "left out") in said
    assert ("Customers", "Status", "left out") in said  # Delft is excluded


def test_one_period_of_two_years_costs_as_two_of_one(tmp_path: Path) -> None:
    """A cost and a capacity hold for a period: the plan is the same however the time is cut."""
    settings = [{**TEXTBOOK["ModelSettings"][0], "ModelEndDate": "2027-01-01"}]
    long = changed(ModelSettings=settings)
    for table, column in (
        ("CustomerDemand", "Quantity"),
        ("WorkCenters", "ThroughputCapacity"),
        ("WorkCenters", "FixedOperatingCost"),
        ("Facilities", "FixedOperatingCost"),
    ):
        for row in long[table]:
            row[column] *= 2
    periods = [{"PeriodName": str(y), "StartDate": f"{y}-01-01"} for y in (2025, 2026)]
    yearly = copy.deepcopy(TEXTBOOK["CustomerDemand"])
    short = changed(
        ModelSettings=settings,
        Periods=periods,
        CustomerDemand=[{**row, "PeriodName": year} for row in yearly for year in ("2025", "2026")],
    )
    costs = [
        amopt.solve(anura.read(write(tables, tmp_path / name)).instance, forms=False)
        for name, tables in (("long", long), ("short", short))
    ]
    assert [one.outcome.objective for one in costs] == pytest.approx([5960.0, 5960.0])


@pytest.mark.parametrize(
    ("table", "column", "value", "code"),
    [
        ("Facilities", "FixedClosingCost", 5, "not-representable"),
        ("Facilities", "ThroughputCapacity", 5, "not-representable"),
        ("SupplierCapabilities", "UnitCost", "steps", "not-representable"),
        ("SupplierCapabilities", "SupplyCapacity", 9, "not-representable"),
        ("WorkCenters", "ThroughputCapacityUOM", "EA", "not-representable"),
        ("CustomerDemand", "DemandStatus", "Consider", "not-representable"),
        ("Facilities", "FacilityStatus", "Perhaps", "not-a-choice"),
        ("CustomerDemand", "Quantity", "3,5", "wrong-type"),
        ("CustomerDemand", "ProductName", "braket", "unknown-name"),
        ("TransportationPolicies", "UnitCostUOM", "CART", "unknown-name"),
        ("ModelSettings", "ModelEndDate", "soon", "wrong-date"),
    ],
)
def test_what_would_change_the_answer_is_refused(
    tmp_path: Path, table: str, column: str, value: object, code: str
) -> None:
    tables = copy.deepcopy(TEXTBOOK)
    tables[table][0][column] = value
    assert (table, code) in refusals(tables, tmp_path / "model")
    if code == "not-representable":
        found = anura.read(tmp_path / "model", lossy=True)
        assert any(one.sort == "refused" and one.table == table for one in found.remarks)


def test_units_are_converted_once(tmp_path: Path) -> None:
    """A lane of 100 MI at 2 a LB-MI, products of 3 KG sold by the dozen."""
    tables = changed(
        UnitsOfMeasure=[{"Symbol": "DZ", "Type": "Quantity", "Ratio": 12}],
        TransportationPolicies=[
            {"OriginName": "Foundry", "DestinationName": "everybody", "UnitCost": 2,
             "UnitCostUOM": "LB-MI", "TransportDistance": 100, "TransportTime": 84,
             "FixedCost": 30, "AverageShipmentSize": 1, "AverageShipmentSizeUOM": "DZ",
             "CO2EmissionRate": 24, "CO2EmissionRateUOM": "DZ"},
        ],
        CustomerDemand=[{"CustomerName": "Cuijk", "ProductName": "bracket", "Quantity": 2,
                         "QuantityUOM": "DZ"}],
    )  # fmt: skip
    lane = anura.read(write(tables, tmp_path / "m"), co2_unit="t").instance.network.lanes[0]
    assert lane.cost_per_kg == pytest.approx(200 / 0.45359237)
    assert (lane.cost_per_part, lane.weeks) == pytest.approx((30 / 12, 0.5))
    assert lane.kg_co2_per_part == pytest.approx(2000.0)
    assert anura.read(tmp_path / "m").instance.demand[0].per_year == 24


def test_a_model_becomes_a_sourcing_instance(tmp_path: Path) -> None:
    found = anura.read(write(SOURCING, tmp_path / "m"), kind="sourcing")
    answer = amopt.solve(found.instance)
    assert answer.outcome.objective == pytest.approx(12 * (40 + 1))
    assert [row["supplier"] for row in answer.rows["orders"]] == ["Printer"]
    anura.write_back(found.instance, answer, tmp_path / "m", scenario="amopt")
    assert rows_of(tmp_path / "m", "OptimizationSupplySummary")[0]["SupplyCost"] == "480.0"
    assert rows_of(tmp_path / "m", "OptimizationFlowSummary")[0]["FlowType"] == "Drop Ship"


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_answers_are_written_beside_other_scenarios(tmp_path: Path) -> None:
    """Flows leave the site in balance, costs add up, a second writing replaces the first."""
    folder = write(TEXTBOOK, tmp_path / "model")
    other = [{"ScenarioName": "Baseline", "TotalSupplyChainCost": "1"}]
    write({"OptimizationNetworkSummary": other}, tmp_path / "old")
    (tmp_path / "old" / "optimizationnetworksummary.csv").rename(
        folder / "optimizationnetworksummary.csv"
    )
    instance = anura.read(folder).instance
    answer = amopt.solve(instance)
    for _ in range(2):
        anura.write_back(instance, answer, folder, scenario="printed")
    summary = rows_of(folder, "optimizationnetworksummary")
    assert [row["ScenarioName"] for row in summary] == ["Baseline", "printed"]
    new = {key: float(summary[1][key] or 0) for key in summary[1] if key.endswith("Cost")}
    assert new["TotalSupplyChainCost"] == 2980.0
    parts = ("TotalFixedOperatingCost", "TotalTransportationCost", "TotalProductionCost")
    assert sum(new[part] for part in parts) == pytest.approx(2980.0)
    flows = rows_of(folder, "OptimizationFlowSummary")
    assert sum(float(row["FlowQuantity"]) for row in flows if row["OriginName"] == "Arnhem") == 100
    assert {row["OptimizedStatus"] for row in rows_of(folder, "OptimizationFacilitySummary")} == {
        "Open", "Closed",
    }  # fmt: skip


def test_a_database_is_read_and_written(tmp_path: Path) -> None:
    connection = database(":memory:")
    instance = anura.read(connection, name="model").instance
    answer = amopt.solve(instance, forms=False)
    assert answer.outcome.objective == pytest.approx(2980.0)
    for table, rows in output_tables(instance, answer, "a").items():
        columns = dict.fromkeys(column.lower() for row in rows for column in row)
        connection.execute(f"CREATE TABLE {table.lower()} ({', '.join(columns)})")
    for _ in range(2):
        anura.write_back(instance, answer, connection)
    count = connection.execute("SELECT count(*), max(totalsupplychaincost) FROM "
                               "optimizationnetworksummary").fetchone()  # fmt: skip
    assert count == (1, pytest.approx(2980.0))
    with pytest.raises(UsageError, match="no table"):
        anura.read(sqlite3.connect(":memory:"))


def test_on_the_command_line(amopt_command: Callable[..., Run], tmp_path: Path) -> None:
    write(TEXTBOOK, tmp_path / "model.xlsx")
    words = ("convert", "model.xlsx", "mine.yaml", "--from", "anura")
    run = amopt_command(*words, "--json")
    assert run.code == 0
    assert {row["sort"] for row in run.json["remarks"]} == {"left out"}
    run = amopt_command("convert", "mine.yaml", "model.xlsx", "--to", "anura", "--scenario", "a")
    assert run.code == 0, run.err
    assert anura.read(tmp_path / "model.xlsx").instance.demand
    tables = copy.deepcopy(TEXTBOOK)
    tables["Facilities"][0]["FixedClosingCost"] = 7
    write(tables, tmp_path / "closing")
    run = amopt_command("convert", "closing", "more.yaml", "--from", "anura")
    assert run.code == 3
    assert "FixedClosingCost" in run.err
    assert not (tmp_path / "more.yaml").exists()
    assert amopt_command("convert", "nowhere", "more.yaml", "--from", "anura").code == 2


@pytest.mark.slow
def test_names_are_those_of_the_schema(tmp_path: Path) -> None:
    """What is read and written has the tables and columns of the published package."""
    schema = pytest.importorskip("ol_anura").AnuraSchema
    short = schema.get_abbreviated_table_names()
    tables = {name for pair in short.items() for name in pair}
    assert {name.lower() for name in names.REFUSED_TABLES} <= tables
    assert not {*names.REFUSED_TABLES} & {*names.TABLES}
    for table, column in names.REFUSED:
        where = [table] if table else names.TABLES
        assert any(column.lower() in schema.get_columns(one) for one in where), column
    found = anura.read(write(TEXTBOOK, tmp_path / "m"))
    known = {table: set(schema.get_columns(table)) for table in names.TABLES}
    for table, rows in {**TEXTBOOK, **SOURCING}.items():
        assert {column.lower() for row in rows for column in row} <= known[table], table
    answer = amopt.solve(found.instance)
    for table, rows in output_tables(found.instance, answer, "a").items():
        columns = {column.lower() for row in rows for column in row}
        assert columns <= set(schema.get_columns(table)), table
        for column in columns:
            kind = schema.get_column_metadata(table, column)["data_type"]
            values = [row[name] for row in rows for name in row if name.lower() == column]
            if isinstance(kind, list):
                assert set(values) <= {*kind, ""}, (table, column)
            elif kind in ("Double", "Integer"):
                assert all(isinstance(value, (int, float, type(None))) for value in values)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".xlsx", ""])
def test_what_is_written_is_read_back_by_the_schema(ending: str, tmp_path: Path) -> None:
    """A model that was read, solved and written to is one of the published package, all of it."""
    openpyxl = pytest.importorskip("openpyxl")
    schema = pytest.importorskip("ol_anura").AnuraSchema
    model = write(TEXTBOOK, tmp_path / f"model{ending}")
    instance = anura.read(model).instance
    written = anura.write_back(instance, amopt.solve(instance), model, scenario="a")
    if ending:
        book = openpyxl.load_workbook(model)
        tables = {name: [list(row) for row in book[name].values] for name in book.sheetnames}
    else:
        tables = {
            path.stem: list(csv.reader(path.read_text("utf-8-sig").splitlines()))
            for path in model.glob("*.csv")
        }
    short = schema.get_abbreviated_table_names()
    known = {name.lower(): table for pair in short.items() for name in pair for table in pair[1:]}
    read = {}
    for name, (headings, *rows) in tables.items():
        table = known[name.lower()]
        read[table] = rows
        for place, heading in enumerate(headings):
            kind = schema.get_column_metadata(table, heading.lower())["data_type"]
            cells = [row[place] for row in rows if row[place] not in (None, "")]
            if isinstance(kind, list):
                assert set(cells) <= set(kind), (table, heading)
            elif kind in ("Double", "Integer"):
                assert all(float(cell) == float(cell) for cell in cells), (table, heading)
    assert {name.lower() for name in written} <= set(read)
    assert len(read["customerdemand"]) == len(TEXTBOOK["CustomerDemand"])  # theirs are left alone


def test_a_second_file_says_what_the_schema_has_no_column_for(
    amopt_command: Callable[..., Run], tmp_path: Path
) -> None:
    """The same as adding its keys by hand to the file that is written."""
    model = write(TEXTBOOK, tmp_path / "model")
    (tmp_path / "more.yaml").write_text(
        "parts:\n"
        "  - {name: bracket, emergency_cost: 300, unit_value: 10,\n"
        "     holding_cost_per_year_per_value: 0.2}\n"
        "demand:\n"
        "  - {part: bracket, place: Cuijk, per_year: 45}\n"
        "sites:\n"
        "  - {place: Breda, yearly_cost: 400}\n"
        "limits: {budget: 100000}\n"
    )
    run = amopt_command("convert", str(model), "m.yaml", "--from", "anura", "--with", "more.yaml")
    assert run.code == 0, run.err
    alone = anura.read(model)
    by_hand = copy.deepcopy(alone.data)
    by_hand["parts"][0] |= {
        "emergency_cost": 300, "unit_value": 10, "holding_cost_per_year_per_value": 0.2
    }  # fmt: skip
    by_hand["demand"][[one["place"] for one in by_hand["demand"]].index("Cuijk")]["per_year"] = 45
    by_hand["sites"][[one["place"] for one in by_hand["sites"]].index("Breda")]["yearly_cost"] = 400
    by_hand.setdefault("limits", {})["budget"] = 100000
    by_hand["name"] = "model"
    assert amopt.load(tmp_path / "m.yaml") == amopt.load(by_hand)
    assert "emergency_cost" not in alone.data["parts"][0]  # what is merged is a copy


def test_what_is_added_is_judged_as_any_other_data(tmp_path: Path) -> None:
    model = write(TEXTBOOK, tmp_path / "model")
    all_of_them = anura.read(model, more={"demand": [{"part": "bracket", "per_year": 7}]})
    assert {one["per_year"] for one in all_of_them.data["demand"]} == {7}
    another = anura.read(model, more={"network": {"places": [{"name": "Ede"}]}})
    assert [one["name"] for one in another.data["network"]["places"]][-1] == "Ede"
    for more, code in (
        ({"parts": [{"name": "bracket", "emergncy_cost": 3}]}, "unknown-key"),
        ({"demand": [{"place": "Nowhere", "part": "bracket", "per_year": 1}]}, "unknown-name"),
    ):
        with pytest.raises(InvalidInstanceError) as caught:
            anura.read(model, more=more)
        assert code in [finding.code for finding in caught.value.findings]
    for wrong in ({"kind": "sourcing"}, {"parts": 3}):
        with pytest.raises(UsageError, match="second file"):
            anura.read(model, more=wrong)
    with pytest.raises(InvalidInstanceError) as caught:
        anura.read(model, more=tmp_path / "none.yaml")
    assert "none.yaml" in str(caught.value)
