"""Quotes on record: what holds as of a time, what is left out and why, and where each came from."""

from __future__ import annotations

import copy
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import amopt
from amopt.errors import InvalidInstanceError, UsageError
from amopt.instance import catalogue
from amopt.sourcing import check, replay, without_suppliers
from amopt.sourcing.events import Events
from amopt.sourcing.instance.quote_log.reading import Log, UnreadableLogError, read_log
from amopt.sourcing.instance.quote_log.record import COLUMNS, QuoteRecord
from amopt.sourcing.quotes.events import with_quotes_on_record
from amopt.sourcing.quotes.fetch import fetch, requests_of
from amopt.sourcing.quotes.freeze import freeze, with_quotes
from amopt.sourcing.quotes.log import append, opened
from amopt.sourcing.quotes.sources_file import load_sources
from tests.conftest import Run


def row(at: str, request: str, supplier: str, q: float, price: float, to: str) -> dict[str, Any]:
    return {
        "fetched_at": at,
        "request": request,
        "supplier": supplier,
        "part": "bush",
        "quantity": q,
        "cost_per_part": price,
        "currency": "EUR",
        "lead_time_weeks": 1.0,
        "valid_to": to,
        "source": "mail",
    }


RECORDS = [
    QuoteRecord(**row("2026-03-01T08:00:00Z", "r1", "alpha", 1.0, 50.0, "2026-03-31")),
    QuoteRecord(**row("2026-03-01T08:00:00Z", "r1", "alpha", 10.0, 40.0, "2026-03-31")),
    QuoteRecord(**row("2026-03-02T10:00:00Z", "b1", "beta", 10.0, 42.0, "2026-03-10")),
    QuoteRecord(**row("2026-03-09T09:30:00Z", "r2", "alpha", 1.0, 55.0, "2026-03-20")),
]

FILE: dict[str, Any] = {
    "amopt": 1,
    "kind": "sourcing",
    "name": "Bushes",
    "parts": [{"name": "bush"}],
    "lines": [{"line": "1", "part": "bush", "quantity": 10, "surplus": 5}],
    "conventional": [{"part": "bush", "cost_per_part": 60, "lead_time_weeks": 4}],
    "offers": [
        {"supplier": "alpha", "part": "bush", "quotes": "log"},
        {"supplier": "beta", "part": "bush", "quotes": "log"},
    ],
    "quotes": {"log": "log.csv", "as_of": "2026-03-05T00:00:00Z", "max_age_days": 7},
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    append(path, RECORDS)
    return path


@pytest.mark.parametrize(
    ("as_of", "alpha", "beta"),
    [
        ("2026-03-01T07:59:59Z", "nobody was asked", "nobody was asked"),
        ("2026-03-01T08:00:00Z", [50, 40], "nobody was asked"),
        ("2026-03-05T08:00:00Z", [50, 40], [42]),
        ("2026-03-09T09:29:00Z", "8.06 days old", [42]),
        ("2026-03-09T09:30:00Z", [55], [42]),
        ("2026-03-15T12:00:00Z", [55], "held until 2026-03-10"),
        ("2026-03-16T09:30:00Z", [55], "held until 2026-03-10"),
        ("2026-03-16T09:30:01Z", "7.00 days old", "held until 2026-03-10"),
        ("2026-03-25T00:00:00Z", "held until 2026-03-20", "held until 2026-03-10"),
    ],
)
def test_what_holds_as_of_a_time(log: Path, as_of: str, alpha: Any, beta: Any) -> None:
    instance = with_quotes(FILE, log=log, as_of=as_of)
    held = {o.supplier: [q.cost_per_part for q in o.quotes] for o in instance.offers}
    left = {entry.supplier: entry.why for entry in instance.unquoted}
    for name, expected in (("alpha", alpha), ("beta", beta)):
        if isinstance(expected, str):
            assert expected in left[name]
            assert name not in held
        else:
            assert held[name] == expected
            assert name not in left
    told = [finding for finding in instance.warnings if finding.code.startswith(("quote", "no-q"))]
    assert [finding.where.key[1] for finding in told] == [
        ["alpha", "beta"].index(name) for name in left
    ]


PARQUET = pytest.param(".parquet", marks=pytest.mark.parquet)


@pytest.mark.parametrize("suffix", [".csv", ".sqlite", ".db", PARQUET])
def test_a_log_is_the_same_whatever_it_is_kept_in(tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"log{suffix}"
    nasty = {**row("2026-03-09T09:30:00Z", "=r3", "+beta", 1.0, 1 / 3, "2026-03-20")}
    more = [
        QuoteRecord(**nasty, reference="'=SUM(A1)"),
        QuoteRecord(**{**nasty, "quantity": 2.0}, reference=" between\u00a0"),
        QuoteRecord(
            fetched_at="2026-03-09T09:31:00Z",  # type: ignore[arg-type]
            request="r4",
            supplier="alpha",
            part="bush",
            source="web",
            status="declined",
        ),
    ]
    append(path, RECORDS[:2])
    append(path, [*RECORDS[2:], *more])
    log = read_log(path)
    assert log.problems == ()
    assert list(log.records) == [*RECORDS, *more]
    at = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
    assert log.sha256(at) == Log(tuple(RECORDS) + tuple(more)).sha256(at)
    assert log.sha256(at) != log.sha256(at + timedelta(minutes=1))


def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    def no_engine(*_: Any, **__: Any) -> None:
        raise ImportError

    monkeypatch.setattr(pd, "read_parquet", no_engine)
    monkeypatch.setattr(pd.DataFrame, "to_parquet", no_engine)
    path = tmp_path / "log.parquet"
    with pytest.raises(UsageError, match="pip install pyarrow"):
        append(path, RECORDS)
    assert not path.exists()
    path.write_bytes(b"PAR1")
    with pytest.raises(UnreadableLogError, match="pip install pyarrow"):
        read_log(path)


def test_a_log_is_only_added_to_and_in_order(tmp_path: Path) -> None:
    for name in ("log.csv", "log.sqlite"):
        path = tmp_path / name
        append(path, RECORDS)
        before = path.read_bytes()
        with pytest.raises(UsageError, match="order of time"):
            append(path, RECORDS[:1])
        assert path.read_bytes() == before
        assert len(opened(path).records) == 4


def test_a_log_that_is_none_is_told(tmp_path: Path) -> None:
    for name, content in (("a.csv", b""), ("b.csv", b"x,y\n1,2\n"), ("c.sqlite", b"no database")):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(UsageError):
            append(path, RECORDS)
        assert path.read_bytes() == content


def test_the_answer_says_where_prices_come_from_and_the_referee_recomputes_it(log: Path) -> None:
    instance = with_quotes(FILE, log=log, as_of="2026-03-09T09:29:00Z")
    answer = amopt.solve(instance)
    beta, alpha = answer.rows["quotes"]
    assert (beta["supplier"], beta["ordered"], beta["why"]) == ("beta", 10, "")
    assert (beta["source"], beta["request"]) == ("mail", "b1")
    assert beta["fetched_at"] == "2026-03-02T10:00:00Z"
    assert beta["age_days"] == pytest.approx(6.9785, abs=1e-4)
    assert (alpha["source"], alpha["age_days"], alpha["ordered"]) == (None, None, 0)
    assert "8.06 days old" in alpha["why"]
    for number, right in enumerate(answer.rows["quotes"]):
        for column, value in right.items():
            rows = copy.deepcopy(dict(answer.rows))
            wrong = value + 1 if isinstance(value, float) else f"{value}x"
            rows["quotes"][number][column] = wrong  # type: ignore[index]
            assert not check(instance, replace(answer, rows=rows)).accepted, column
    for rows in ({**answer.rows, "quotes": answer.rows["quotes"][:1]},):
        assert not check(instance, replace(answer, rows=rows)).accepted
    without = {name: table for name, table in answer.rows.items() if name != "quotes"}
    assert not check(instance, replace(answer, rows=without)).accepted


def test_a_frozen_instance_needs_no_log_any_more(log: Path, tmp_path: Path) -> None:
    instance = with_quotes(FILE, log=log, as_of="2026-03-09T09:29:00Z")
    for name in ("frozen.yaml", "frozen.json"):
        freeze(instance, tmp_path / name)
    log.unlink()
    for name in ("frozen.yaml", "frozen.json"):
        frozen = amopt.load(tmp_path / name)
        assert frozen == instance
        assert frozen.fingerprint() == instance.fingerprint()
        assert amopt.solve(frozen).rows == amopt.solve(instance).rows
    with pytest.raises(UsageError, match="exists already"):
        freeze(instance, tmp_path / "frozen.yaml")


def test_findings_stand_where_the_offers_stand(log: Path, tmp_path: Path) -> None:
    """Offers that are left out do not move what is said of those below them."""
    data = copy.deepcopy(FILE)
    data["quotes"]["as_of"] = "2026-03-09T09:29:00Z"
    data["offers"].append({"supplier": "gone", "part": "bush", "quotes": "log"})
    data["offers"].append(
        {
            "supplier": "delta",
            "part": "bush",
            "smallest_quantity": 9,
            "largest_quantity": 3,
            "quotes": [{"quantity": 1, "cost_per_part": 1, "lead_time_weeks": 1}],
        }
    )
    file = tmp_path / "file.yaml"
    file.write_text(yaml.safe_dump(data))
    with pytest.raises(InvalidInstanceError) as error:
        amopt.load(file)
    found = {finding.code: finding.where.key[:2] for finding in error.value.findings}
    assert found["quantity-range"] == ("offers", 3)
    assert found["quote-too-old"] == ("offers", 0)
    assert found["no-quote"] == ("offers", 2)
    lines = file.read_text().splitlines()
    where = next(f.where.line for f in error.value.findings if f.code == "quantity-range")
    assert where is not None
    assert "delta" in "\n".join(lines[where - 1 : where + 10])


def test_an_old_quote_may_be_used_with_a_warning(log: Path) -> None:
    data = {**FILE, "quotes": {**FILE["quotes"], "when_old": "warn"}}
    instance = with_quotes(data, log=log, as_of="2026-03-09T09:29:00Z")
    assert [offer.supplier for offer in instance.offers] == ["alpha", "beta"]
    assert [finding.code for finding in instance.warnings] == ["quote-too-old"]
    assert instance.order_date is not None
    assert instance.order_date.isoformat() == "2026-03-09"


def test_a_log_that_was_changed_is_not_the_one_of_the_fingerprint(log: Path) -> None:
    data = {**FILE, "quotes": {**FILE["quotes"], "log": str(log)}}
    known: Any = amopt.load(data)
    data["quotes"]["sha256"] = known.quotes.sha256
    assert amopt.load(data) == known
    log.write_text(log.read_text().replace(",50.0,", ",49.0,"))
    with pytest.raises(InvalidInstanceError, match="not those of the fingerprint"):
        amopt.load(data)
    assert with_quotes(data, as_of="2026-03-05T00:00:00Z").offers[0].quotes[0].cost_per_part == 49


def test_another_design_is_refused(tmp_path: Path) -> None:
    design = "a" * 64
    data = {
        **FILE,
        "licences": [{"part": "bush", "prints": 50, "file": "bush.stl", "sha256": design}],
    }
    (tmp_path / "bush.stl").write_text("solid")
    other = QuoteRecord(**row("2026-03-01T08:00:00Z", "r1", "alpha", 1.0, 50.0, "2026-03-31"))
    append(tmp_path / "log.csv", [other.model_copy(update={"design_sha256": "b" * 64})])
    with pytest.raises(InvalidInstanceError, match="another design"):
        with_quotes(data, log=tmp_path / "log.csv", as_of="2026-03-05T00:00:00Z")


def test_solve_reads_the_log_and_asks_nobody(
    log: Path, tmp_path: Path, amopt_command: Callable[..., Run]
) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(yaml.safe_dump({n: v for n, v in FILE.items() if n != "quotes"}))
    assert amopt_command("solve", file).code == 3
    run = amopt_command(
        "solve", file, "--quotes", log, "--as-of", "2026-03-09T10:30:00+01:00", "--json"
    )
    assert run.code == 0, run.err
    assert [r["age_days"] for r in run.json["tables"]["quotes"]] == [
        0.0,
        pytest.approx(6.979, 1e-3),
    ]
    assert amopt_command("solve", file, "--quotes", log, "--as-of", "9.3.2026").code == 2
    file.write_text(yaml.safe_dump(FILE))
    assert amopt_command("solve", file).code == 0
    before = log.read_bytes()
    run = amopt_command("sourcing", "quotes", file, "--log", log, "--as-of", "2026-03-15T00:00:00Z")
    assert run.code == 0, run.err
    assert "1 offer with quotes, 1 left out" in " ".join(run.out.split())
    assert log.read_bytes() == before


def folder_with(tmp_path: Path, **files: str) -> dict[str, Any]:
    (tmp_path / "lists").mkdir(exist_ok=True)
    for name, text in files.items():
        (tmp_path / "lists" / name.replace("_", ".")).write_text(text)
    return {
        "amopt": 1,
        "kind": "sourcing-quote-sources",
        "name": "lists",
        "sources": [{"name": "lists", "kind": "folder", "path": str(tmp_path / "lists")}],
        "quantities": [1, 50],
    }


HEAD = "supplier,part,quantity,cost_per_part,currency,lead_time_weeks\n"


def test_a_folder_answers_or_says_why_not(tmp_path: Path) -> None:
    sources = load_sources(
        folder_with(
            tmp_path,
            a_csv=HEAD + "alpha,bush,1,50,EUR,1\nalpha,bush,10,40,EUR,1\nalpha,nut,1,2,EUR,1\n",
            b_json=json.dumps(
                [
                    {
                        "supplier": "beta",
                        "part": "bush",
                        "quantity": 1,
                        "cost_per_part": -4,
                        "currency": "EUR",
                        "lead_time_weeks": 1,
                    }
                ]
            ),
            c_json="{",
        )
    )
    path = tmp_path / "log.sqlite"
    at = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
    found = fetch(FILE, sources, path, at=at)
    assert [r["status"] for r in found.rows()] == ["quoted", "failed"]
    assert "cost_per_part" in found.rows()[1]["reference"]
    assert len(opened(path).records) == 3
    instance = with_quotes(FILE, log=path, as_of=at)
    assert [q.cost_per_part for q in instance.offers[0].quotes] == [50, 40]
    (tmp_path / "lists" / "a.csv").unlink()
    found = fetch(FILE, sources, path, at=at + timedelta(hours=1))
    assert "c.json cannot" in found.rows()[0]["reference"]
    later = with_quotes(FILE, log=path, as_of=at + timedelta(hours=2))
    assert [o.supplier for o in later.offers] == ["alpha"]  # a failure hides nothing
    shutil.rmtree(tmp_path / "lists")
    found = fetch(FILE, sources, path, at=at + timedelta(hours=3))
    assert {r["status"] for r in found.rows()} == {"failed"}


def test_what_is_asked_are_the_quantities_of_lines_of_all_of_them_and_those_given() -> None:
    data = copy.deepcopy(FILE)
    data["lines"].append({"line": "2", "part": "bush", "quantity": 7})
    data["offers"][0] |= {"smallest_quantity": 8, "largest_quantity": 20, "between": "power"}
    alpha, beta = requests_of(data, (1, 10, 50))
    assert alpha.quantities == (10, 17)
    assert beta.quantities == (1, 7, 10, 17, 50)
    assert alpha.fingerprint != beta.fingerprint
    with pytest.raises(UsageError, match="no offer to ask for"):
        requests_of(catalogue.path("sourcing/bush"))


def test_asking_needs_neither_a_log_nor_a_time_in_the_file() -> None:
    data = copy.deepcopy(FILE)
    asked = requests_of(data)
    for quotes in ({"max_age_days": 7}, None):
        data["quotes"] = quotes
        assert requests_of(data) == asked
    del data["quotes"]
    assert requests_of(data) == asked


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"kind": "http", "url": "https://me:tell-nobody@quotes.example"}, "secret-in-file"),
        ({"kind": "http", "url": "https://x.example", "token": "tell-nobody"}, "secret-in-file"),
        ({"kind": "http", "url": "http://quotes.example/tell"}, "plain-http"),
        ({"kind": "http", "url": "ftp://quotes.example/tell"}, "plain-http"),
        ({"kind": "http", "path": "lists"}, "half-source"),
        ({"kind": "folder"}, "half-source"),
        ({"kind": "folder", "path": "x", "url": "https://x.example"}, "half-source"),
    ],
)
def test_a_file_of_sources_is_checked(source: dict[str, Any], code: str, tmp_path: Path) -> None:
    data = {"amopt": 1, "kind": "sourcing-quote-sources", "name": "s"}
    file = tmp_path / "sources.yaml"
    file.write_text(yaml.safe_dump({**data, "sources": [{"name": "one", **source}]}))
    with pytest.raises(InvalidInstanceError) as error:
        load_sources(file)
    assert {finding.code for finding in error.value.findings} == {code}
    assert {finding.code for finding in amopt.check(file)} == {code}
    assert "tell-nobody" not in str(error.value)


def test_a_replay_reads_the_log_at_each_time(log: Path) -> None:
    """Alpha is dearer from 9 March on, beta's quote ends on 10 March, alpha's on 20 March."""
    data = {**FILE, "lines": [], "quotes": {**FILE["quotes"], "max_age_days": 30}}
    instance = with_quotes(data, log=log, as_of="2026-03-02T00:00:00Z")
    lines = ("2026-03-05", "2026-03-11", "2026-03-19", "2026-03-25")
    events = Events(
        name="needs",
        start="2026-03-02",  # type: ignore[arg-type]
        events=tuple(
            {"date": day, "new_line": {"line": day, "part": "bush", "quantity": 1, "surplus": 9}}
            for day in lines
        ),
    )
    merged = with_quotes_on_record(instance, events, log)
    told = [(round(e.weeks * 7, 4), str(e)) for e in merged.events if e.weeks is not None]
    assert told == [
        (0.4167, "quoted beta, bush"),
        (7.3958, "quoted alpha, bush"),
        (9.0, "withdrawn beta, bush"),
        (19.0, "withdrawn alpha, bush"),
    ]
    found = replay(instance, merged, perfect_information=False)
    paid = {row["line"]: row["cost"] for row in found.rows["lines"]}
    assert paid == {"2026-03-05": 50, "2026-03-11": 55, "2026-03-19": 55, "2026-03-25": 60}
    with pytest.raises(UsageError, match="no quote log"):
        with_quotes_on_record(instance, events, log.with_name("other.csv"))


def test_a_replay_that_begins_later_than_the_quotes_begins_with_what_the_log_says_by_then(
    log: Path,
) -> None:
    """Beta quotes on 2 March, after ``as_of``; on 9 March week 0 begins with its offer."""
    data = {**FILE, "lines": [], "quotes": {**FILE["quotes"], "max_age_days": 30}}
    data["order_date"] = "2026-03-09"
    instance = with_quotes(data, log=log, as_of="2026-03-02T00:00:00Z")
    events = Events(
        name="needs",
        start="2026-03-09",  # type: ignore[arg-type]
        events=tuple(
            {"date": day, "new_line": {"line": day, "part": "bush", "quantity": 1, "surplus": 9}}
            for day in ("2026-03-09", "2026-03-12")
        ),
    )
    merged = with_quotes_on_record(instance, events, log)
    told = [(round(e.weeks * 7, 4), str(e)) for e in merged.events if e.weeks is not None]
    assert told == [
        (0.0, "quoted beta, bush"),
        (0.3958, "quoted alpha, bush"),
        (2.0, "withdrawn beta, bush"),
    ]


DAYS = st.integers(0, 40).map(lambda n: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=n))


@given(
    st.lists(st.tuples(DAYS, st.sampled_from("qdf"), st.integers(-3, 30)), max_size=8),
    DAYS,
    st.one_of(st.none(), st.integers(0, 20)),
)
def test_what_holds_is_the_last_answer_if_it_holds(
    sets: list[tuple[datetime, str, int]], at: datetime, age: int | None
) -> None:
    """Against a plain loop over the sets of one offer."""
    from amopt.sourcing.instance.quote_log.as_of import by_offer, standing

    status = {"q": "quoted", "d": "declined", "f": "failed"}
    records = [
        QuoteRecord(
            **{
                **row("2026-03-01T00:00:00Z", f"r{n}", "alpha", 1.0, float(n), "2026-03-01"),
                "fetched_at": when,
                "valid_to": (when + timedelta(days=days)).date(),
                "status": status[kind],
            }
        )
        for n, (when, kind, days) in enumerate(sorted(sets))
    ]
    last = None
    for record in records:
        if record.fetched_at <= at and record.status != "failed":
            last = record
    expected: list[float | None] = []
    if last is not None and last.status == "quoted" and at.date() <= (last.valid_to or at.date()):
        old = age is not None and (at - last.fetched_at).days > age
        expected = [] if old else [last.cost_per_part]
    found = standing(
        by_offer(records),
        ("alpha", "bush", "direct", ""),
        at,
        currency="EUR",
        max_age_days=None if age is None else float(age),
    )
    held = [] if found.code else [record.cost_per_part for record in found.quotes]
    assert held == expected
    assert bool(found.code) == (not expected)
    assert bool(found.why) == bool(found.code)


def test_the_columns_of_a_log_are_those_that_the_docs_name() -> None:
    assert COLUMNS[:2] == ("fetched_at", "request")
    assert not any(math.isnan(r.cost_per_part or 0.0) for r in RECORDS)


def test_orders_say_how_old_their_quotes_are(log: Path) -> None:
    """Beta's quotes of 2 March 10:00 are 2.5833 days old on 5 March, and alpha's 3.6667."""
    instance = with_quotes(FILE, log=log, as_of="2026-03-05T00:00:00Z")
    answer = amopt.solve(instance)
    ages = {row["supplier"]: row["age_days"] for row in answer.rows["quotes"]}
    assert ages == {"alpha": pytest.approx(3 + 16 / 24), "beta": pytest.approx(2 + 14 / 24)}
    (row,) = answer.rows["orders"]
    assert row["quote_age_days"] == ages[row["supplier"]]
    others = without_suppliers(instance, ["alpha", "beta"])
    (row,) = amopt.solve(others).rows["orders"]
    assert (row["supplier"], row["quote_age_days"]) == ("conventional", None)
    (row,) = amopt.solve(amopt.load("sourcing/hangbar")).rows["orders"][:1]
    assert row["quote_age_days"] is None
    wrong = [{**answer.rows["orders"][0], "quote_age_days": 1.0}]
    edited = replace(answer, rows={**answer.rows, "orders": wrong})
    assert not check(instance, edited).accepted
