"""From a document to an instance: every finding at once, in a planner's words."""

from __future__ import annotations

import datetime
import json
import logging
import pickle
import tomllib
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.errors import InvalidInstanceError
from amopt.instance import suggest
from amopt.instance.findings import CATALOGUE, Severity, Where, codes_of
from amopt.instance.loader import Examination, examine, read
from amopt.instance.schema import schema
from tests.instance.fleet import (
    KINDS,
    Discounted,
    Fleet,
    Part,
    Vehicle,
    fleet,
    type_of_kind,
)


def look(source: Any) -> Examination:
    return examine(source, type_of_kind, KINDS)


def found(**changes: Any) -> list[tuple[str, str]]:
    """Return code and key path of the errors of a changed fleet."""
    findings = look(fleet(**changes)).findings
    return [(one.code, str(one.where)) for one in findings if one.severity is Severity.ERROR]


def told(**changes: Any) -> str:
    """Return message and advice of the one error of a changed fleet."""
    (finding,) = [one for one in look(fleet(**changes)).findings if one.severity == "error"]
    return f"{finding.message} {finding.advice}"


def part(**changes: Any) -> dict[str, Any]:
    return {"name": "hinge", "vehicle": "van", "cost": 3, **changes}


def test_a_valid_instance() -> None:
    examination = look(fleet())
    instance = examination.instance
    assert isinstance(instance, Fleet)
    assert examination.findings == ()
    assert instance.parts[0] == Part(name="hinge", vehicle="van", cost=3.0)
    assert instance.parts[1].fits == ("all", "van")
    assert read(fleet(), type_of_kind, KINDS) == instance == Fleet.from_dict(fleet())


def test_everything_is_found_at_once() -> None:
    assert sorted(
        found(
            name="",
            vehicles=[{"name": "van", "count": -1}, {"name": "van"}],
            parts=[part(vehicle="vam", cost="3"), part(name="lock", colour=1)],
            criterion="avrage",
            weights={"hinge": float("nan"), "lok": 1},
        )
    ) == [
        ("duplicate-name", "vehicles[1].name"),
        ("empty-text", "name"),
        ("not-a-choice", "criterion"),
        ("not-finite", "weights.hinge"),
        ("out-of-range", "vehicles[0].count"),
        ("unknown-key", "parts[1].colour"),
        ("unknown-name", "parts[0].vehicle"),
        ("unknown-name", "weights.lok"),
        ("wrong-type", "parts[0].cost"),
    ]


def test_the_whole_is_judged_as_far_as_it_does_not_hang_on_wrong_fields() -> None:
    three = [part(), part(name="lock"), part(name="bolt")]
    assert found(parts=three) == [("too-few-vehicles", "vehicles")]
    both = [("too-few-vehicles", "vehicles"), ("unknown-key", "colour")]
    assert sorted(found(parts=three, colour=1)) == both
    told = found(parts=three, vehicles=[{"name": "van", "count": "many"}])
    assert told == [("wrong-type", "vehicles[0].count"), ("too-few-vehicles", "vehicles")]
    told = found(parts=three, vehicles=["van"])
    assert told == [("wrong-type", "vehicles[0]"), ("too-few-vehicles", "vehicles")]
    assert len(found(parts="many")) == 1


def test_warnings_do_not_stop(caplog: pytest.LogCaptureFixture) -> None:
    data = fleet(parts=[part()])
    examination = look(data)
    assert examination.instance is not None
    assert [(one.code, one.severity) for one in examination.findings] == [
        ("idle-vehicle", Severity.WARNING)
    ]
    with caplog.at_level(logging.WARNING, "amopt"):
        read(data, type_of_kind, KINDS)
    assert "idle-vehicle at vehicles[1]" in caplog.text


def test_errors_come_before_warnings_and_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "fleet.json"
    file.write_text(json.dumps(fleet(parts=[part(), part(), part(cost=-1)], name=""), indent=1))
    with pytest.raises(InvalidInstanceError) as raised:
        read(file, type_of_kind, KINDS)
    errors, warnings = (
        [one.where.line for one in raised.value.findings if one.severity is severity]
        for severity in (Severity.ERROR, Severity.WARNING)
    )
    assert [*errors, *warnings] == [one.where.line for one in raised.value.findings]
    assert errors == sorted(line for line in errors if line is not None)
    assert (len(errors), len(warnings)) == (5, 1)
    assert str(file) in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": 2}, 'Write it in quotes: "2".'),
        ({"name": 1.5}, "Write it in quotes."),
        ({"name": True}, "Write it in quotes."),
        ({"name": datetime.date(2026, 1, 31)}, "the date 2026-01-31 stands where text"),
        ({"parts": [part(cost="1_000")]}, "Write 1000, without quotes or separators."),
        ({"parts": [part(cost="1.5")]}, "Write 1.5, without quotes"),
        ({"parts": [part(cost="140.000")]}, "Write 140 if the point is a decimal one, 140000 if"),
        ({"parts": [part(cost="0.140")]}, "Write 0.14, without quotes or separators."),
        ({"parts": [part(cost="120, 140")]}, "Write one number here: 120 or 140."),
        ({"parts": [part(cost="120; 140; 7.5")]}, "Write one number here: 120, 140 or 7.5."),
        ({"parts": [part(cost="12-15")]}, "A range is not read; write one number: 12 or 15."),
        ({"parts": [part(cost="12 to 15.5")]}, "write one number: 12 or 15.5."),
        ({"parts": [part(cost="1,5")]}, "decimal point"),
        ({"parts": [part(cost="1,5")]}, "A decimal comma? Write 1.5, with a decimal point."),
        ({"parts": [part(cost="2.400,00")]}, "Write 2400, with a decimal point."),
        ({"parts": [part(cost="1,000")]}, "Write 1000 if the comma separates thousands, 1 if"),
        ({"parts": [part(cost="1,234,567.5")]}, "Write 1234567.5, without thousands separators."),
        ({"parts": [part(cost="1.234.567")]}, "Write 1234567, without thousands separators."),
        ({"parts": [part(cost="1 234,5")]}, "Write 1234.5, with a decimal point."),
        ({"parts": [part(cost="2026-05-01")]}, "Write a number, not a date."),
        (
            {
                "network": {
                    "places": [{"name": "a"}],
                    "lanes": [{"from": "a", "to": "a", "weeks": "1.5.2026"}],
                }
            },
            "Write how many weeks from now it is",
        ),
        (
            {
                "network": {
                    "places": [{"name": "a"}],
                    "lanes": [{"from": "a", "to": "a", "weeks": "28 days"}],
                }
            },
            "28 days are 4 weeks: write 4.",
        ),
        (
            {
                "network": {
                    "places": [{"name": "a"}],
                    "lanes": [{"from": "a", "to": "a", "days": 28}],
                }
            },
            "Did you mean 'weeks'? 28 days is 4 weeks: write 4.",
        ),
        ({"parts": [part(cost="\u00a05")]}, "it holds a no-break space (U+00A0)."),
        ({"parts": [{**part(), "co\u200bde": "A"}]}, "holds a zero width space (U+200B)."),
        ({"latitude": 3}, "It is a key of network.places; check its indentation."),
        ({"parts": [part(fits={"all": None, "van": None})]}, "hold a list: [all, van]."),
        ({"parts": [part(fits={"a\x1f": None})]}, "hold a list: [a\\x1f]."),
        ({"parts": [part(cost="5 EUR")]}, "Write the number alone (5); the unit is in the key"),
        ({"parts": [part(cost="\u20ac5")]}, "Write the number alone (5); the unit is in the key"),
        ({"parts": [part(cost="2.4k")]}, "Write 2400, all digits."),
        ({"parts": [part(cost="2.5 Mio. EUR")]}, "Write 2500000, all digits."),
        ({"parts": [part(cost="1.5M")]}, "Write 1500000, all digits."),
        ({"parts": [part(cost="24OO")]}, "Write 2400 if the letter O stands for a zero."),
        ({"parts": [part(cost="3 kg")]}, "Write the number alone (3); the unit is in the key"),
        ({"parts": [part(cost="free")]}, "Write a number such as 1250.5."),
        ({"parts": [part(chance="0.2%")]}, "0.2 % is 0.002: write 0.002."),
        ({"parts": [part(chance="3 %")]}, "3 % is 0.03: write 0.03."),
        ({"parts": [part(chance="1.1 percent")]}, "1.1 % is 0.011: write 0.011."),
        ({"parts": [part(cost="0.2%")]}, "0.2 % is 0.002: write 0.002."),
        ({"parts": [part(chance="half")]}, "Write a number such as 0.25."),
        ({"parts": [part(chance="none")]}, "such as 0.25, or leave the key out."),
        ({"parts": [part(cost="none")]}, "Write a number such as 1250.5."),
        ({"parts": [part(chance=2)]}, "A percentage? 2 % is 0.02."),
        ({"parts": [part(chance=1.1)]}, "A percentage? 1.1 % is 0.011."),
        (
            {"vehicles": [{"name": "van", "count": "twelve"}], "parts": []},
            "Write a number such as 12.",
        ),
        (
            {"vehicles": [{"name": "van", "count": "n/a"}], "parts": []},
            "such as 12, or leave the key out.",
        ),
        (
            {"vehicles": [{"name": "van", "count": "5,0"}], "parts": []},
            "Write a whole number such as 12,",
        ),
        (
            {"vehicles": [{"name": "van", "count": "5.0"}], "parts": []},
            "Write a whole number such as 12,",
        ),
        (
            {"vehicles": [{"name": "van", "count": "3 %"}], "parts": []},
            "Write the number alone (3)",
        ),
        (
            {"vehicles": [{"name": "van", "count": "2.5 vans"}], "parts": []},
            "Write a number such as 12.",
        ),
        (
            {"vehicles": [{"name": "van", "count": "5 vans"}], "parts": []},
            "Write the number alone (5)",
        ),
        ({"parts": [part(cost=True)]}, "true (a truth value) stands where a number"),
        ({"parts": [part(cost=None)]}, "the value is empty. Write a number."),
        ({"parts": [part(chance=None)]}, "or leave the key out."),
        ({"parts": [part(chance=1.5)]}, "must be at most 1."),
        ({"parts": [part(cost=0)]}, "must be above 0 (at least 1e-06)."),
        ({"parts": [part(spare="yes")]}, "Write true."),
        ({"parts": [part(spare="off")]}, "Write false."),
        ({"parts": [part(spare=1)]}, "Write true or false."),
        ({"parts": [part(code="ABCDEF")]}, "6 characters; 5 are allowed"),
        ({"parts": [part(code="a")]}, "the code must be in capitals."),
        ({"parts": [part(steps=[{"quantity": 2.0, "cost": 1}])]}, "Write 2."),
        ({"parts": [part(steps=[{"quantity": 2.5, "cost": 1}])]}, "without a fraction"),
        ({"parts": [part(cod="B")]}, "Did you mean 'code'?"),
        (
            {"parts": [{"name": "hinge", "vehicle": "van"}]},
            "Add `cost:` (cost of a part, in money).",
        ),
        ({"parts": [{"name": "hinge", "cost": 1}]}, "is missing. Add `vehicle:`."),
        ({"parts": [{**part(), "Cost": 1}]}, "Did you mean 'cost'?"),
        ({"parts": {"name": "hinge"}}, "Begin each entry with '- '"),
        ({"parts": ["hinge"]}, "a mapping of keys to values is wanted"),
        ({"parts": [part(vehicle="Van")]}, "no 'Van' in vehicles. Did you mean 'van'?"),
        ({"parts": [part(vehicle="ship")]}, "Write one of 'van', 'lorry'."),
        ({"parts": [part(fits=["all", "vans"])]}, "Did you mean 'van'?"),
        ({"vehicles": [], "parts": []}, "the list has no entries; at least 1"),
        ({"vehicles": [{"name": f"van {i}"} for i in range(60)], "parts": []}, "at most 50"),
        ({"criterion": 3}, "'average', 'total' or a mapping of keys to values is wanted"),
        ({"criterion": {"rat": 0.5}}, "Did you mean 'rate'?"),
        ({"criterion": {"rate": 1}}, "must be below 1."),
        ({"criterion": "averag"}, "Did you mean 'average'?"),
        ({"day": "31.1.2026"}, "Write 2026-01-31."),
        ({"day": "1/31/2026"}, "Write 2026-01-31."),
        ({"day": "3/4/2026"}, "Write 2026-04-03 or 2026-03-04."),
        ({"day": "5/5/2026"}, "Write 2026-05-05."),
        ({"day": "1 Dec 2026"}, "Write 2026-12-01."),
        ({"day": "December 1, 2026"}, "Write 2026-12-01."),
        ({"day": "31.2.2026"}, "Write year-month-day"),
        ({"day": 20260131}, "Write year-month-day"),
        ({"lines": [{"line": "1", "place": "here"}]}, "Add network.places with an entry"),
        ({"lines": [{"line": "1"}, {"line": "1"}]}, "line '1' is already that of lines[0]."),
        (
            {"prices": [{"part": "lock"}, {"part": "lock", "year": 2026}]},
            "part 'lock' and year 2026 is already that of prices[0].",
        ),
        ({"prices": [{"part": "lock", "after": "2"}], "lines": [{"line": "1"}]}, "'2' in lines"),
        ({"vehicles": [{"name": "van", "count": 10**25}, {"name": "lorry"}]}, "above 2^53"),
        ({"kind": "fleets"}, "Did you mean 'fleet'?"),
        ({"amopt": 7}, "Install a newer amopt"),
    ],
)
def test_the_words_of_a_finding(changes: dict[str, Any], words: str) -> None:
    assert words in told(**changes)


def test_one_fault_is_one_finding() -> None:
    """A misspelt key is not missing too; a list is not short because of a bad entry."""
    assert found(parts=[{"name": "hinge", "vehicle": "van", "csot": 3}]) == [
        ("unknown-key", "parts[0].csot")
    ]
    assert found(vehicles=[{"name": "van", "count": -1}], parts=[part()]) == [
        ("out-of-range", "vehicles[0].count")
    ]
    assert found(vehicles=[{"name": 1}], parts=[part(vehicle="1")]) == [
        ("wrong-type", "vehicles[0].name")
    ]
    assert found(vehicles="none", parts=[part()]) == [("wrong-type", "vehicles")]


def test_entries_that_differ_in_one_of_several_keys_may_stand_together() -> None:
    prices = [{"part": "lock", "year": 2026}, {"part": "lock", "year": 2027}, {"part": "hinge"}]
    assert found(prices=prices) == []
    assert found(lines=[{"line": "1"}, {"line": "2"}], prices=[]) == []


def test_dates_are_iso_text_or_dates() -> None:
    day = datetime.date(2026, 1, 31)
    assert Fleet.from_dict(fleet(day="2026-01-31")).day == day
    assert Fleet.from_dict(fleet(day=day)).day == day
    assert Fleet.from_dict(fleet(**tomllib.loads("day = 2026-01-31"))).day == day
    assert found(day=datetime.datetime(2026, 1, 31)) == [("wrong-date", "day")]


def test_an_instance_may_be_built_in_python() -> None:
    built = Fleet(
        name="two vans",
        vehicles=[Vehicle(name="van", count=2), {"name": "lorry"}],
        parts=(Part(name="hinge", vehicle="van", cost=3), fleet()["parts"][1]),
        criterion=Discounted(rate=0.5),
        network={"lanes": [{"from": "a", "to": "b"}], "places": [{"name": "a"}, {"name": "b"}]},
    )
    assert (built.amopt, built.kind) == (1, "fleet")
    assert built.network.lanes[0].from_ == "a"
    assert Fleet.from_dict(built.to_dict()) == built
    assert pickle.loads(pickle.dumps(built)) == built
    assert Fleet.model_validate(built) is built


def test_what_is_wrong_in_python_is_found_too() -> None:
    vans = [Vehicle(name="van"), Vehicle(name="van")]
    with pytest.raises(InvalidInstanceError) as raised:
        Fleet(name="vans", vehicles=vans, parts=[Part(name="hinge", vehicle="lorry", cost=1)])
    assert [finding.code for finding in raised.value.findings] == ["duplicate-name", "unknown-name"]
    with pytest.raises(InvalidInstanceError, match="too-few-vehicles"):
        Fleet(name="vans", vehicles=[{"name": "van"}], parts=[part(), part(name="lock")])
    with pytest.raises(InvalidInstanceError, match="missing-key at vehicles"):
        Fleet(name="vans")


def test_lists_are_taken_for_tuples_and_nothing_else_is_lenient() -> None:
    assert found(parts="hinge") == [("wrong-type", "parts")]
    assert found(parts=[part(fits="all")]) == [("wrong-type", "parts[0].fits")]
    assert found(parts=[part(cost=" 3")]) == [("wrong-type", "parts[0].cost")]


def test_data_of_any_shape_is_refused_in_words() -> None:
    for data in ([], "fleet", 3, None):
        with pytest.raises(InvalidInstanceError):
            Fleet.from_dict(data)  # type: ignore[arg-type]
    circle: dict[str, Any] = fleet()
    circle["network"] = circle
    assert [one.code for one in look(circle).findings] == ["nesting-too-deep"]
    assert found(weights={2: 1})[0][0] in ("key-not-text", "unknown-name")
    assert ("key-not-text", "3") in [
        (one.code, str(one.where)) for one in look({**fleet(), 3: 4}).findings
    ]


def test_the_fingerprint_is_that_of_the_content() -> None:
    one = Fleet.from_dict(fleet())
    same = Fleet.from_dict(dict(reversed(list(fleet(currency="EUR").items()))))
    other = Fleet.from_dict(fleet(currency="USD"))
    assert one.fingerprint() == same.fingerprint()
    assert one.fingerprint() != other.fingerprint()
    assert len(one.fingerprint()) == 64


def test_the_codes_of_a_decision_stand_beside_its_class() -> None:
    assert set(codes_of(Fleet)) == {*CATALOGUE, "too-few-vehicles", "idle-vehicle"}


def test_the_schema_describes_the_file() -> None:
    described = schema(Fleet)
    assert described["required"] == ["amopt", "kind", "name", "vehicles"]
    assert described["additionalProperties"] is False
    assert described["properties"]["kind"]["const"] == "fleet"
    assert "from" in described["$defs"]["Lane"]["properties"]
    assert described["$defs"]["Part"]["properties"]["cost"]["description"].endswith("in money.")
    json.dumps(described)


def test_the_cost_of_suggestions_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of wrong references to thousands of names are not all compared with each other."""
    compared = 0

    def count(word: str, known: dict[str, None], n: int) -> list[str]:
        nonlocal compared
        compared += len(known)
        return []

    monkeypatch.setattr(suggest, "get_close_matches", count)
    parts = [part(name=f"part {i}") for i in range(5000)]
    prices = [{"part": f"pert {i}"} for i in range(5000)]
    told = [code for code, _ in found(parts=parts, prices=prices)]
    assert sorted(set(told)) == ["too-few-vehicles", "unknown-name"]
    assert told.count("unknown-name") == 5000
    assert compared <= 50_000


def test_names_from_files_are_printed_safely() -> None:
    where = Where(file="a\nb.yaml", key=("parts", 0, "\x1b[31m", "x" * 500))
    assert str(where).isprintable()
    assert len(str(where)) < 120


def test_an_answer_given_as_an_instance_is_one_finding(tmp_path: Path) -> None:
    from amopt.report.workbook import write_answer

    pytest.importorskip("openpyxl")
    answer = amopt.solve(amopt.load("printing/mission"))
    folder, file, book = tmp_path / "out", tmp_path / "solution.json", tmp_path / "answer.xlsx"
    file.write_text(answer.to_json())
    answer.save(folder)
    write_answer(answer, book)
    for given in (file, folder, book):
        assert [one.code for one in amopt.check(given)] == ["an-answer"], given
    assert [one.code for one in amopt.check(json.loads(file.read_text()))] == ["an-answer"]
