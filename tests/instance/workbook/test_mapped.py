"""Tables with headings of one's own become an instance, by a file that says what stands where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.kinds import convert_tables
from tests.conftest import Run

COLUMNS: dict[str, Any] = {
    "kind": "sourcing",
    "instance": {"name": "Ours", "currency": "EUR", "minimise.cost": 1},
    "sheets": {
        "parts": {
            "from": "Articles",
            "columns": {"name": "Article no.", "weight_kg": {"column": "lb", "factor": 0.5}},
        },
        "lines": {
            "from": "Demand",
            "columns": {"line": "No", "part": "Article", "quantity": "Pieces"},
        },
        "conventional": {
            "from": "articles",
            "columns": {
                "part": "article no.",
                "cost_per_part": "Price",
                "lead_time_weeks": {"column": "Days", "factor": 0.14285714285714285},
                "setup_cost": {"value": 3},
            },
        },
    },
}

ARTICLES = "Our articles\nArticle no.,lb,Price,Days\nbush,4,60,28\npin,1,5,14\n"
DEMAND = "No,Article,Pieces,Remark\n1,bush,10,\n2,pin,7,soon\n"


def written(folder: Path, articles: str = ARTICLES, demand: str = DEMAND) -> Path:
    """Write the tables as a folder of csv files."""
    folder.mkdir()
    (folder / "Articles.csv").write_text(articles)
    (folder / "Demand.csv").write_text(demand)
    return folder


def test_tables_of_other_headings_become_an_instance(tmp_path: Path, amopt_command: Any) -> None:
    """Titles above headings are passed over; factors lead into the unit; the rest is as it was."""
    source = written(tmp_path / "erp")
    (tmp_path / "columns.json").write_text(json.dumps(COLUMNS))
    run: Run = amopt_command(
        "convert", source, "mine.yaml", "--from", "table", "--columns", "columns.json"
    )
    assert run.code == 0, run.err
    found: Any = amopt.load(tmp_path / "mine.yaml")
    assert found.name == "Ours"
    assert [(part.name, part.weight_kg) for part in found.parts] == [("bush", 2.0), ("pin", 0.5)]
    assert [(one.line, one.part, one.quantity) for one in found.lines] == [
        ("1", "bush", 10),
        ("2", "pin", 7),
    ]
    assert [one.lead_time_weeks for one in found.conventional] == pytest.approx([4.0, 2.0])
    assert [one.setup_cost for one in found.conventional] == [3.0, 3.0]
    assert amopt.solve(found).outcome.objective == pytest.approx(10 * 60 + 7 * 5 + 2 * 3)


def test_a_workbook_is_read_alike(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for name, text in (("Articles", ARTICLES), ("Demand", DEMAND)):
        sheet = book.create_sheet(name)
        for line in text.splitlines():
            sheet.append([float(c) if c.isdigit() else c or None for c in line.split(",")])
    book.save(tmp_path / "erp.xlsx")
    convert_tables(tmp_path / "erp.xlsx", COLUMNS, tmp_path / "one.yaml")
    convert_tables(written(tmp_path / "erp"), COLUMNS, tmp_path / "other.yaml")
    one, other = (amopt.load(tmp_path / f"{name}.yaml") for name in ("one", "other"))
    assert one.to_dict() == other.to_dict()


def test_what_is_wrong_is_told_where_it_stands_in_the_source(
    tmp_path: Path, amopt_command: Any
) -> None:
    source = written(tmp_path / "erp", ARTICLES.replace("14\n", "soon\n"))
    (tmp_path / "columns.json").write_text(json.dumps(COLUMNS))
    words = ("convert", source, "mine.yaml", "--from", "table", "--columns", "columns.json")
    run: Run = amopt_command(*words, "--json")
    assert run.code == 3
    finding = run.json["error"]["findings"][0]
    assert finding["code"] == "wrong-type"
    assert (finding["sheet"], finding["row"], finding["column"]) == ("Articles", 4, "D")
    assert "soon" in finding["message"]
    assert not (tmp_path / "mine.yaml").exists()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": "sourcing"}, "has kind, instance and sheets"),
        ({**COLUMNS, "shets": {}}, "the file of columns has no 'shets'"),
        ({"kind": "sourcing", "sheets": {"parts": {"columns": {}}}}, "which table it is from"),
        (
            {"kind": "sourcing", "sheets": {"parts": {"from": "Artikles", "columns": {}}}},
            "erp has no table 'Artikles'. Did you mean 'Articles'?",
        ),
        (
            {
                "kind": "sourcing",
                "sheets": {"parts": {"from": "Demand", "columns": {"name": "Nr"}}},
            },
            "table 'Demand' has no column 'Nr'",
        ),
        (
            {
                "kind": "sourcing",
                "sheets": {
                    "parts": {"from": "Demand", "columns": {"name": {"column": "No", "factor": 0}}}
                },
            },
            "a factor that is a number other than 0",
        ),
    ],
)
def test_a_file_of_columns_that_is_wrong_is_told(
    wrong: dict[str, Any], says: str, tmp_path: Path
) -> None:
    with pytest.raises(amopt.UsageError) as caught:
        convert_tables(written(tmp_path / "erp"), wrong, tmp_path / "mine.yaml")
    assert says in str(caught.value)


def test_columns_are_for_tables_alone(tmp_path: Path, amopt_command: Any) -> None:
    for words, says in (
        (("a.xlsx", "b.yaml", "--from", "table"), "needs --columns FILE"),
        (("a.xlsx", "b.yaml", "--columns", "c.yaml"), "--columns is for --from table"),
    ):
        run: Run = amopt_command("convert", *words)
        assert run.code == 2
        assert says in run.err


def test_what_is_no_number_is_not_made_one_by_a_factor() -> None:
    """What Python takes for a number and no file does stays, and is told where one is due."""
    from amopt.instance.workbook.reading.mapped import _times

    for text in ("1_000", "nan", "inf", "\u0663", "1:30", "soon"):
        assert _times(text, 2.0, plain=True) == text
    assert _times("1e3", 2.0, plain=True) == "2000.0"
    assert [_times(cell, 2.0, plain=False) for cell in (3, 1.5, True, None)] == [6, 3, True, None]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("turbines that turn,stops equipment,yes,3", "the name 'yes' stands there twice"),
        ("turbines that turn,stops equipment,,3", "has no name"),
    ],
)
def test_a_row_of_a_mapping_without_a_name_of_its_own_is_told(
    more: str, said: str, tmp_path: Path, amopt_command: Any
) -> None:
    folder = tmp_path / "folder"
    assert amopt_command("convert", "screening/norwind", folder).code == 0
    values = folder / "ranking_goal_criteria_values.csv"
    lines = values.read_text("utf-8-sig").splitlines()
    assert lines[0] == "goal,criteria,name,value"
    values.write_text("\n".join([*lines, more]) + "\n", encoding="utf-8")
    with pytest.raises(amopt.InvalidInstanceError) as refused:
        amopt.load(folder)
    assert said in str(refused.value)
    assert "another sheet" not in str(refused.value)
