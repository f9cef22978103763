"""Measure how long 200,000 rows of a workbook take to be read and checked, beside csv; memory.

python benchmarks/workbook.py [--markdown FILE]     # 200,000 lines of ten columns
python benchmarks/workbook.py --smoke               # 2,000
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from _markdown import table, write

PARTS, PLACES = 500, 400

COLUMNS = (
    "line", "part", "place", "quantity", "divisible", "surplus", "downtime_cost_per_hour",
    "hours_per_week", "need_by_weeks", "unmet_penalty_per_part",
)  # fmt: skip

HERE = Path(__file__).parent

CHILD = f"""
import json, sys, time
sys.path.insert(0, {str(HERE)!r})
from pathlib import Path
from _memory import peak
import openpyxl
import amopt, amopt.sourcing
from amopt.instance.workbook.tables import open_tables
idle = peak()
begun = time.process_time()
(table,) = (one for one in open_tables(Path(sys.argv[1])).tables if one.name == "lines")
read = time.process_time() - begun
begun = time.process_time()
lines = len(amopt.load(sys.argv[1]).lines)
spent = time.process_time() - begun
most = peak()
assert lines == len(table.rows)
print(json.dumps({{"lines": lines, "read": read, "loaded": spent, "most": most, "idle": idle}}))
"""
"""Reads in a process of its own, so that its memory is that of the reading."""


def tables(lines: int) -> dict[str, list[list[object]]]:
    """Return the sheets of an instance of sourcing with so many lines."""
    names = [f"part {k}" for k in range(PARTS)]
    rows: list[list[object]] = [
        [f"line {k}", names[k % PARTS], f"place {k % PLACES}", 1 + k % 60, False, k % 3,
         (k % 97) / 8, 40, 4 + k % 30, 1000.5 + k]
        for k in range(lines)
    ]  # fmt: skip
    return {
        "instance": [["key", "value"], ["amopt", 1], ["kind", "sourcing"], ["name", "lines"]],
        "parts": [["name"], *([name] for name in names)],
        "lines": [list(COLUMNS), *rows],
        "conventional": [
            ["part", "cost_per_part", "lead_time_weeks"],
            *([name, 40.25, 6] for name in names),
        ],
        "places": [["name"], *([f"place {k}"] for k in range(PLACES))],
    }


def write_tables(sheets: Mapping[str, list[list[object]]], folder: Path) -> Iterator[Path]:
    """Write the sheets as a workbook and as a folder of csv files; yield where each is."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder / "lines.xlsx")
    yield folder / "lines.xlsx"
    (folder / "lines").mkdir()
    for name, rows in sheets.items():
        with (folder / "lines" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    yield folder / "lines"


def measured(path: Path) -> dict[str, float]:
    """Return what a process of its own says of reading tables."""
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(ended.stdout)
    return found


def markdown(rows: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Yield a sentence and the table: a row a format."""
    lines, idle = (max(row[name] for row in rows.values()) for name in ("lines", "idle"))
    yield (
        f"{lines:,} lines of sourcing with {len(COLUMNS)} columns, each in a process of its own: "
        f"seconds of the processor, and the most memory beyond the {idle:,.0f} MB of the process "
        "before it reads."
    )
    cells = [
        [
            name,
            f"{row['read']:.1f}",
            f"{row['loaded']:.1f}",
            f"{row['most'] - row['idle']:,.0f} MB",
        ]
        for name, row in rows.items()
    ]
    yield table(["", "cells read", "loaded and checked, reading included", "memory"], cells)


def main() -> None:
    """Print the times of one run, and write the table where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a small workbook only")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    asked = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for path in write_tables(tables(2_000 if asked.smoke else 200_000), Path(folder)):
            name = f"`{path.suffix}`" if path.suffix else "csv"
            row = rows[name] = measured(path)
            print(
                f"{name}: {row['lines']:,} rows read in {row['read']:.1f} s, loaded and checked in "
                f"{row['loaded']:.1f} s of the processor, {row['most'] - row['idle']:,.0f} MB "
                f"beyond {row['idle']:,.0f} MB",
                flush=True,
            )
    if asked.markdown:
        write(asked.markdown, *markdown(rows))


if __name__ == "__main__":
    main()
