"""Files with quotes as people write them: whatever is wrong is told of its file, row and column."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import amopt
from amopt.errors import InvalidInstanceError, UsageError
from amopt.sourcing.instance.quote_log.csv_text import UnreadableLogError, csv_rows
from amopt.sourcing.instance.quote_log.reading import read_log
from amopt.sourcing.instance.quote_log.record import COLUMNS
from amopt.sourcing.quotes.fetch import asked_of, fetch
from amopt.sourcing.quotes.folder import FolderSource
from amopt.sourcing.quotes.log import append, opened
from amopt.sourcing.quotes.source import QuoteRequest, answers
from amopt.sourcing.quotes.sources_file import load_sources
from tests.conftest import Run
from tests.sourcing.quotes.test_quotes import FILE, RECORDS

HEAD = "supplier,part,quantity,cost_per_part,currency,lead_time_weeks\n"
AT = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
ALPHA, BETA, GAMMA = (QuoteRequest(name, "bush") for name in ("alpha", "beta-2", "gamma"))


def semicolons(text: str) -> str:
    return text.replace(",", ";")


def values(text: str) -> list[dict[str, Any]]:
    return [row.values for row in csv_rows(text.encode(), COLUMNS)]


GOOD = {
    "supplier": "alpha",
    "part": "bush",
    "quantity": 10.0,
    "cost_per_part": 12.5,
    "currency": "EUR",
    "lead_time_weeks": 1.5,
}


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "alpha,bush,10,12.5,EUR,1.5\n",
        semicolons(HEAD) + "alpha;bush;10;12,5;EUR;1,5\n",
        semicolons(HEAD) + "alpha;bush;10;12.5;EUR;1.5\n",
        HEAD.replace(",", "|") + "alpha|bush|10|12,5|EUR|1,50\n",
        HEAD.replace(",", "\t") + "alpha\tbush\t10\t12,5\tEUR\t1,50\n",
        "\ufeff"
        + semicolons(HEAD).replace("\n", "\r\n")
        + "alpha;bush;10;12,5;EUR;1,5;;\r\n;;\r\n",
        "sep=;\n" + semicolons(HEAD) + " alpha ; bush;10; 12,5;EUR;1,5\n",
        "Supplier;Part;Quantity;Cost per part;Currency;Lead-time weeks\nalpha;bush;10;12,5;EUR;1,5",
    ],
)
def test_csv_is_read_as_it_is_written(text: str) -> None:
    assert values(text) == [GOOD]


def test_a_number_that_may_be_either_is_not_guessed() -> None:
    """1,250 alone may be 1250 or 1.25; beside 12,50 the comma is a decimal one."""
    (row,) = csv_rows((semicolons(HEAD) + "alpha;bush;10;1,250;EUR;1\n").encode(), COLUMNS)
    assert row.values["cost_per_part"] == "1,250"
    rows = values(semicolons(HEAD) + "alpha;bush;1;1,250;EUR;1\nalpha;bush;2;12,50;EUR;1\n")
    assert [row["cost_per_part"] for row in rows] == [1.25, 12.5]
    pointed = semicolons(HEAD) + "alpha;bush;1;12,50;EUR;1\nalpha;bush;1.000;9,50;EUR;1\n"
    _, row = csv_rows(pointed.encode(), COLUMNS)
    (problem,) = row.problems
    assert (row.number, problem.key) == (3, ("quantity",))
    assert "'1.000' has a decimal point" in problem.message


def test_a_decimal_comma_between_commas_is_told() -> None:
    (row,) = csv_rows((HEAD + "alpha,bush,10,12,5,EUR,1\n").encode(), COLUMNS)
    assert row.shifted
    assert "right of the last heading" in row.problems[0].message
    assert row.problems[0].advice.startswith("A decimal comma?")


@pytest.mark.parametrize(
    ("content", "said", "row"),
    [
        (b"", "names no column 'supplier'", 1),
        (b"Suplier,part\nx,y\n", "names no column 'supplier'", 1),
        (HEAD.encode() + "b\u00fcchse".encode("cp1252"), "the byte 0xfc is not UTF-8 text", 2),
        (HEAD.encode("utf-16"), "the byte 0xff is not UTF-8 text", 1),
        (HEAD.encode() + b'alpha,"bush\n', "the text breaks off", 2),
        (b"supplier,part,Part\n", "the column 'part' twice", 1),
    ],
)
def test_what_is_no_such_text_is_told(content: bytes, said: str, row: int) -> None:
    with pytest.raises(UnreadableLogError) as error:
        list(csv_rows(content, COLUMNS))
    assert said in str(error.value)
    assert error.value.row == row
    assert error.value.advice


def test_a_log_of_a_european_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    append(path, RECORDS)
    english = read_log(path)
    path.write_text(path.read_text().replace(",", ";").replace(".0;", ",0;"))
    assert ";50,0;" in path.read_text()
    assert read_log(path) == english
    path.write_text(path.read_text().replace(";42,0;", ";4.200;").replace(";55,0;", ";-5;"))
    told = [(p.key, p.code) for p in read_log(path).problems]
    assert told == [((4, "cost_per_part"), "wrong-type"), ((5, "cost_per_part"), "out-of-range")]
    with pytest.raises(UsageError, match=r"row 4, cost_per_part: .*\n  row 5, cost_per_part: "):
        opened(path)


def source(folder: Path, **files: str | bytes) -> FolderSource:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name.replace("_", ".")).write_bytes(data)
    return FolderSource("lists", folder)


def told(lists: FolderSource, *requests: QuoteRequest) -> tuple[list[str], list[str]]:
    records, findings = lists.answered(requests, at=AT)
    places = [
        str(f.where).replace(f"{lists.path}/", "") + f": {f.message} {f.advice}" for f in findings
    ]
    assert {f.severity for f in findings} <= {"warning"}
    return [f"{r.supplier} {r.status} {r.reference}".strip() for r in records], places


def test_a_bad_file_is_blamed_alone(tmp_path: Path) -> None:
    """Each finding names its file, row and column, all at once; sound rows are quoted."""
    lists = source(
        tmp_path / "lists",
        a_csv=HEAD + "alpha,bush,1,-5,EUR,1\nalpha,bush,10,4,,soon\n,bush,1,1,EUR,1\n",
        b_csv=HEAD + "Beta 2,bush,1,5,EUR,1\n",
        c_csv=semicolons(HEAD) + "gamma;bush;1;5,50;EUR;1\n",
        d_json='{"quotes": [',
        e_csv=b"\xff\xfe\x00",
        f_json=json.dumps([{**GOOD, "supplier": "nobody", "part": None}]),
    )
    records, findings = told(lists, ALPHA, BETA, GAMMA, QuoteRequest("delta", "bush"))
    assert records == [
        "alpha failed a.csv, row 2, cost_per_part: -5.0 is out of range: the number must be at "
        "least 0; and 2 more faults",
        "beta-2 failed no file that can be read quotes it; d.json and e.csv cannot",
        "gamma quoted",
        "delta failed no file that can be read quotes it; d.json and e.csv cannot",
    ]
    starts = [
        "a.csv, row 4, supplier: the row names no supplier",
        "d.json: not read: it is no JSON from line 1, column 13 on.",
        "e.csv, row 1: not read: the byte 0xff is not UTF-8 text. Save it again as CSV UTF-8.",
        "[0].part: the row names no part",
        "a.csv, row 2, cost_per_part: -5.0 is out of range",
        "a.csv, row 3, lead_time_weeks: ",
        "a.csv, row 3, currency: the quote lacks currency.",
        "b.csv, row 2, supplier: 'Beta 2' stands here, and no row quotes 'bush' at 'beta-2'. "
        "Did you mean 'beta-2'?",
        "no file quotes 'bush' at 'delta'.",
    ]
    for start in starts:
        assert any(start in finding for finding in findings), (start, findings)
    assert len(findings) == len(starts)


def test_a_quantity_in_two_files_and_a_huge_number(tmp_path: Path) -> None:
    lists = source(
        tmp_path / "lists",
        a_csv=HEAD + "alpha,bush,10,4,EUR,1\n",
        b_csv=HEAD + "alpha,bush,10,5,EUR,1\n",
        c_json='[{"supplier": "gamma", "part": "bush", "quantity": 1' + "0" * 400 + "}]",
        d_json="[" * 100_000,
    )
    records, findings = told(lists, ALPHA, GAMMA)
    assert records[0] == "alpha failed b.csv, row 2, quantity: the quantity 10 is quoted twice"
    assert records[1].startswith("gamma failed ")
    assert any("[0].quantity" in finding for finding in findings)
    assert any("d.json: not read: it is no JSON" in finding for finding in findings)


def test_a_folder_without_files_and_none(tmp_path: Path) -> None:
    _, (first, second) = told(source(tmp_path / "lists"), ALPHA)
    assert "holds no file that ends in .csv or .json" in first
    assert "no file quotes" in second
    records, findings = told(FolderSource("lists", tmp_path / "none"), ALPHA)
    assert records == ["alpha failed no file that can be read quotes it; none cannot"]
    assert "the folder cannot be read: no such file" in findings[0]


def test_long_reasons_end_in_dots() -> None:
    (record,) = answers("web", ALPHA, AT, [{**GOOD, "material": "gold " * 200}])
    assert record.reference.endswith(" ...")
    assert len(record.reference) <= 300


def lists_file(folder: Path, *more: dict[str, Any]) -> Any:
    entry = {"name": "lists", "kind": "folder", "path": str(folder)}
    head = {"amopt": 1, "kind": "sourcing-quote-sources", "name": "s"}
    return load_sources({**head, "sources": [entry, *more]})


def test_the_command_tells_what_is_wrong_with_files(
    tmp_path: Path, amopt_command: Callable[..., Run]
) -> None:
    source(tmp_path / "lists", a_csv=HEAD + "alpha,bush,1,-5,EUR,1\nbeta,bush,1,5,EUR,1\n")
    (tmp_path / "need.yaml").write_text(yaml.safe_dump(FILE))
    entry = {"name": "lists", "kind": "folder", "path": "lists"}
    head = {"amopt": 1, "kind": "sourcing-quote-sources", "name": "s", "sources": [entry]}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(head))
    words = ("sourcing", "quotes", "need.yaml", "--sources", "sources.yaml", "--log", "log.sqlite")
    run = amopt_command(*words)
    assert run.code == 0, run.err
    assert "lists/a.csv, row 2, cost_per_part" in run.out
    assert "--out" not in run.out
    found = amopt_command(*words, "--json").json
    assert [row["status"] for row in found["quotes"]] == ["failed", "quoted"]
    (finding,) = found["findings"]
    assert (finding["file"], finding["row"]) == ("lists/a.csv", 2)


def test_two_fetches_at_one_time_and_two_sources_leave_a_sound_log(tmp_path: Path) -> None:
    """What is asked twice within a second, or of two sources, is told apart in the log."""
    source(tmp_path / "lists", a_csv=HEAD + "alpha,bush,10,4,EUR,1\nbeta,bush,10,5,EUR,1\n")
    source(tmp_path / "more", a_csv=HEAD + "alpha,bush,10,3,EUR,1\n")
    more = {"name": "more", "kind": "folder", "path": str(tmp_path / "more")}
    for name in ("log.sqlite", "log.csv"):
        path = tmp_path / name
        fetch(FILE, lists_file(tmp_path / "lists", more), path, at=AT)
        fetch(FILE, lists_file(tmp_path / "lists", more), path, at=AT)
        log = read_log(path)
        assert log.problems == ()
        assert [r.fetched_at for r in log.records] == 4 * [AT] + 4 * [AT + timedelta(seconds=1)]
        later = fetch(FILE, lists_file(tmp_path / "lists"), path, at=AT)  # others were quicker
        assert {r.fetched_at for r in later.records} == {AT + timedelta(seconds=2)}
        assert len(opened(path).records) == 10
    data = {**FILE, "quotes": {"log": str(path), "as_of": "2026-03-09T09:30:01Z"}}
    loaded: Any = amopt.load(data)
    assert [[q.cost_per_part for q in o.quotes] for o in loaded.offers] == [[3], [5]]


class Breaks:
    """A source of somebody else: it answers once, then raises."""

    name = "breaks"

    def fetch(self, requests: Any, *, at: datetime) -> Any:
        yield from answers(self.name, requests[0], at, [GOOD])
        raise RuntimeError


def test_a_source_that_breaks_off_loses_nothing() -> None:
    records, findings = asked_of(Breaks(), [ALPHA, BETA], AT)
    assert [r.status for r in records] == ["quoted", "failed"]
    assert records[1].reference == "the source broke off: RuntimeError"
    assert [f.where.file for f in findings] == ["source 'breaks'"]


def test_the_log_tells_a_name_that_may_be_meant(tmp_path: Path) -> None:
    data = {**FILE, "offers": [{"supplier": "Alpha", "part": "bush", "quotes": "log"}]}
    append(tmp_path / "log.csv", RECORDS)
    data["quotes"] = {"log": str(tmp_path / "log.csv"), "as_of": "2026-03-09T09:30:00Z"}
    told = {f.code: f for f in amopt.check(data)}
    assert told["no-quote"].advice == "Did you mean 'alpha'?"


def test_an_invalid_row_of_the_log_has_its_row_in_the_finding(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    append(path, RECORDS)
    path.write_text(path.read_text().replace(",42.0,", ",-42.0,"))
    data = {**FILE, "quotes": {"log": str(path), "as_of": "2026-03-09T09:30:00Z"}}
    with pytest.raises(InvalidInstanceError) as error:
        amopt.load(data)
    (finding,) = error.value.findings
    assert "row 4 of" in finding.message


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("'t Hart", "'t Hart"),
        ("'s-Hertogenbosch Parts", "'s-Hertogenbosch Parts"),
        (" 't Hart ", "'t Hart"),
        ("'=1+1", "=1+1"),
        ("'@alpha", "@alpha"),
        ("'-alpha", "-alpha"),
        ("'+alpha", "+alpha"),
        ("'\uff1d1", "\uff1d1"),
        ("'0123", "0123"),
        ("''t Hart", "'t Hart"),
        ("' alpha", " alpha"),
    ],
)
def test_an_apostrophe_is_a_mark_where_it_guards_and_else_of_the_name(
    written: str, read: str
) -> None:
    (row,) = values(HEAD + f"{written},bush,10,12.5,EUR,1.5\n")
    assert row["supplier"] == read


@given(st.text(st.sampled_from("'=+-@ \u2003\uff1d\uff0d\t71a,;"), min_size=1, max_size=5))
def test_a_log_gives_texts_back_as_they_were(reference: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        append(path, [RECORDS[0].model_copy(update={"reference": reference})])
        (record,) = read_log(path).records
    assert record.reference == reference


def test_what_was_declined_first_and_quoted_later_has_one_price(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    first = RECORDS[0].model_copy(update={"status": "declined", "cost_per_part": None})
    append(path, [first, RECORDS[0], RECORDS[0]])
    found = read_log(path).problems
    assert [(one.code, one.key[0]) for one in found] == [("two-prices", 4)]


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "x" * 5000 + ".sqlite", "a\x00.csv"])
def test_a_log_of_any_name_is_read_or_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableLogError):
        read_log(tmp_path / name)
    with suppress(UsageError):
        opened(tmp_path / name)
    data = {**FILE, "quotes": {**FILE["quotes"], "log": name}}
    assert any(f.code in ("quote-log", "invisible-character") for f in amopt.check(data))
