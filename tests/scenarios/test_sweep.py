"""Many solves of one instance: what is changed, what is kept, and what survives a death."""

from __future__ import annotations

import csv
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import amopt
from amopt import decisions
from amopt.errors import NoAnswerError, UsageError
from amopt.outcome import Status, Stopped
from amopt.scenarios.sweep import Change, Point, changes, from_list, grid, run, sweep, variation
from amopt.scenarios.sweep.changes import apply
from amopt.scenarios.sweep.journal import Journal
from amopt.scenarios.sweep.pools import CUT, in_pools, without
from tests.test_figures import fetched

COSTS = variation("parts.*.print_cost=0.5x,1x,2x")
COUNTS = variation("systems.MB.count=20,42")


def lines(folder: Path) -> list[Any]:
    return [json.loads(line) for line in (folder / "sweep.jsonl").read_text().splitlines()]


def once(folder: Path) -> bool:
    """Whether each point was written once."""
    return set(Counter(line["key"] for line in lines(folder)[1:]).values()) == {1}


def test_a_grid_is_solved_point_by_point() -> None:
    mission = amopt.load("printing/mission")
    found = sweep(mission, grid([COSTS, COUNTS]))
    assert [(row["parts.*.print_cost"], row["systems.MB.count"]) for row in found.rows] == [
        (cost, count) for cost in ("0.5x", "1x", "2x") for count in (20, 42)
    ]
    assert found.solved == 6
    as_it_is = amopt.solve(mission)
    assert found.rows[3]["objective"] == as_it_is.outcome.objective
    assert found.rows[3]["saving"] == as_it_is.rows["totals"][0]["saving"]
    assert list(found.rows[0])[2] == "status"
    assert found.headline().startswith("6 solves: average cost a day from 17.6158 to ")


def test_what_a_path_leads_to() -> None:
    mission = amopt.load("printing/mission")
    data = mission.to_dict()

    def at(path: str, value: str) -> Any:
        return apply(mission, Point((Change(path, value),))).to_dict()

    assert at("parts.4.print_cost", "2x")["parts"][3]["print_cost"] == 2 * 152.88  # the one named 4
    assert at("systems.0.count", "0.5x")["systems"][0]["count"] == 3
    assert at("systems.0.count", "1.4x")["systems"][0]["count"] == 8  # whole, of 8.4
    assert at("criterion", "average") == data
    assert at("cycle_days", "14")["cycle_days"] == 14
    every = at("parts.*.order_cost", ".5x")["parts"]
    assert [one["order_cost"] for one in every] == [one["order_cost"] / 2 for one in data["parts"]]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("part.*.print_cost", "1x", "no key 'part'; there are amopt, kind"),
        ("parts.seven.print_cost", "1x", "no entry 'seven'; there are"),
        ("parts.*.expedite_cost", "2x", "no key 'expedite_cost'"),
        ("name", "2x", "is no number that can be scaled"),
        ("cycle_days.first", "2", "nothing is below 'first'"),
        ("cycle_days", "[1", "is no value of a file"),
        ("cycle_day", "3", "no key 'cycle_day' at the top. Did you mean 'cycle_days'"),
        ("systems.MB.cout", "3", "no key 'cout' here. Did you mean 'count'"),
        ("name", "#x", "holds a comment"),
        ("name", "x #y", "holds a comment"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_before_anything_is_solved(
    path: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_solve", lambda task: pytest.fail("solved"))
    points = [Point(()), Point((Change(path, value),))]
    with pytest.raises(UsageError, match=words):
        sweep(amopt.load("printing/mission"), points)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0),
        ("12:30", "12:30"),
        ("no", "no"),
        ("true", True),
        ("007", "007"),
        ("20", 20),
        ("1_000", "1_000"),
        ("-2.5", -2.5),
        ("nan", "nan"),
        ("\u0663", "\u0663"),
        ("'a #b'", "a #b"),
    ],
)
def test_values_are_read_as_in_a_file(text: str, value: object) -> None:
    """And a row has numbers as they are set, all else as it was written."""
    data = changes._value(None, Change("name", text))
    assert data == value
    assert type(data) is type(value)
    shown = Point((Change("name", text),)).row()["name"]
    assert (shown, type(shown)) == (
        (value, type(value)) if type(value) in (int, float) else (text, str)
    )


def test_what_a_new_key_may_not_be_is_its_row_s_to_tell() -> None:
    data = amopt.load("placement/textbook").model_dump(by_alias=True, exclude_unset=True)
    limited = amopt.load({**data, "limits": {"budget": 2990.0}})
    (row,) = sweep(limited, grid([variation("limits.kg_co2=-1")])).rows
    assert row["status"] == "not valid"


@pytest.mark.parametrize("text", ["parts", "=1", "parts=", "parts=1,,2"])
def test_a_variation_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write a path and its values"):
        variation(text)


def test_a_grid_that_cannot_be_is_refused() -> None:
    with pytest.raises(UsageError, match="varied twice"):
        grid([COUNTS, COUNTS])
    many = tuple(Change(f"x{n}", "1") for n in range(2000))
    with pytest.raises(UsageError, match="vary less"):
        grid([many, many[1:]])
    with pytest.raises(UsageError, match="there twice"):
        sweep(amopt.load("printing/mission"), [Point(()), Point(())])


def test_a_list_of_changes(tmp_path: Path) -> None:
    path = tmp_path / "changes.csv"
    path.write_text("systems.MB.count, parts.4.print_cost\n20,\n\n,2x\n", encoding="utf-8")
    first, second = from_list(path)
    assert first.changes == (Change("systems.MB.count", "20"),)
    assert second.row() == {"parts.4.print_cost": "2x"}
    path.write_text("a,b\n1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="row 2: 1 cells under 2 headings"):
        from_list(path)
    path.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no row"):
        from_list(path)
    with pytest.raises(UsageError, match="cannot be read"):
        from_list(tmp_path / "nowhere.csv")


def test_points_without_an_answer_are_rows_with_their_reason() -> None:
    points = grid([variation("limits.budget=1,3000,-1")])
    data = amopt.load("placement/textbook").model_dump(by_alias=True, exclude_unset=True)
    tight = amopt.load({**data, "limits": {"budget": 2990.0}})
    rows = sweep(tight, points).rows
    assert [row["status"] for row in rows] == ["infeasible", "optimal", "not valid"]
    assert all(rows[n]["note"] and rows[n]["objective"] is None for n in (0, 2))
    assert rows[1]["note"] == ""


def test_the_terminal_says_why_points_have_no_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from amopt.report.studies.swept import print_rows_of

    data = amopt.load("placement/textbook").model_dump(by_alias=True, exclude_unset=True)
    tight = amopt.load({**data, "limits": {"budget": 2990.0}})
    found = sweep(tight, grid([variation("limits.budget=1,3000,-1")]))
    print_rows_of(found)
    said = capsys.readouterr().out
    assert "1 point without an answer: " in said
    assert said.count("1 point without an answer: ") == 2


def test_a_run_goes_on_from_what_was_kept(tmp_path: Path) -> None:
    mission, points = amopt.load("printing/mission"), grid([COSTS, COUNTS])
    first = sweep(mission, points[:4], folder=tmp_path)
    assert (first.solved, len(lines(tmp_path))) == (4, 5)
    journal = tmp_path / "sweep.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-7])  # a kill in the middle of a line
    told: list[tuple[int, int]] = []
    second = sweep(
        mission, points, folder=tmp_path, progress=lambda done, of: told.append((done, of))
    )
    assert second.solved == 3
    assert told == [(4, 6), (5, 6), (6, 6)]
    assert once(tmp_path)
    alone = sweep(mission, points)
    same = [[{**row, "seconds": 0} for row in one.rows] for one in (second, alone)]
    assert same[0] == same[1]


def test_ctrl_c_keeps_what_ended_by_itself(
    monkeypatch: pytest.MonkeyPatch, amopt_command: Any, tmp_path: Path
) -> None:
    """The answer with which a solve ends at Ctrl-C is shown, and no later run takes it up."""
    solve, calls = decisions.solve, []

    def interrupted(*args: Any, **options: Any) -> Any:
        calls.append(1)
        found = solve(*args, **options)
        if len(calls) != 2:
            return found
        outcome = replace(found.outcome, status=Status.FEASIBLE, stopped=Stopped.INTERRUPTED)
        return replace(found, outcome=outcome)

    monkeypatch.setattr(decisions, "solve", interrupted)
    words = ("sweep", "printing/mission", "--vary", "parts.*.print_cost=0.5x,1x,2x")
    run = amopt_command(*words, "--out", "kept")
    assert run.code == 0
    assert "1 of 3 solves is done, and 1 more has its best until then." in run.out
    assert "the same command goes on from there" in run.err
    assert len(lines(tmp_path / "kept")) == 1 + 1
    run = amopt_command(*words, "--out", "kept", "--json")
    assert [row["status"] for row in run.json["rows"]] == ["optimal"] * 3
    assert (run.json["solved"], run.json["stopped"], run.json["done"]) == (2, "finished", 3)
    calls.clear()
    run = amopt_command(*words, "--json", "--table", "table.csv")
    assert [row["status"] for row in run.json["rows"]] == ["optimal", "feasible"]
    assert (run.json["stopped"], run.json["done"], run.json["of"]) == ("interrupted", 1, 3)
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 3
    assert "no row is kept for another run; with --out" in run.err
    calls.clear()
    monkeypatch.setattr(decisions, "solve", _pressed)
    assert amopt_command(*words).code == 130


def _pressed(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


class Passing(ThreadPoolExecutor):
    """Passes Ctrl-C on to its work, as processes do."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.pressed = threading.Event()

    def interrupt(self) -> None:
        self.pressed.set()


def test_ctrl_c_while_a_row_is_kept_reaches_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The solve at hand ends with its best, which is shown, and no worker is waited for."""
    pool, begun = Passing(1), threading.Event()

    def solve(task: Any) -> Any:
        if task[1].row()["systems.MB.count"] == 20:
            return without("optimal", "")
        begun.set()
        return {**without("feasible", ""), CUT: pool.pressed.wait(5)}

    def progress(done: int, of: int) -> None:
        assert begun.wait(5)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(run, "_solve", solve)
    points = grid([variation("systems.MB.count=20,42,50")])
    found = sweep(amopt.load("printing/mission"), points, pool=lambda: pool, progress=progress)
    assert [row["status"] for row in found.rows] == ["optimal", "feasible"]
    assert (found.pieces.ended, found.pieces.cut) == (1, 1)
    assert found.pieces.stopped is Stopped.INTERRUPTED


def test_ctrl_c_keeps_the_other_rows_of_a_batch() -> None:
    todo: Any = {str(n): (str(n), None, {}) for n in range(600)}
    quick = in_pools(todo, lambda: ThreadPoolExecutor(1), lambda task: without("optimal", ""))
    found = [next(quick)[0] for _ in range(4)]  # the last one is the first of a large batch
    following: Any = partial(quick.throw, KeyboardInterrupt())
    with suppress(KeyboardInterrupt):
        while True:
            found.append(following()[0])
            following = quick.__next__
    assert len(found) == len(set(found)) > 100


@pytest.mark.parametrize("place", ["fsync", "flush"])
def test_ctrl_c_as_a_row_is_written_keeps_it(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is there, whole and once, wherever in its writing Ctrl-C came."""
    mission, points = amopt.load("printing/mission"), grid([COUNTS])
    write, pressed = Journal.write, []

    def interrupted(journal: Any, *row: Any) -> None:
        def press(*given: Any) -> None:
            if not pressed:
                pressed.append(1)
                signal.raise_signal(signal.SIGINT)
            return honest(*given)

        with pytest.MonkeyPatch.context() as patch:
            if place == "fsync":
                honest: Any = os.fsync
                patch.setattr("amopt.scenarios.sweep.journal.os.fsync", press)
            else:
                file = journal._file
                honest = file.flush
                patch.setattr(journal, "_file", Flushing(file, press))
            write(journal, *row)

    monkeypatch.setattr(Journal, "write", interrupted)
    try:
        found = sweep(mission, points, folder=tmp_path)
    except KeyboardInterrupt:
        pytest.fail("the row is there, and is not shown")
    assert (len(found.rows), found.pieces.ended) == (1, 1)
    (line,) = lines(tmp_path)[1:]
    assert line["row"]["objective"] == found.rows[0]["objective"]
    assert sweep(mission, points, folder=tmp_path).solved == 1
    assert once(tmp_path)


class Flushing:
    """A file whose flush is another."""

    def __init__(self, file: Any, flush: Any) -> None:
        self._file, self.flush = file, flush

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class AtOnce(ThreadPoolExecutor):
    """Works as it is given something, and breaks at one of its tasks."""

    given = 0

    def submit(self, task: Any, /, *words: Any, **named: Any) -> Any:
        AtOnce.given += 1
        if AtOnce.given == 4:
            raise BrokenExecutor("an idle worker died")
        future: Future[Any] = Future()
        future.set_result(task(*words, **named))
        return future


def test_a_pool_that_breaks_while_nothing_runs_is_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(AtOnce, "given", 0)
    todo: Any = {str(n): (str(n), None, {}) for n in range(9)}
    found = list(in_pools(todo, lambda: AtOnce(1), lambda task: without("optimal", task[0])))
    assert sorted(key for key, _ in found) == sorted(todo)
    assert {row["status"] for _, row in found} == {"optimal"}


def test_a_pool_that_takes_nothing_is_told() -> None:
    class Broken(ThreadPoolExecutor):
        def submit(self, task: Any, /, *words: Any, **named: Any) -> Any:
            raise BrokenExecutor("gone")

    todo: Any = {"1": (None, None, {})}
    with pytest.raises(NoAnswerError, match="before any point was given"):
        list(in_pools(todo, lambda: Broken(1), _pressed))


def test_a_journal_of_another_sweep_is_left_alone(tmp_path: Path) -> None:
    mission, points = amopt.load("printing/mission"), grid([COUNTS])
    sweep(mission, points, folder=tmp_path)
    kept = (tmp_path / "sweep.jsonl").read_bytes()
    for other, options in ((amopt.load("printing/mission-fitted"), {}), (mission, {"gap": 0.5})):
        with pytest.raises(UsageError, match="of another instance, or of other options"):
            sweep(other, points, folder=tmp_path, **options)  # type: ignore[arg-type]
    assert (tmp_path / "sweep.jsonl").read_bytes() == kept
    (tmp_path / "sweep.jsonl").write_text("nothing of ours\n")
    with pytest.raises(UsageError, match="no journal of a sweep"):
        sweep(mission, points, folder=tmp_path)


def test_one_run_at_a_time_writes_a_journal(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    mission, points = amopt.load("printing/mission"), grid([COUNTS])

    def second(done: int, of: int) -> None:
        with pytest.raises(UsageError, match="written by another sweep"):
            sweep(mission, points, folder=tmp_path)

    assert sweep(mission, points, folder=tmp_path, progress=second).solved == 2


def test_windows_locks_a_journal_by_a_byte_that_nobody_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[int, int]] = []

    def locking(file: int, mode: int, count: int) -> None:
        place = (os.lseek(file, 0, os.SEEK_CUR), count)
        if place in taken:
            raise PermissionError(13, "Permission denied")
        taken.append(place)

    monkeypatch.setitem(sys.modules, "fcntl", None)
    windows = SimpleNamespace(LK_NBLCK=2, locking=locking)
    monkeypatch.setitem(sys.modules, "msvcrt", windows)
    mission, points = amopt.load("printing/mission"), grid([COUNTS])

    def second(done: int, of: int) -> None:
        with pytest.raises(UsageError, match="written by another sweep"):
            sweep(mission, points, folder=tmp_path)

    assert sweep(mission, points, folder=tmp_path, progress=second).solved == 2
    assert len(lines(tmp_path)) == 3
    taken.clear()
    assert sweep(mission, points, folder=tmp_path).solved == 0


def test_a_row_whose_worker_died_is_tried_in_one_more_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission, points = amopt.load("printing/mission"), grid([COUNTS])
    with monkeypatch.context() as patch:
        patch.setattr(run, "_solve", lambda task, *_: without("failed", "its worker died"))
        assert sweep(mission, points, folder=tmp_path).solved == 2
        found = sweep(mission, points[:1], folder=tmp_path)
        assert (found.solved, found.rows[0]["status"]) == (1, "failed")
        assert sweep(mission, points[:1], folder=tmp_path).solved == 0
    found = sweep(mission, points, folder=tmp_path)
    assert (found.solved, [row["status"] for row in found.rows]) == (1, ["failed", "optimal"])


def test_rows_that_other_versions_solved_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from amopt.report.studies.swept import as_json, print_rows_of

    mission, points = amopt.load("printing/mission"), grid([COUNTS])
    now = {name: importlib.metadata.version(name) for name in ("highspy", "pyomo")}
    assert sweep(mission, points[:1], folder=tmp_path).notes == ()
    assert lines(tmp_path)[0]["versions"] == {"amopt": amopt.__version__, **now}
    with monkeypatch.context() as patch:
        patch.setattr(run, "versions", lambda *names: {**now, "highspy": "99"})
        later = sweep(mission, points, folder=tmp_path)
    assert later.notes == (f"1 row of before was solved with highspy {now['highspy']} (now 99).",)
    back = sweep(mission, points, folder=tmp_path)
    assert back.notes == (f"1 row of before was solved with highspy 99 (now {now['highspy']}).",)
    print_rows_of(back)
    assert back.notes[0] in " ".join(capsys.readouterr().out.split())
    assert json.loads(as_json(back))["notes"] == list(back.notes)
    journal = tmp_path / "sweep.jsonl"  # one of a version that did not record them
    head, *rows = [line for line in lines(tmp_path) if line.keys() != {"versions"}]
    texts = [json.dumps({"sweep": head["sweep"]}), *map(json.dumps, rows)]
    journal.write_text("\n".join(texts) + "\n")
    (note,) = sweep(mission, points, folder=tmp_path).notes
    assert note.startswith("2 rows of before were solved with amopt of an unknown version (now")


def test_any_executor_gives_the_same(tmp_path: Path) -> None:
    mission, points = amopt.load("printing/mission"), grid([COSTS, COUNTS])
    there = sweep(mission, points, pool=lambda: ThreadPoolExecutor(2), folder=tmp_path)
    here = sweep(mission, points)
    assert [row["objective"] for row in there.rows] == [row["objective"] for row in here.rows]
    assert once(tmp_path)


def _dies(task: Any) -> Any:
    """Kill this process at the point that says so, once or always."""
    _, point, options = task
    (change,) = point.changes
    mark = Path(options["mark"])
    if change.value == "20" or (change.value == "30" and not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return without("optimal", change.value)


def test_a_worker_that_dies_costs_nothing_that_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A point that always kills its worker is told; one that did so once is solved, as all are."""
    values = [str(value) for value in range(10, 34)]
    todo = {
        value: (None, Point((Change("systems.MB.count", value),)), {"mark": tmp_path / "mark"})
        for value in values
    }
    monkeypatch.setattr(run, "_solve", _dies)
    found = list(run._solved(todo, lambda: ProcessPoolExecutor(2)))  # type: ignore[arg-type]
    assert sorted(key for key, _ in found) == values
    rows = dict(found)
    assert (rows["20"]["status"], rows["20"]["note"]) == ("failed", "its worker died")
    assert {rows[value]["note"] for value in values if value != "20"} == set(values) - {"20"}


def test_a_cluster_that_is_lost_ends_the_run_and_keeps_the_rows(tmp_path: Path) -> None:
    class Lost(ThreadPoolExecutor):
        def submit(self, task: Any, /, *given: Any, **named: Any) -> Any:
            last = any(point.row()["systems.MB.count"] == 42 for _, (_, point, _) in given[1])
            return super().submit(_lose if last else task, *given, **named)

    mission, points = amopt.load("printing/mission"), grid([COUNTS])
    with pytest.raises(NoAnswerError, match=r"the executor failed \(ConnectionError"):
        sweep(mission, points, pool=lambda: Lost(1), folder=tmp_path)
    assert sweep(mission, points, folder=tmp_path).solved == 1


def _lose(*given: Any) -> Any:
    raise ConnectionError("the scheduler does not answer")


def test_small_solves_go_in_batches_and_long_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch takes a quarter of a second; the first ones are of one point, to see its time."""
    given: list[int] = []

    class Counting(ThreadPoolExecutor):
        def submit(self, task: Any, /, *words: Any, **named: Any) -> Any:
            given.append(len(words[1]))
            return super().submit(task, *words, **named)

    def all_of(seconds: float, points: int) -> list[int]:
        given.clear()
        now = [0.0]
        monkeypatch.setattr("amopt.scenarios.sweep.pools.time.perf_counter", lambda: now[0])

        def solve(task: Any) -> Any:
            now[0] += seconds
            return without("optimal", "")

        todo: Any = {str(n): (None, None, {}) for n in range(points)}
        rows = dict(in_pools(todo, lambda: Counting(1), solve))
        assert sorted(rows) == sorted(todo)
        assert sum(given) == points
        return given

    assert set(all_of(1.0, 40)) == {1}
    assert all_of(1e-3, 3000)[:4] == [1, 1, 1, 250]


def test_what_was_under_way_at_a_death_goes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points that are quick fill a batch, but for those that may have killed a worker."""
    given: list[list[str]] = []

    class Dying(ThreadPoolExecutor):
        def submit(self, task: Any, /, *words: Any, **named: Any) -> Any:
            given.append([key for key, _ in words[1]])
            return super().submit(task, *words, **named)

    died: list[str] = []

    def solve(task: Any) -> Any:
        if task[0] == "30" and not died:
            died.append(task[0])
            raise BrokenExecutor("a worker died")
        return without("optimal", "")

    todo: Any = {str(n): (str(n), None, {}) for n in range(600)}
    rows = dict(in_pools(todo, lambda: Dying(1), solve))
    assert sorted(rows) == sorted(todo)
    suspects = next(keys for keys in given if "30" in keys)
    assert len(suspects) > 1
    again = given[max(n for n, keys in enumerate(given) if keys == suspects) + 1 :]
    assert [[key] for key in suspects if [key] in again] == [[key] for key in suspects]


def test_several_files_are_rows_of_one_sweep(amopt_command: Any, tmp_path: Path) -> None:
    """The file that is refused is a row with its finding; a second run solves what is new."""
    data = amopt.load("printing/mission").to_dict()
    for name, days in (("week", 7), ("fortnight", 14), ("wrong", -7)):
        (tmp_path / f"{name}.json").write_text(json.dumps(data | {"cycle_days": days}))
    files = ["week.json", "wrong.json", "placement/textbook"]
    words = ["sweep", *files, "--out", "kept", "--json"]
    first = amopt_command(*words)
    assert first.code == 0
    assert [row["file"] for row in first.json["rows"]] == files
    assert [row["status"] for row in first.json["rows"]] == ["optimal", "not valid", "optimal"]
    assert first.json["rows"][1]["note"].startswith("out-of-range: ")
    assert first.json["name"] == "3 instances"
    assert first.json["objective_meaning"] == "objective"  # of a day, and of a year
    again = amopt_command("sweep", *files, "fortnight.json", "--out", "kept", "--json")
    assert (first.json["solved"], again.json["solved"]) == (3, 2)  # what is refused, is each time
    assert "solved before" not in amopt_command("sweep", "week.json", "wrong.json").out
    assert [{**row, "seconds": 0} for row in again.json["rows"][:3]] == [
        {**row, "seconds": 0} for row in first.json["rows"]
    ]
    varied = ["--vary", "systems.MB.count=20,42", "--html", "s.html"]
    shown = amopt_command("sweep", "week.json", "fortnight.json", *varied)
    assert "4 solves: average cost a day from" in shown.out
    refused = amopt_command("sweep", "week.json", "placement/textbook", *varied)
    assert refused.code == 2
    assert refused.err.startswith("error  placement/textbook: systems.MB.count: no key 'systems'")
    assert amopt_command("sweep", "week.json", "week.json").code == 2
    assert amopt_command("sweep", "week.json").code == 2


@pytest.mark.parametrize("death", [BrokenExecutor, type("KilledWorker", (Exception,), {})])
def test_a_study_says_that_its_worker_died(death: type[Exception]) -> None:
    from amopt.cli.common import executing

    with pytest.raises(NoAnswerError, match="a worker died"), executing(1, None, None):
        raise death("here")
    with pytest.raises(ZeroDivisionError), executing(1, None, None):
        raise ZeroDivisionError


def test_studies_run_on_workers_and_clusters(amopt_command: Any) -> None:
    """What one process gives, several do; a cluster that is not there is told by every study."""
    sensitivity = ["sensitivity", "printing/mission", "--json"]
    one, two = amopt_command(*sensitivity), amopt_command(*sensitivity, "--workers", "2")
    assert one.json["inputs"] == two.json["inputs"]
    axes = ["--x", "machine_price=0.5,1", "--y", "demand=1,2", "--json"]
    one = amopt_command("placement", "map", "placement/textbook", *axes)
    two = amopt_command("placement", "map", "placement/textbook", *axes, "--workers", "2")
    assert one.json["tables"] == two.json["tables"]
    source = ["reproduce", "bracken-mccormick-1968", "--json"]
    one, two = amopt_command(*source), amopt_command(*source, "--workers", "2")
    assert one.json == two.json
    for words in (sensitivity, ["placement", "map", "placement/textbook", *axes], source):
        assert amopt_command(*words, "--workers", "0").code == 2


def test_the_command(amopt_command: Any, tmp_path: Path) -> None:
    words = ["sweep", "printing/mission", "--vary", "systems.MB.count=20,42", "--out", "kept"]
    shown = amopt_command(*words, "--html", "s.html", "--table", "s.csv")
    assert (shown.code, shown.err) == (0, "")
    assert "2 solves: average cost a day from" in shown.out
    assert {"objective", "bound", "gap"} <= set(shown.out.split())
    assert fetched((tmp_path / "s.html").read_text(encoding="utf-8")) == []
    with (tmp_path / "s.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [row["status"] for row in table] == ["optimal", "optimal"]
    again = amopt_command(*words, "--json", "--table", "s.json")
    assert again.json["solved"] == 0
    assert json.loads((tmp_path / "s.json").read_text())["rows"] == again.json["rows"]
    for wrong in (
        ["--vary", "systems.MB.count"],
        [],
        ["--vary", "systems.MB.count=1", "--list", "x.csv"],
        ["--vary", "systems.MB.count=1", "--table", "s.txt"],
        ["--vary", "systems.MB.count=1", "--workers", "0"],
    ):
        assert amopt_command("sweep", "printing/mission", *wrong).code == 2


@pytest.mark.parquet
def test_a_table_for_other_programs(amopt_command: Any, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    words = ["sweep", "printing/mission", "--vary", "systems.MB.count=20,42"]
    assert amopt_command(*words, "--table", "s.parquet").code == 0
    table = parquet.read_table(tmp_path / "s.parquet").to_pydict()
    assert table["systems.MB.count"] == [20, 42]
    assert table["status"] == ["optimal"] * 2
    words[-1] += ",2x"  # numbers and texts
    assert amopt_command(*words, "--table", "s.parquet").code == 0
    table = parquet.read_table(tmp_path / "s.parquet").to_pydict()
    assert table["systems.MB.count"] == ["20", "42", "2x"]


@pytest.mark.slow
def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    """The command is killed after its second row; the next one solves the others."""
    vary = "systems.MB.count=" + ",".join(map(str, range(10, 24)))
    words = [sys.executable, "-m", "amopt", "sweep", "printing/mission", "--vary", vary, "--out"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    begun = subprocess.Popen(
        [*words, "kept", "-q"], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
    )
    journal = tmp_path / "kept" / "sweep.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if journal.exists() and journal.read_bytes().count(b"\n") > 2:
            break
        time.sleep(0.002)
    begun.kill()
    begun.wait()
    before = journal.read_bytes().count(b"\n") - 1
    assert 2 <= before < 14
    points = grid([variation(vary)])
    found = sweep(amopt.load("printing/mission"), points, folder=tmp_path / "kept")
    assert found.solved == 14 - before
    assert once(tmp_path / "kept")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_dask_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    """A real cluster on this machine; one of its two workers is killed in the middle."""
    distributed = pytest.importorskip("distributed")
    from amopt.scenarios.sweep.cluster import on_cluster

    mission = amopt.load("printing/mission")
    points = grid([variation("systems.MB.count=" + ",".join(map(str, range(10, 34))))])
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        pids = [worker.pid for worker in cluster.workers.values()]
        killed = threading.Event()

        def progress(done: int, of: int) -> None:
            if done >= 5 and not killed.is_set():
                killed.set()
                os.kill(pids[0], signal.SIGKILL)

        found = sweep(
            mission,
            points,
            pool=on_cluster(cluster.scheduler_address),
            folder=tmp_path,
            progress=progress,
        )
    assert killed.is_set()
    assert found.solved == 24
    assert {row["status"] for row in found.rows} == {"optimal"}
    assert once(tmp_path)
    some = [0, 11, 23]
    here = sweep(mission, [points[n] for n in some])
    assert [found.rows[n]["objective"] for n in some] == pytest.approx(
        [row["objective"] for row in here.rows], rel=1e-12
    )


def test_a_cluster_that_is_not_there_is_told() -> None:
    from amopt.scenarios.sweep.cluster import on_cluster

    try:
        import distributed  # noqa: F401
    except ModuleNotFoundError:
        with pytest.raises(UsageError, match="one more package"):
            on_cluster("tcp://127.0.0.1:1")
        return
    with pytest.raises(UsageError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        sweep(
            amopt.load("printing/mission"),
            grid([COUNTS]),
            pool=on_cluster("tcp://127.0.0.1:1", seconds=0.2),
        )
