"""Very many parts from a table: the same answers as one by one, findings, and planted edits."""

from __future__ import annotations

import importlib.util
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import amopt
from amopt.cli import app
from amopt.column_table import ColumnTable
from amopt.errors import InvalidInstanceError, RefusedError, UsageError
from amopt.printing import closed_form
from amopt.printing.instance import parts_table
from amopt.printing.many import answer as answer_of_many
from amopt.printing.many.answer import ManySolution, solve_table, write_table
from amopt.printing.many.reading import named_table, read
from amopt.printing.referee.studies.many import check_many
from tests.printing.limits.test_limits import place

PYARROW = importlib.util.find_spec("pyarrow") is not None


def random_parts(count: int = 60) -> list[dict[str, Any]]:
    """Return parts of two systems: with a printer or not, flown in or not, by rate or not."""
    rng = np.random.default_rng(7)
    found = []
    for index in range(count):
        cost = float(np.exp(rng.normal(3.5, 1.5)))
        part: dict[str, Any] = {"name": f"=part {index}", "system": ["a", "b"][index % 2]}
        part["order_cost"] = cost
        field = "failure_rate_per_day" if index % 3 else "failure_probability_per_day"
        part[field] = float(rng.uniform(0, 0.2)) * (index % 11 > 0)
        if index % 4:
            part["print_cost"] = cost * float(rng.uniform(0.1, 1.5))
            part["printed_failure_rate_per_day"] = float(rng.uniform(0, 0.5))
        if index % 5 == 0:
            part["expedite_cost"] = cost * float(rng.uniform(1.1, 3))
        held = "holding_cost_per_day" if index % 2 else "holding_cost_per_year_per_value"
        part[held] = float(rng.uniform(0, 1))
        found.append(part)
    return found


def data_of(parts: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return an instance of such parts."""
    data = place(days=5, **more)
    data["systems"] = [
        {"name": "a", "count": 4, "backorder_cost_per_day": 60.0},
        {"name": "b", "count": 9, "backorder_cost_per_day": 8.0},
    ]
    return {**data, "parts": parts}


@pytest.mark.parametrize("form", ["csv", pytest.param("parquet", marks=pytest.mark.parquet)])
@pytest.mark.parametrize("more", [{}, {"criterion": {"discount_per_day": 0.98}}])
def test_a_table_says_what_the_file_says(form: str, more: dict[str, Any], tmp_path: Path) -> None:
    instance = amopt.load(data_of(random_parts(), **more))
    path = tmp_path / f"parts.{form}"
    if form == "parquet":
        pytest.importorskip("pyarrow")
    getattr(pd.DataFrame(random_parts()), f"to_{form}")(path, index=False)
    answer, alike = solve_table(instance, path), amopt.solve(instance)
    assert answer.outcome.objective == pytest.approx(alike.outcome.objective, rel=1e-9)
    assert answer.outcome.bound == pytest.approx(alike.outcome.bound, rel=1e-9)
    assert len(answer.rows["parts"]) == 60
    for mine, theirs in zip(answer.rows["parts"], alike.rows["parts"], strict=True):
        for column in mine.keys() & theirs.keys():
            if isinstance(mine[column], float):
                stake = 1e-9 * theirs["yearly_unavoidable_cost"] + 1e-9
                assert mine[column] == pytest.approx(theirs[column], rel=1e-9, abs=stake), column
            else:
                assert mine[column] == theirs[column], column
    totals = answer.rows["totals"][0]
    for column, value in totals.items():
        due = alike.rows["totals"][0][column]
        assert value == (due if due is None else pytest.approx(due, rel=1e-9)), column
    single = {row["part"]: row["base_stock"] for row in alike.rows["single_source"]}
    assert all(
        row["single_source_base_stock"] == single[row["part"]] for row in answer.rows["parts"]
    )
    assert "of 60 parts are worth printing" in " ".join(answer.headline())


def test_every_edit_of_a_table_is_found(tmp_path: Path) -> None:
    instance = amopt.load(data_of(random_parts(12)))
    path = tmp_path / "parts.csv"
    pd.DataFrame(random_parts(12)).to_csv(path, index=False)
    table, answer = read(instance, path), solve_table(instance, path)
    parts, total = answer.rows["parts"], answer.rows["totals"][0]
    assert isinstance(parts, ColumnTable)

    def accepted(columns: Any, totals: Any = total) -> bool:
        known = table.names, table.systems, table.parameters
        return check_many(*known, columns, totals).accepted

    assert accepted(parts.columns)
    for name, cells in parts.columns.items():
        for row in (0, 7):
            edited = np.array(cells)
            cell = edited[row]
            edited[row] = "wait 4-1, print 0" if isinstance(cell, str) else cell + 1
            assert not accepted({**parts.columns, name: edited}), name
        assert not accepted(
            {column: one for column, one in parts.columns.items() if column != name}
        )
    worse = np.array(parts.columns["plan"])
    worse[:] = "wait 4-1"
    assert not accepted({**parts.columns, "plan": worse})
    for name, value in total.items():
        assert not accepted(parts.columns, {**total, name: value + 1}), name


def test_everything_wrong_with_a_table_is_told_by_row_and_column(tmp_path: Path) -> None:
    parts = pd.DataFrame(random_parts(14)).astype(object)
    parts.loc[1, "order_cost"] = "2,50"
    parts.loc[2, "system"] = "c"
    parts.loc[3, "name"] = "=part 0"
    parts.loc[5, "expedite_cost"] = 0.01
    parts.loc[6, "holding_cost_per_day"] = parts.loc[6, "holding_cost_per_year_per_value"] = 0.5
    parts.loc[7, "failure_rate_per_day"] = -1.0
    parts.loc[9:13, "print_cost"] = 3.0
    parts.loc[9:13, "printed_failure_rate_per_day"] = None
    path, instance = tmp_path / "parts.csv", amopt.load(data_of(random_parts(2)))

    def told() -> list[tuple[str, tuple[Any, ...], int | None]]:
        parts.to_csv(path, index=False)
        with pytest.raises(InvalidInstanceError) as caught:
            solve_table(instance, path)
        assert all(one.where.file == str(path) for one in caught.value.findings)
        return [(one.code, one.where.key, one.where.row) for one in caught.value.findings]

    assert told() == [("cell-not-a-number", ("order_cost",), 3)]
    parts.loc[1, "order_cost"] = 2.5
    found = told()
    for expected in (
        ("unknown-name", ("system",), 4),
        ("duplicate-name", ("name",), 5),
        ("expedite-too-cheap", ("expedite_cost",), 7),
        ("exactly-one", ("holding_cost_per_year_per_value",), 8),
        ("cell-out-of-range", ("failure_rate_per_day",), 9),
        ("exactly-one", ("printed_failure_rate_per_day",), 11),
    ):
        assert expected in found
    parts = parts.rename(columns={"print_cost": "print_costs"}).drop(columns="system")
    assert {code for code, _, _ in told()} == {"unknown-column", "missing-column"}


def test_what_is_no_table_of_parts_is_refused(tmp_path: Path) -> None:
    data = data_of(random_parts(2))
    limited = amopt.load(
        {**data, "limits": [{"name": "prints", "measure": "prints", "at_most": 1.0}]}
    )
    for instance, name, says in (
        (limited, "parts.csv", "without limits"),
        (amopt.load(data), "parts.csv", "there is no file"),
        (amopt.load(data), "parts.txt", "neither a .csv nor a .parquet"),
        (amopt.load(data), "parts.parquet", "cannot be read" if PYARROW else "need pyarrow"),
    ):
        if name != "parts.csv":
            (tmp_path / name).write_text("name\n")
        with pytest.raises(UsageError, match=says):
            solve_table(instance, tmp_path / name)


def test_the_command_writes_each_form(tmp_path: Path) -> None:
    path, given = tmp_path / "place.json", tmp_path / "parts.csv"
    path.write_text(json.dumps(data_of(random_parts(2))))
    pd.DataFrame(random_parts(9)).to_csv(given, index=False, sep=";")
    run = ["printing", "table", str(path), str(given)]
    for form in ("csv", "parquet", "json"):
        out = tmp_path / f"plans.{form}"
        result = CliRunner().invoke(app, [*run, "--out", str(out), "--json"])
        if form == "parquet" and not PYARROW:
            assert result.exit_code == 2
            assert "need pyarrow" in result.output
            assert not out.exists()
            continue
        assert result.exit_code == 0, result.output
        assert json.loads(result.output)["tables"]["totals"][0]["parts"] == 9
        plans = getattr(pd, f"read_{form}")(out)
        assert list(plans.columns) == [one.name for one in ManySolution.columns["parts"]]
        assert len(plans) == 9
        assert plans["part"][0] == ("'=part 0" if form == "csv" else "=part 0")
    result = CliRunner().invoke(app, [*run, "--out", str(tmp_path / "plans.txt")])
    assert result.exit_code == 2
    result = CliRunner().invoke(app, run)
    assert "Order up to" in result.output
    answer = solve_table(amopt.load(path), given)
    with pytest.raises(UsageError, match="is written as"):
        write_table(answer, tmp_path / "plans.xls")


def naming(table: str) -> dict[str, Any]:
    return {**data_of([]), "parts": {"table": table}}


def test_an_instance_names_its_table(tmp_path: Path) -> None:
    parts = random_parts(30)
    pd.DataFrame(parts).to_csv(tmp_path / "parts.csv", index=False)
    place_file = tmp_path / "place.json"
    named = naming("parts.csv")
    place_file.write_text(json.dumps(named))
    alike = amopt.load(data_of(parts))
    instance = amopt.load(place_file)
    assert instance.parameters.order_cost.tolist() == alike.parameters.order_cost.tolist()
    assert amopt.solve(instance).rows == amopt.solve(alike).rows
    assert amopt.load(instance.to_dict()).parts == alike.parts  # without the file
    answer = solve_table(*named_table(place_file))
    assert answer.rows["totals"][0]["saving"] == pytest.approx(
        amopt.solve(alike).rows["totals"][0]["saving"], rel=1e-12
    )
    pd.DataFrame(parts[:4]).to_csv(tmp_path / "others.csv", index=False)
    for given, count, says in (
        ([], 30, "those of parts.csv, which the instance names."),
        ([str(tmp_path / "others.csv")], 4, "those of others.csv; the parts of the instance were"),
    ):
        found = CliRunner().invoke(app, ["printing", "table", str(place_file), *given, "--json"])
        assert found.exit_code == 0, found.output
        told = json.loads(found.output)
        assert told["tables"]["totals"][0]["parts"] == count
        assert says in told["notes"][0]


def test_a_table_stays_in_the_folder_of_its_instance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "place"
    folder.mkdir()
    pd.DataFrame(random_parts(5)).to_csv(tmp_path / "parts.csv", index=False)
    (folder / "link.csv").symlink_to(tmp_path / "parts.csv")
    place_file = folder / "place.json"
    for name in ("../parts.csv", str(tmp_path / "parts.csv"), "link.csv", "C:\\parts.csv", ""):
        place_file.write_text(json.dumps(naming(name)))
        for way in (amopt.load, named_table):
            with pytest.raises(InvalidInstanceError) as refused:
                way(place_file)
            assert {one.code for one in refused.value.findings} == {"parts-table"}
    with pytest.raises(InvalidInstanceError):
        amopt.load(naming("parts.csv"))  # data that never was a file
    place_file.write_text(json.dumps(data_of(random_parts(2))))
    with pytest.raises(UsageError, match="no table"):
        named_table(place_file)
    pd.DataFrame(random_parts(5)).to_csv(folder / "parts.csv", index=False)
    place_file.write_text(json.dumps(naming("parts.csv")))
    monkeypatch.setattr(parts_table, "MOST_ROWS", 4)
    with pytest.raises(InvalidInstanceError, match="amopt printing table"):
        amopt.load(place_file)
    assert len(solve_table(*named_table(place_file)).rows["parts"]) == 5
    pd.DataFrame(random_parts(3)).to_csv(tmp_path / "few.csv", index=False)  # whatever it names
    assert len(solve_table(*named_table(place_file, tmp_path / "few.csv")).rows["parts"]) == 3


def refused(way: Any, *given: Any) -> set[str]:
    """Return the codes of what is wrong, with those of a cell in one word."""
    with pytest.raises(InvalidInstanceError) as caught:
        way(*given)
    wrong = ("wrong-type", "cell-not-a-number", "number-too-large", "cell-out-of-range")
    return {"wrong-type" if one.code in wrong else one.code for one in caught.value.findings}


@pytest.mark.parametrize(
    ("column", "cells", "code"),
    [
        ("order_cost", ["TRUE", "FALSE"], "wrong-type"),
        ("print_cost", ["3", "True"], "wrong-type"),
        ("name", ["a", "b" * 201], "text-too-long"),
        ("name", ["a", " b"], "malformed-text"),
        ("name", ["a", "b "], "malformed-text"),
        ("name", ["a", "b\u200bc"], "malformed-text"),
        ("name", ["a", "b\tc"], "malformed-text"),
    ],
)
def test_a_table_takes_no_cell_that_an_instance_refuses(
    column: str, cells: list[str], code: str, tmp_path: Path
) -> None:
    parts = pd.DataFrame(random_parts(2)).astype({"name": str})
    parts["printed_failure_rate_per_day"] = 0.1
    parts["print_cost"] = 3.0
    parts[column] = cells
    parts.to_csv(tmp_path / "parts.csv", index=False)
    place_file = tmp_path / "place.json"
    place_file.write_text(json.dumps(naming("parts.csv")))
    assert refused(amopt.load, place_file) == {code}
    assert refused(read, amopt.load(data_of(random_parts(2))), tmp_path / "parts.csv") == {code}


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("name", [1, 2]),
        ("name", [b"a", b"b"]),
        ("order_cost", [True, False]),
        ("order_cost", pd.array([True, None], dtype="boolean")),
        ("order_cost", pd.to_datetime(["1970-01-01", "1970-01-01"])),
        ("order_cost", pd.to_timedelta(["1ns", "2ns"])),
        ("order_cost", ["1", "2"]),
    ],
    ids=["numbers", "bytes", "truth", "truth or nothing", "dates", "times", "texts"],
)
@pytest.mark.parquet
def test_nor_what_is_typed_as_something_else(column: str, cells: Any, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path, place_file = tmp_path / "parts.parquet", tmp_path / "place.json"
    pd.DataFrame(random_parts(2)).assign(**{column: cells}).to_parquet(path, index=False)
    place_file.write_text(json.dumps(naming("parts.parquet")))
    for found in (
        refused(amopt.load, place_file),
        refused(read, amopt.load(data_of(random_parts(2))), path),
    ):
        assert found <= {"wrong-type", "missing-key"}
        assert "wrong-type" in found


def test_a_file_with_a_table_may_state_more_of_its_parts(tmp_path: Path) -> None:
    """Of which a table of plans knows nothing, and says so."""
    parts = [{**part, "print_material_cm3": 2.0} for part in random_parts(6)]
    pd.DataFrame(parts).to_csv(tmp_path / "parts.csv", index=False)
    place_file = tmp_path / "place.json"
    name = str(parts[1]["name"])
    uncertain = {"part": name, "lowest_rate_per_day": 0.01, "highest_rate_per_day": 0.2}
    stated: dict[str, Any] = {
        "policy": [
            {"part": part["name"], "base_stock": 1, "print_threshold": 2}
            if "print_cost" in part
            else {"part": part["name"], "base_stock": 1}
            for part in parts
        ],
        "uncertain_rates": [{**uncertain, "of": "printed"}],
        "material": {"non_stockout_probability": 0.9},
    }
    place_file.write_text(json.dumps({**naming("parts.csv"), **stated}))
    assert amopt.load(place_file).policy
    alone = solve_table(amopt.load(data_of(parts)), tmp_path / "parts.csv")
    answer = solve_table(*named_table(place_file))
    assert answer.rows["totals"] == alone.rows["totals"]
    said = " ".join(answer.notes)
    assert "policy, uncertain_rates and material" in said
    assert "policy" not in " ".join(alone.notes)
    limit = {"name": "prints", "measure": "printer_hours", "at_most": 1.0, "parts": [name]}
    place_file.write_text(json.dumps({**naming("parts.csv"), "limits": [limit]}))
    with pytest.raises(UsageError, match="without limits"):
        solve_table(*named_table(place_file))
    for key, entries in (
        ("policy", stated["policy"] + stated["policy"][:1]),
        ("uncertain_rates", [{**uncertain, "lowest_rate_per_day": 0.3}]),
        ("policy", [{"part": name, "base_stock": -1}]),
    ):
        place_file.write_text(json.dumps({**naming("parts.csv"), key: entries}))
        with pytest.raises(InvalidInstanceError) as caught:
            named_table(place_file)
        assert {one.where.key[0] for one in caught.value.findings} == {key}


def test_a_table_that_is_refused_is_not_called_optimal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "parts.csv"
    pd.DataFrame(random_parts(5)).to_csv(path, index=False)
    best = closed_form.best_policy

    def another(parameters: Any) -> Any:
        found = best(parameters)
        return replace(found, base_stock=found.base_stock + 3)

    monkeypatch.setattr(closed_form, "best_policy", another)
    with pytest.raises(RefusedError) as refused:
        solve_table(amopt.load(data_of(random_parts(2))), path)
    assert refused.value.outcome is not None
    assert refused.value.outcome.status == "refused"
    assert refused.value.outcome.bound is None


def test_ctrl_c_leaves_the_parts_that_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of blocks of ten parts two are done: plans, totals and the referee are of their parts."""
    pd.DataFrame(random_parts(60)).to_csv(tmp_path / "parts.csv", index=False)
    instance = amopt.load(data_of(random_parts(1)))
    whole = solve_table(instance, tmp_path / "parts.csv")
    monkeypatch.setattr(answer_of_many, "CHUNK", 10 * instance.cycle_days)
    monkeypatch.setattr(answer_of_many, "PROCESSORS", 1)
    may_begin, honest = threading.Semaphore(2), answer_of_many._some

    def held_up(some: Any) -> Any:
        assert may_begin.acquire(timeout=60)
        return honest(some)

    def press(ended: int, of: int) -> None:
        assert of == 6
        if ended == 2:
            may_begin.release(6)
            raise KeyboardInterrupt

    monkeypatch.setattr(answer_of_many, "_some", held_up)
    found = solve_table(instance, tmp_path / "parts.csv", progress=press)
    kept = len(found.rows["parts"])
    assert kept in (20, 30)  # the third block may have begun already
    assert list(found.rows["parts"]) == list(whole.rows["parts"])[:kept]
    assert found.rows["totals"][0]["parts"] == kept
    assert found.verdict.accepted
    assert found.notes[0] == f"Ctrl-C ended it: {kept} of 60 parts are done."
    assert str(found.outcome.stopped) == "interrupted"
