"""As of when quotes count: what the file says, what the command says, a day or a time."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import amopt
from amopt.errors import UsageError
from amopt.scenarios.comparison import compare_instances
from amopt.sourcing.instance.quote_log.moment import moment_text
from amopt.sourcing.quotes.desk import desk
from amopt.sourcing.quotes.fetch import requests_of
from amopt.sourcing.quotes.freeze import freeze, with_quotes
from amopt.sourcing.quotes.log import append
from tests.conftest import Run
from tests.sourcing.quotes.test_quotes import FILE, RECORDS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    append(tmp_path / "log.csv", RECORDS)
    path = tmp_path / "need.yaml"
    path.write_text(yaml.safe_dump(FILE))
    return path


def prices(rows: list[dict[str, Any]]) -> list[str]:
    return [f"{row['supplier']} {row['age_days']:.4g} {row['why']}".strip() for row in rows]


def test_the_time_of_the_file_counts_where_nobody_is_asked(file: Path) -> None:
    """5 March, as the file says, though the log has answers of 9 March."""
    log = file.with_name("log.csv")
    told = desk(file, log=log)
    assert prices(told.rows) == ["alpha 3.667", "beta 2.583"]
    assert "as of 2026-03-05T00:00:00Z, as the file says" in told.said
    told = desk(file, log=log, as_of="2026-03-09T09:30:00Z")
    assert prices(told.rows) == ["alpha 0", "beta 6.979"]
    assert "as of 2026-03-09T09:30:00Z." in told.said
    data = yaml.safe_load(file.read_text())
    del data["quotes"]["as_of"]
    file.write_text(yaml.safe_dump(data))
    told = desk(file, log=log)
    assert prices(told.rows) == ["alpha 0", "beta 6.979"]
    assert "as of 2026-03-09T09:30:00Z, the last answer" in told.said


def test_what_is_asked_now_counts_now(file: Path, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    head = "supplier,part,quantity,cost_per_part,currency,lead_time_weeks\n"
    (tmp_path / "lists" / "a.csv").write_text(head + "alpha,bush,10,44,EUR,1\n")
    entry = {"name": "lists", "kind": "folder", "path": "lists"}
    sources = tmp_path / "sources.yaml"
    kind = {"amopt": 1, "kind": "sourcing-quote-sources", "name": "s"}
    sources.write_text(yaml.safe_dump({**kind, "sources": [entry]}))
    frozen = tmp_path / "frozen.yaml"
    told = desk(file, log=file.with_name("log.csv"), sources=sources, freeze=frozen)
    instance: Any = amopt.load(frozen)
    assert [q.cost_per_part for q in instance.offers[0].quotes] == [44]
    assert moment_text(instance.quotes.as_of) in told.said
    assert "the last answer" in told.said


@pytest.mark.parametrize("as_of", ["2026-03-09", "2026-03-09T23:59:59Z"])
def test_a_date_is_the_end_of_that_day(file: Path, as_of: str) -> None:
    instance = with_quotes(file, as_of=as_of)
    assert instance.quotes is not None
    assert moment_text(instance.quotes.as_of) == "2026-03-09T23:59:59Z"
    assert [q.cost_per_part for q in instance.offers[0].quotes] == [55]  # fetched at 09:30
    data = {**FILE, "quotes": {"log": str(file.with_name("log.csv")), "as_of": as_of}}
    loaded: Any = amopt.load(data)
    assert loaded.offers[0] == instance.offers[0]
    assert str(loaded.order_date) == "2026-03-09"


def test_a_date_in_yaml_and_by_command(file: Path, amopt_command: Callable[..., Run]) -> None:
    file.write_text(file.read_text().replace("'2026-03-05T00:00:00Z'", "2026-03-09"))
    loaded: Any = amopt.load(file)
    assert moment_text(loaded.quotes.as_of) == "2026-03-09T23:59:59Z"
    for words in (("solve",), ("check",)):
        run = amopt_command(*words, file, "--as-of", "2026-03-09")
        assert run.code == 0, run.err
    run = amopt_command("check", file, "--quotes", "none.csv", "--as-of", "2026-03-09")
    assert run.code == 3
    assert "there is no file none.csv" in run.out
    run = amopt_command("sourcing", "quotes", file, "--log", "log.csv", "--as-of", "2026-03-09")
    assert run.code == 0, run.err
    for command in ("frontier", "pareto", "worth", "ranges"):
        words = ("sourcing", command, file, "--quotes", "log.csv", "--as-of", "2026-03-09")
        run = amopt_command(*words, "--json")
        assert run.code == 0, run.err
        assert run.json["kind"] == "sourcing"


@pytest.mark.parametrize("as_of", ["9.3.2026", "2026-03-09T09:30", "now", "2026-13-01"])
def test_what_is_no_time_is_refused_with_both_ways_to_write_one(file: Path, as_of: str) -> None:
    with pytest.raises(UsageError, match=r"2026-03-09T09:30:00Z.*2026-03-09"):
        with_quotes(file, as_of=as_of)


def faulty(**quotes: Any) -> set[str]:
    data = copy.deepcopy(FILE)
    data["quotes"] = quotes or None
    if not quotes:
        del data["quotes"]
    data["lines"][0]["quantitty"] = 3
    data["parts"].append({"name": "nut", "weight_kg": -1})
    data["conventional"][0]["part"] = "bsh"
    return {finding.code for finding in amopt.check(data)}


OTHERS = {"unknown-key", "out-of-range", "unknown-name"}


def test_what_is_wrong_with_the_log_hides_nothing_else(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    append(bad, RECORDS)
    bad.write_text(bad.read_text().replace(",42.0,", ",-42.0,"))
    when = {"as_of": "2026-03-09T09:30:00Z"}
    assert faulty(log="none.csv", **when) == OTHERS | {"quote-log"}
    assert faulty(log=str(bad), **when) == OTHERS  # -42 is out of range as well
    assert faulty(log=str(bad)) == OTHERS | {"missing-key"}
    assert faulty(log="none.csv") == OTHERS | {"missing-key", "quote-log"}
    assert faulty(log=str(bad), as_of="soon") == OTHERS | {"as-of-without-zone"}
    assert faulty() == OTHERS | {"no-quote-log"}


def test_across_fields_too(tmp_path: Path) -> None:
    """A line too many, and a log that does not exist yet; no finding is made up."""
    data = copy.deepcopy(FILE)
    data["quotes"]["log"] = "none.csv"
    assert [f.code for f in amopt.check(data)] == ["quote-log"]
    data["lines"].append({"line": "2", "part": "nut", "quantity": 1})
    data["parts"].append({"name": "nut"})
    assert {f.code for f in amopt.check(data)} == {"quote-log", "no-supply"}


def test_need_by_dates_need_no_order_date_when_quotes_are_asked_for() -> None:
    data = copy.deepcopy(FILE)
    asked = requests_of(data)
    data["lines"][0]["need_by"] = "2026-03-20"
    assert requests_of(data) == asked  # 15 days after the time of the file
    del data["quotes"]["as_of"]
    data["lines"][0]["need_by"] = "2030-01-31"
    assert requests_of(data) == asked


def test_quotes_of_two_weeks_are_compared_by_what_they_say(file: Path) -> None:
    """Alpha leaves 10 parts out and raises its price; beta has no quote that holds any more."""
    before, after = (with_quotes(file, as_of=day) for day in ("2026-03-05", "2026-03-12"))
    rows = compare_instances(before, after).rows
    changes = {(r["table"], r["entry"], r["what"]): (r["before"], r["after"]) for r in rows}
    assert changes == {
        ("offer_quotes", "alpha, 1", "cost_per_part"): (50, 55),
        ("offer_quotes", "alpha, 10", ""): ("there", None),
        ("offer_quotes", "beta, 10", ""): ("there", None),
        ("offers", "alpha", "valid_to"): ("2026-03-31", "2026-03-20"),
        ("offers", "beta", ""): ("there", None),
        ("unquoted", "beta", ""): (None, "there"),
        ("instance", "", "quotes.as_of"): (
            "2026-03-05T23:59:59+00:00",
            "2026-03-12T23:59:59+00:00",
        ),
        ("instance", "", "order_date"): ("2026-03-05", "2026-03-12"),
    }


def test_an_offer_that_goes_moves_no_quote_of_another(file: Path) -> None:
    """Offers are told apart by their names: their numbers change when one is left out."""
    data = yaml.safe_load(file.read_text())
    data["offers"].reverse()
    file.write_text(yaml.safe_dump(data))
    before, after = (with_quotes(file, as_of=day) for day in ("2026-03-05", "2026-03-12"))
    changes = {
        (r["entry"], r["what"]): (r["before"], r["after"])
        for r in compare_instances(before, after).rows
        if r["table"] == "offer_quotes"
    }
    assert changes == {
        ("alpha, 1", "cost_per_part"): (50, 55),
        ("alpha, 10", ""): ("there", None),
        ("beta, 10", ""): ("there", None),
    }


def test_the_side_without_a_plan_is_named(
    file: Path, tmp_path: Path, amopt_command: Callable[..., Run]
) -> None:
    for name, day in (("last", "2026-03-05"), ("this", "2026-03-12")):
        data = yaml.safe_load(file.read_text())
        data["limits"] = {"budget": 410}
        file.write_text(yaml.safe_dump(data))
        freeze(with_quotes(file, as_of=day), tmp_path / f"{name}.yaml")
    run = amopt_command("compare", "last.yaml", "this.yaml")
    assert run.code == 4
    assert "This is so of this.yaml; --no-solve says" in " ".join(run.err.split())
    run = amopt_command("compare", "last.yaml", "this.yaml", "--no-solve")
    assert run.code == 0
    assert "request" not in run.out


def test_the_log_that_the_file_names_will_do(
    file: Path, tmp_path: Path, amopt_command: Callable[..., Run]
) -> None:
    (tmp_path / "away").mkdir()
    run = amopt_command("sourcing", "quotes", file, cwd=tmp_path / "away")
    assert run.code == 0, run.err
    assert "2 offers with quotes" in " ".join(run.out.split())
    data = yaml.safe_load(file.read_text())
    del data["quotes"]
    file.write_text(yaml.safe_dump(data))
    run = amopt_command("sourcing", "quotes", file)
    assert run.code == 2
    assert "--log" in run.err


@pytest.mark.parametrize("minutes", [1, 7, 61, 89])
def test_the_age_that_is_named_is_enough(file: Path, minutes: int) -> None:
    """Rounded to four digits it was below the age as often as above."""
    at = RECORDS[1].fetched_at + timedelta(days=8, minutes=minutes)
    data = {**FILE, "quotes": {"log": str(file.with_name("log.csv")), "max_age_days": 7}}
    data["offers"] = FILE["offers"][:1]
    before: Any = with_quotes(data, as_of=at)
    (advice,) = [f.advice for f in before.warnings if f.code == "quote-too-old"]
    (days,) = re.findall(r"max_age_days to ([0-9.]+),", advice)
    data["quotes"]["max_age_days"] = float(days)
    assert [o.supplier for o in with_quotes(data, as_of=at).offers] == ["alpha"]
