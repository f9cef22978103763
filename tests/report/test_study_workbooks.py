"""The tables of studies as workbooks: each a table of Excel, with its numbers and their formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

openpyxl = pytest.importorskip("openpyxl", reason="the excel extra")

MAP = ("--x", "transport=1,20", "--y", "machine_price=1,1000")
LICENCES = ("--x", "price_ratio=1,1.2", "--y", "setup_ratio=0.5,1")
SWEEP = ("--vary", "parts.*.print_cost=0.5x,1x")

STUDIES: dict[str, tuple[str, ...]] = {
    "worth": ("sourcing", "worth", "sourcing/bush"),
    "ranges": ("sourcing", "ranges", "sourcing/bush"),
    "replay": ("sourcing", "replay", "sourcing/dynamic", "sourcing/dynamic-events"),
    "pareto": ("sourcing", "pareto", "sourcing/bush"),
    "frontier": ("sourcing", "frontier", "sourcing/bush"),
    "placement map": ("placement", "map", "placement/textbook", *MAP),
    "licensing map": ("licensing", "map", "licensing/two-buyers", *LICENCES),
    "design factorial": ("design", "factorial", "design/pump-unit", "--vary", "part_cost=250,1000"),
    "convoys": ("printing", "distributions", "printing/mission"),
    "compare": ("compare", "printing/mission", "printing/mission-fitted"),
    "sensitivity": ("sensitivity", "printing/mission"),
    "sweep": ("sweep", "printing/mission", *SWEEP),
    "curve": ("printing", "curve", "printing/mission-limited", "printer", "10", "1"),
    "alternatives": ("alternatives", "placement/textbook", "--within", "20%"),
    "reproduce": ("reproduce", "akmal-2022"),
    "maintenance factorial": ("maintenance", "factorial", "maintenance/factorial"),
}


def told(found: dict[str, Any], name: str) -> dict[str, list[dict[str, Any]]]:
    """Return the tables that --json has, by the names of their sheets."""
    if "tables" in found:
        return dict(found["tables"])
    if name == "reproduce":
        return {one["source"]: one["numbers"] for one in found["sources"]}
    if name == "curve":
        return {"curve": found["curve"]}
    if name == "alternatives":
        return {"plans": found["plans"], "changes": found["changes"]}
    if name == "compare":
        return {key: found[key]["changes"] for key in ("data", "answers")}
    key = {"sensitivity": "inputs", "sweep": "rows", "maintenance factorial": "variants"}[name]
    return {"sweep" if key == "rows" else key: found[key]}


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_s_tables_are_tables_of_a_workbook(
    name: str, tmp_path: Path, amopt_command: Any
) -> None:
    run = amopt_command(*STUDIES[name], "--json", "--xlsx", "book.xlsx")
    assert run.code == 0, run.err
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    assert book.worksheets[0].title == "summary"
    assert book.worksheets[0]["A1"].value == "answer"
    assert book.worksheets[0]["B1"].value
    tables = {key: rows for key, rows in told(run.json, name).items() if rows}
    assert tables
    assert set(book.sheetnames) == {"summary", *tables}
    numbers = 0
    for key, rows in tables.items():
        sheet = book[key]
        (table,) = sheet.tables.values()
        assert table.ref.endswith(f"{len(rows) + 1}")
        assert sheet.max_row == len(rows) + 1
        headings = [cell.value for cell in sheet[1]]
        for row, cells in zip(rows, sheet.iter_rows(min_row=2), strict=True):
            for heading, cell in zip(headings, cells, strict=True):
                said = row.get(heading)
                if type(said) in (int, float) and name != "reproduce":
                    assert cell.value == said
                    assert cell.number_format != "General"
                    numbers += 1
    assert numbers or name == "reproduce"


def test_the_plans_of_a_table_of_parts_are_a_workbook(tmp_path: Path, amopt_command: Any) -> None:
    """All of them, though what --json prints has the totals alone."""
    names = ("name", "system", "failure_probability_per_day", "order_cost", "print_cost",
             "holding_cost_per_day", "printed_failure_probability_per_day")  # fmt: skip
    rows = [f"p{k},Boxer,0.00{1 + k},100,{150 + k},1,0.01" for k in range(5)]
    (tmp_path / "parts.csv").write_text("\n".join([",".join(names), *rows]))
    run = amopt_command("printing", "table", "printing/mission", "parts.csv", "--xlsx", "book.xlsx")
    assert run.code == 0, run.err
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    assert book.sheetnames == ["summary", "parts", "totals"]
    assert [row[0].value for row in book["parts"].iter_rows(min_row=2)] == [
        f"p{k}" for k in range(5)
    ]
    assert type(book["parts"]["C2"].value) is int
    refused = amopt_command("printing", "table", "printing/mission", "parts.csv", "--xlsx", "a.ods")
    assert refused.code == 2
    assert "name a file that ends in .xlsx" in refused.err


def test_a_workbook_that_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, amopt_command: Any
) -> None:
    for words in STUDIES.values():
        run = amopt_command(*words, "--xlsx", "book.ods")
        assert run.code == 2
        assert "name a file that ends in .xlsx" in run.err
    assert not list(tmp_path.iterdir())
