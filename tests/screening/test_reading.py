"""Tables in every format hold the same parts, and what is wrong with them is told by cell."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import amopt
from amopt.errors import InvalidInstanceError, UsageError
from amopt.finding import path_text
from amopt.screening import Instance, solve
from amopt.screening.instance.reading import CHUNK
from tests.screening.cases import data

HEADINGS = "part,material,length_mm,causes_downtime,lead_time_weeks,expected_saving"
ROWS = ("lever,steel,100,yes,10,5", "cover,,3.5,no,,1e3", "00123,brass; steel,,,7,0")


def write(folder: Path, portfolio: dict[str, Any], **changes: Any) -> Path:
    """Write an instance file with a portfolio."""
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump(data(**{"portfolio": portfolio, **changes})))
    return file


def csv(folder: Path, text: str, **portfolio: Any) -> Path:
    """Write a csv file and an instance beside it."""
    (folder / "table.csv").write_bytes(text.encode())
    return write(folder, {"file": "table.csv", **portfolio})


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "part": ["lever", "cover", "00123"],
            "material": ["steel", None, "brass; steel"],
            "length_mm": [100, 3.5, None],
            "causes_downtime": [True, False, None],
            "lead_time_weeks": [10, None, 7],
            "expected_saving": [5.0, 1000.0, 0.0],
        }
    )


def workbook(path: Path, table: pd.DataFrame) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "notes"
    sheet = book.create_sheet("parts")
    sheet.append(list(table.columns))
    for row in table.astype(object).where(table.notna(), None).itertuples(index=False):
        sheet.append(list(row))
    book.save(path)


def cells(instance: Instance) -> dict[str, list[Any]]:
    parts = instance.parts
    every = ["material", "length_mm", "causes_downtime", "lead_time_weeks", "expected_saving"]
    return {
        "part": list(parts.names),
        **{name: [parts.value(name, k) for k in range(len(parts))] for name in every},
    }


EXPECTED = {
    "part": ["lever", "cover", "00123"],
    "material": ["steel", None, "brass; steel"],
    "length_mm": [100.0, 3.5, None],
    "causes_downtime": [1.0, 0.0, None],
    "lead_time_weeks": [10.0, None, 7.0],
    "expected_saving": [5.0, 1000.0, 0.0],
}


def test_every_format_holds_the_same_parts(tmp_path: Path) -> None:
    instance = amopt.load(csv(tmp_path, "\n".join((HEADINGS, *ROWS))))
    assert cells(instance) == EXPECTED
    prints = {instance.fingerprint()}
    in_python = Instance.from_dict(data(portfolio={"rows": frame()}))
    assert cells(in_python) == EXPECTED
    prints.add(in_python.fingerprint())
    semicolons = "\ufeff" + "\r\n".join((HEADINGS, *ROWS)).replace(";", "|").replace(",", ";")
    semicolons = semicolons.replace("brass| steel", '"brass; steel"').replace("3.5", "3,5")
    instance = amopt.load(csv(tmp_path, semicolons, decimal="comma"))
    assert cells(instance) == EXPECTED
    # The sign of the decimals is written in the file; the parts are the same.
    assert instance.parts.digest == in_python.parts.digest
    assert len(prints) == 1


def test_a_workbook_holds_the_same_parts(tmp_path: Path) -> None:
    workbook(tmp_path / "book.xlsx", frame())
    instance = amopt.load(write(tmp_path, {"file": "book.xlsx", "sheet": "parts"}))
    assert cells(instance) == EXPECTED
    with pytest.raises(InvalidInstanceError) as caught:  # the first sheet is empty
        amopt.load(write(tmp_path, {"file": "book.xlsx"}))
    assert [finding.code for finding in caught.value.findings] == ["missing-column"]


def test_a_hidden_sheet_is_not_taken_for_the_first(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    workbook(tmp_path / "book.xlsx", frame())
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    next(sheet for sheet in book if sheet.title != "parts").sheet_state = "hidden"
    book.active = book.sheetnames.index("parts")
    book.save(tmp_path / "book.xlsm")
    path = write(tmp_path, {"file": "book.xlsm"})
    assert cells(amopt.load(path)) == EXPECTED
    (warning,) = amopt.check(path)
    assert (warning.code, warning.severity) == ("macros-not-run", "warning")
    assert "'book.xlsm': the workbook may hold macros" in warning.message


def test_hidden_rows_of_a_workbook_are_told_and_read(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    workbook(tmp_path / "book.xlsx", frame())
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    book["parts"].row_dimensions[3].hidden = True
    book.save(tmp_path / "book.xlsx")
    path = write(tmp_path, {"file": "book.xlsx", "sheet": "parts"})
    (warning,) = amopt.check(path)
    assert (warning.code, warning.severity) == ("hidden-rows", "warning")
    assert "'parts': 1 row (the first is row 3)" in warning.message
    assert cells(amopt.load(path)) == EXPECTED


@pytest.mark.parquet
def test_a_parquet_file_holds_the_same_parts(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame().to_parquet(tmp_path / "table.parquet")
    instance = amopt.load(write(tmp_path, {"file": "table.parquet"}))
    assert cells(instance) == EXPECTED


def test_without_the_package_that_reads_a_format_the_advice_is_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    (tmp_path / "table.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match="pip install pyarrow"):
        amopt.load(write(tmp_path, {"file": "table.parquet"}))


def test_headings_of_ones_own_factors_and_sums(tmp_path: Path) -> None:
    text = "No,LENGTH MM *,Lead (months),Jan,Feb,Mar,cost_per_part [EUR],print cost per part\n"
    text += "a,5,2,1,2,3,9,1\nb,6,,,,,9,1\nc,7,1,,4,,9,1\n"
    columns = [
        {"attribute": "part", "heading": "No"},
        {"attribute": "lead_time_weeks", "heading": "Lead (months)", "factor": 4.5},
        {"attribute": "demand_per_year", "heading": "Jan", "through": "Mar", "factor": 4},
    ]
    instance = amopt.load(csv(tmp_path, text, columns=columns))
    parts = instance.parts
    assert [parts.value("length_mm", k) for k in range(3)] == [5, 6, 7]
    assert [parts.value("lead_time_weeks", k) for k in range(3)] == [9, None, 4.5]
    assert [parts.value("demand_per_year", k) for k in range(3)] == [24, None, 16]
    assert [finding.code for finding in instance.warnings] == []


@pytest.mark.parametrize("cell", ["?", "n/a", "unknown", "-", "tbd", "none"])
def test_a_sum_of_what_is_said_not_to_be_known_is_not_known(tmp_path: Path, cell: str) -> None:
    """A blank month had no demand; of a month with a question mark nobody knows."""
    text = f"part,Jan,Feb,Mar,lead_time_weeks,expected_saving\na,1,,2,1,1\nb,1,{cell},2,1,1\n"
    columns = [{"attribute": "demand_per_year", "heading": "Jan", "through": "Mar"}]
    months = {"Feb": None}, {"Feb": cell}
    rows = [
        {"part": part, "Jan": 1, **month, "Mar": 2, "lead_time_weeks": 1, "expected_saving": 1}
        for part, month in zip("ab", months, strict=True)
    ]
    for instance in (
        amopt.load(csv(tmp_path, text, columns=columns)),
        Instance.from_dict(data(portfolio={"rows": rows, "columns": columns})),
    ):
        parts = instance.parts
        assert [parts.value("demand_per_year", k) for k in range(2)] == [3, None]


def test_a_decimal_comma_names_the_key_that_reads_it(tmp_path: Path) -> None:
    text = f'{HEADINGS}\nlever,steel,"3,5",yes,10,5\ncover,steel,"1.203,5",yes,10,5'
    findings = amopt.check(csv(tmp_path, text))
    assert all("`decimal: comma` under portfolio" in one.advice for one in findings[:1])
    assert "Write 3.5" in findings[0].advice
    assert "decimal: comma" not in findings[1].advice  # it would not be read then, either


MACHINES = [
    {"name": "metal", "materials": ["steel", "AlSi10Mg"]},
    {"name": "polymer", "materials": ["polyamide"]},
]


def test_a_material_that_nearly_is_a_machines_is_told(tmp_path: Path) -> None:
    """Machines may take more materials than there are; two that differ by a letter are a slip."""
    rows = f"{HEADINGS}\na,AlSi10 Mg,1,yes,1,1\nb,Steel,1,yes,1,1\nc,titanium; AlSi10-Mg,1,yes,1,1"
    (finding,) = amopt.check(write_with(tmp_path, rows))
    assert (finding.code, finding.severity) == ("unmatched-text", "warning")
    assert path_text(finding.where.key) == "machines[0].materials[1]"
    assert "'AlSi10 Mg'" in f"{finding.message} {finding.advice}"


def write_with(folder: Path, text: str, **changes: Any) -> Path:
    (folder / "table.csv").write_text(text)
    return write(folder, {"file": "table.csv"}, machines=MACHINES, **changes)


def test_materials_that_all_have_a_machine_are_not_told(tmp_path: Path) -> None:
    assert amopt.check(write_with(tmp_path, "\n".join((HEADINGS, "a,steel,1,yes,1,1")))) == []


def test_materials_of_no_machine_are_named_in_the_answer(tmp_path: Path) -> None:
    rows = ["a,stainless-steel,1,yes,1,1", "b,brass,1,yes,1,1", "c,stainless-steel,1,yes,1,1",
            "d,steel,1,yes,1,1", "e,,1,yes,1,1"]  # fmt: skip
    answer = solve(amopt.load(write_with(tmp_path, "\n".join((HEADINGS, *rows)))))
    assert (
        "No machine works 'stainless-steel' (2 parts) and 'brass' (1 part): check the spelling "
        "where one should." in answer.notes
    )


def test_a_word_that_no_part_has_is_told_where_it_stands(tmp_path: Path) -> None:
    text = "\n".join((HEADINGS, *(f"p{k},{m},1,yes,1,1" for k, m in enumerate(("steel", "brass")))))
    (tmp_path / "table.csv").write_text(text)
    rules = [{"name": "no steel", "attribute": "material", "none_of": ["steal", "brass"]}]
    shares = [{"attribute": "material", "value": "ceramic", "at_most": 1}]
    findings = amopt.check(
        write(tmp_path, {"file": "table.csv"}, rules=rules,
              examination={"most_parts": 1, "shares": shares})
    )  # fmt: skip
    told = {path_text(one.where.key): one for one in findings}
    assert set(told) == {"rules[0].none_of[0]", "examination.shares[0].value"}
    assert {one.code for one in findings} == {"unmatched-text"}
    assert "Did you mean 'steel'?" in told["rules[0].none_of[0]"].advice
    ceramic = told["examination.shares[0].value"]
    assert "no part has the material 'ceramic'" in ceramic.message


def test_several_materials_with_commas_between_are_told(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(f"{HEADINGS}\na,steel,1,yes,1,1\nb,brass,1,yes,1,1")
    machines = [{"name": "metal", "materials": ["steel, brass"]}]
    (finding,) = amopt.check(write(tmp_path, {"file": "table.csv"}, machines=machines))
    assert (finding.code, path_text(finding.where.key)) == (
        "unmatched-text",
        "machines[0].materials[0]",
    )
    assert finding.advice == "Several? Write [steel, brass], or steel; brass in a cell."


@pytest.mark.parametrize(("name", "told"), [("Total", 1), ("Totalizer", 0)])
def test_a_row_of_totals_is_told(name: str, told: int, tmp_path: Path) -> None:
    rows = f"{HEADINGS}\na,steel,1,yes,1,1\nb,steel,2,yes,1,1\n{name},,3,,2,2"
    findings = amopt.check(csv(tmp_path, rows))
    assert [one.code for one in findings] == ["total-row"] * told
    assert all((one.where.row, one.severity) == (4, "warning") for one in findings)
    assert amopt.check(csv(tmp_path, f"{rows}\nc,steel,1,yes,1,1")) == []


def test_columns_for_remarks_are_passed_over_without_a_word(tmp_path: Path) -> None:
    text = f"{HEADINGS},_ask Anna,_\nlever,steel,1,yes,1,1,price?,x"
    assert amopt.check(csv(tmp_path, text)) == []


def test_a_title_above_the_headings_is_named(tmp_path: Path) -> None:
    text = f"Spare parts 2026\n{HEADINGS}\nlever,steel,1,yes,1,1"
    (finding,) = amopt.check(csv(tmp_path, text))
    assert "remove a title above" in finding.advice
    table = pd.DataFrame([list(HEADINGS.split(","))], columns=["Spare parts 2026", *" " * 5])
    workbook(tmp_path / "book.xlsx", table)
    (finding,) = amopt.check(write(tmp_path, {"file": "book.xlsx", "sheet": "parts"}))
    assert (finding.code, finding.advice) == (
        "missing-column",
        "Headings stand in the first row: remove a title above them.",
    )


def test_findings_name_file_row_and_column_all_at_once(tmp_path: Path) -> None:
    text = f"{HEADINGS}\nlever,steel,12 cm,yes,10,5\nlever,st\u200beel,-3,perhaps,3;5,5\n,,1,,,\n"
    findings = amopt.check(csv(tmp_path, text))
    told = {
        (finding.code, finding.where.row, finding.where.key[-1], Path(finding.where.file).name)
        for finding in findings
    }
    assert told == {
        ("cell-not-a-number", 2, "length_mm", "table.csv"),
        ("cell-out-of-range", 3, "length_mm", "table.csv"),
        ("cell-hidden-character", 3, "material", "table.csv"),
        ("cell-not-a-choice", 3, "causes_downtime", "table.csv"),
        ("cell-not-a-number", 3, "lead_time_weeks", "table.csv"),
        ("duplicate-part", 3, "part", "table.csv"),
        ("part-without-number", 4, "part", "table.csv"),
    }
    assert "12 cm are 120 mm: write 120." in {finding.advice for finding in findings}
    assert "table.csv, row 2, length_mm" in str(findings[0])
    assert [finding.where.row for finding in findings] == [2, 3, 3, 3, 3, 3, 4]


def test_a_sheet_is_named_where_there_are_sheets(tmp_path: Path) -> None:
    table = frame().astype(object)
    table.loc[1, "length_mm"] = "3,5"
    workbook(tmp_path / "book.xlsx", table)
    (finding,) = amopt.check(write(tmp_path, {"file": "book.xlsx", "sheet": "parts"}))
    assert finding.code == "cell-not-a-number"
    assert (finding.where.sheet, finding.where.row) == ("parts", 3)
    assert "sheet parts, row 3, length_mm" in str(finding)


def test_a_sheet_of_what_has_none_is_a_finding(tmp_path: Path) -> None:
    (finding,) = amopt.check(csv(tmp_path, "\n".join((HEADINGS, *ROWS)), sheet="parts"))
    assert finding.code == "unknown-sheet"


def test_the_like_findings_of_a_column_are_counted(tmp_path: Path) -> None:
    rows = [f"p{k},steel,x{k % 17},yes,1,1" for k in range(CHUNK + 500)]
    findings = amopt.check(csv(tmp_path, "\n".join((HEADINGS, *rows))))
    assert len(findings) == 11
    told = sum(len(range(k, CHUNK + 500, 17)) for k in range(10))
    assert findings[0].message == (
        f"'x0' stands where a number is due ({len(range(0, CHUNK + 500, 17)):,} cells of the "
        "column)."
    )
    assert (
        f"{CHUNK + 500 - told:,} more cells of the column are wrong in the same way"
        in findings[-1].message
    )
    assert findings[-1].where.row == 12  # the first x10


def test_a_late_row_with_too_many_cells_is_named(tmp_path: Path) -> None:
    text = "\n".join((HEADINGS, *ROWS, "last,steel,3,5,yes,10,5"))
    (finding,) = amopt.check(csv(tmp_path, text))
    assert finding.code == "table-malformed"
    assert "line 5" in finding.message


def test_blank_rows_are_no_parts(tmp_path: Path) -> None:
    text = "\n".join((HEADINGS, ROWS[0], "", ",,,,,", ROWS[1], "", ""))
    instance = amopt.load(csv(tmp_path, text))
    assert instance.parts.names == ("lever", "cover")
    text = "\n".join((HEADINGS, ROWS[0], "", ROWS[1].replace("3.5", "x")))
    (finding,) = amopt.check(csv(tmp_path, text))
    assert finding.where.row == 4  # as a spreadsheet counts


@pytest.mark.parametrize("cell", ["", " ", "n/a", "N/A", "NaN", "-", "?", "none", "unknown", "TBD"])
def test_what_is_not_known_may_be_said_in_words(tmp_path: Path, cell: str) -> None:
    instance = amopt.load(csv(tmp_path, f"{HEADINGS}\nlever,steel,{cell},yes,10,5"))
    assert instance.parts.value("length_mm", 0) is None


@pytest.mark.parametrize("cell", ["inf", "-inf", "1_000", "0x10", "1,5", "True", "3 mm", "--5"])
def test_nothing_is_guessed(tmp_path: Path, cell: str) -> None:
    findings = amopt.check(csv(tmp_path, f'{HEADINGS}\nlever,steel,"{cell}",yes,10,5'))
    assert {finding.code for finding in findings} <= {"cell-not-a-number", "cell-out-of-range"}
    assert len(findings) == 1


@pytest.mark.parametrize("cell", ["1.234,5", "3.5", "1.234"])
def test_where_commas_are_decimal_a_point_is_not_guessed(tmp_path: Path, cell: str) -> None:
    text = f'{HEADINGS}\nlever,steel,"{cell}",yes,10,5'
    (finding,) = amopt.check(csv(tmp_path, text, decimal="comma"))
    assert finding.code == "cell-not-a-number"
    assert "with a comma, without points" in finding.advice


def test_a_copy_with_another_table_has_other_parts() -> None:
    instance = Instance.from_dict(data())
    other = instance.model_copy(update={"portfolio": {"rows": frame()}})
    assert instance.parts.names == ("lever", "cover")
    assert other.parts.names == ("lever", "cover", "00123")
    assert instance.fingerprint() != other.fingerprint()


def test_an_answer_is_kept_and_read_again(tmp_path: Path) -> None:
    solution = solve(Instance.from_dict(data()))
    again = amopt.load_solution(solution.save(tmp_path / "answer"))
    assert [dict(row) for row in solution.rows["parts"]] == list(again.rows["parts"])
    assert list(solution.tables["parts"]["part"]) == ["cover", "lever"]


@pytest.mark.slow
def test_memory_follows_the_table(tmp_path: Path) -> None:
    """Twice the parts take about twice the memory: nothing is held by pairs of parts."""
    peaks = []
    for count in (4_000, 8_000, 16_000):
        rows = [f"p{k},steel,{k % 300},yes,{k % 40},{k % 1000}" for k in range(count)]
        file = csv(tmp_path, "\n".join((HEADINGS, *rows)))
        unread = amopt.load(file).unchecked_copy()
        tracemalloc.start()
        solve(unread)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 2.6 * peaks[1]
    assert peaks[2] - peaks[1] < 2.6 * (peaks[1] - peaks[0])
