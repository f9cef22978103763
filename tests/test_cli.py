"""The command line, as a planner or a script calls it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import amopt
from amopt.network import read_graph
from tests.conftest import INSTANCES, ROOT, Run

Command = Callable[..., Run]

MISSION = INSTANCES / "printing" / "mission.yaml"

IMPOSSIBLE = """\
amopt: 1
kind: sourcing
name: No plan
network:
  places: [{name: plant, role: customer}, {name: s, role: supplier}]
  lanes: [{from: s, to: plant}]
parts: [{name: bush}]
lines: [{line: "1", part: bush, place: plant, quantity: 10}]
offers:
  - {supplier: s, part: bush, route: direct, material: PA12, between: linear,
     quotes: [{quantity: 1, cost_per_part: 118, lead_time_weeks: 1.4}],
     smallest_quantity: 1, largest_quantity: 5}
minimise: {cost: 1}
"""


def test_mission_as_json_has_the_promised_shape(amopt_command: Command) -> None:
    run = amopt_command("solve", MISSION, "--json")
    assert run.code == 0, run.err
    answer = run.json
    assert answer["kind"] == "printing"
    outcome = answer["outcome"]
    assert {"status", "stopped", "objective", "bound", "gap", "seconds"} <= outcome.keys()
    assert outcome["status"] == "optimal"
    assert answer["referee"] == answer["referee"] | {"accepted": True, "findings": []}
    assert len(answer["tables"]["parts"]) == 14
    assert run.err == ""


def test_summary_is_plain_when_piped(amopt_command: Command) -> None:
    run = amopt_command("solve", "printing/mission")
    assert run.code == 0
    assert "\x1b" not in run.out
    assert "accepted by the referee" in run.out
    assert run.err == ""


def test_quiet_prints_nothing(amopt_command: Command) -> None:
    run = amopt_command("solve", "printing/mission", "-q")
    assert (run.code, run.out, run.err) == (0, "", "")


def test_out_writes_the_answer_and_it_can_be_loaded(amopt_command: Command, tmp_path: Path) -> None:
    run = amopt_command("solve", "printing/mission", "--out", "answer", "--json")
    assert run.code == 0
    loaded = amopt.load_solution(tmp_path / "answer")
    assert loaded.to_dict() == run.json
    header, *rows = (tmp_path / "answer" / "parts.csv").read_text("utf-8-sig").splitlines()
    assert header.startswith("part,")
    assert len(rows) == 14


def test_targets_are_refused_before_the_work(amopt_command: Command, tmp_path: Path) -> None:
    run = amopt_command("solve", MISSION, "--out", "answer", "--html", "nowhere/page.html")
    assert run.code == 2
    assert "nowhere" in run.err
    assert list(tmp_path.iterdir()) == []


def test_the_page_shows_the_answer(amopt_command: Command, tmp_path: Path) -> None:
    run = amopt_command("solve", MISSION, "--html", "page.html", "-q")
    assert (run.code, run.out) == (0, "")
    page = (tmp_path / "page.html").read_text()
    assert "339.17" in page
    assert page.count('<div class="drawn"') == 3


def test_warnings_travel_with_the_answer(amopt_command: Command, tmp_path: Path) -> None:
    text = MISSION.read_text().replace("    print_cost: 41.28", "", 1)
    (tmp_path / "warned.yaml").write_text(text)
    run = amopt_command("solve", "warned.yaml", "--json")
    assert run.code == 0, run.err
    assert any("unused-printed-failure" in note for note in run.json["notes"])


def test_out_leaves_a_strangers_folder_alone(amopt_command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    run = amopt_command("solve", "printing/mission", "--out", "mine")
    assert run.code == 2
    assert "did not write" in run.err
    assert [entry.name for entry in (tmp_path / "mine").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("kind", amopt.KINDS)
def test_a_template_is_valid_and_solves(amopt_command: Command, kind: str) -> None:
    assert amopt_command("new", kind, "mine.yaml").code == 0
    assert amopt_command("new", kind, "mine.yaml").code == 2, "an existing file is kept"
    assert amopt_command("check", "mine.yaml").code == 0
    solved = amopt_command("solve", "mine.yaml")
    assert solved.code == 0, solved.err


@pytest.mark.parametrize("kind", amopt.KINDS)
def test_schema_is_json(amopt_command: Command, kind: str) -> None:
    schema = amopt_command("schema", kind).json
    assert schema["properties"]["kind"]["const"] == kind
    assert schema["additionalProperties"] is False


def test_a_map_tells_which_form_wins_where(amopt_command: Command, tmp_path: Path) -> None:
    axes = ("--x", "machine_price=1,4", "--y", "demand=1,2")
    run = amopt_command(
        "placement", "map", "placement/textbook", *axes, "--json", "--html", "map.html"
    )
    assert run.code == 0, run.err
    winners = [row["winner"] for row in run.json["tables"]["map"]]
    assert winners == ["central", "central", "distributed", "distributed"]
    assert (tmp_path / "map.html").read_text().count('<div class="drawn"') == 1


def test_list_names_what_ships(amopt_command: Command) -> None:
    entries = amopt_command("list", "--json").json["instances"]
    assert {entry["kind"] for entry in entries} == set(amopt.KINDS)
    mission = next(entry for entry in entries if entry["instance"] == "printing/mission")
    assert mission["name"] == "Mission, 14 printable parts"
    words = amopt_command("list")
    assert "printing/mission" in words.out


def test_exit_2_for_usage(amopt_command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert amopt_command("solve").code == 2
    assert amopt_command("solve", "printing/mission", "--method", "magic").code == 2
    assert amopt_command("solve", "printing/mission", "--time-limit", "-1").code == 2
    assert amopt_command("solve", "printing/mission", "--register", "r.sqlite").code == 2
    assert amopt_command("sourcing", "frontier", "printing/mission").code == 2
    assert amopt_command("new", "cooking").code == 2
    assert amopt_command("solve", "printing/mission", "--out", "file/answer").code == 2


def test_exit_3_for_an_invalid_instance(amopt_command: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("amopt: 1\nkind: printing\nnaem: x\n")
    run = amopt_command("solve", "bad.yaml")
    assert run.code == 3
    assert "bad.yaml" in run.err
    assert "line 3" in run.err
    assert run.out == ""
    as_json = amopt_command("check", "bad.yaml", "--json")
    assert as_json.code == 3
    assert "unknown-key" in {finding["code"] for finding in as_json.json["findings"]}
    solved = amopt_command("solve", "bad.yaml", "--json")
    assert solved.code == solved.json["error"]["exit_code"] == 3


def test_exit_4_names_what_clashes(amopt_command: Command, tmp_path: Path) -> None:
    (tmp_path / "impossible.yaml").write_text(IMPOSSIBLE)
    run = amopt_command("solve", "impossible.yaml")
    assert run.code == 4
    assert "This cannot hold: the largest quantity of 's' for 'bush', 5 parts." in run.err
    assert run.err.count("the largest quantity") == 2  # what clashes and what mends it, each once
    as_json = amopt_command("solve", "impossible.yaml", "--json")
    assert as_json.code == 4
    assert as_json.json["outcome"]["status"] == "infeasible"
    error = as_json.json["error"]
    assert error["conflict"] == ["the largest quantity of 's' for 'bush', 5 parts"]
    limit = error["conflicts"][0]["limits"][0]
    assert limit["words"] == error["conflict"][0]
    assert error["combinations"] == [error["conflicts"][0]["remedies"]]
    assert error["combinations"][0][0]["limit"] == limit


def test_forms_can_be_left_out(amopt_command: Command) -> None:
    run = amopt_command("solve", "placement/textbook", "--no-forms", "--json")
    assert run.code == 0, run.err
    assert [row["form"] for row in run.json["tables"]["forms"]] == ["optimum"]
    assert amopt_command("solve", "printing/mission", "--no-forms").code == 2


def test_the_program_is_written_on_request(amopt_command: Command, tmp_path: Path) -> None:
    run = amopt_command(
        "solve", "printing/mission", "--write-lp", "m.lp", "--write-mps", "m.mps", "-q"
    )
    assert run.code == 0, run.err
    assert (tmp_path / "m.lp").read_text().lower().startswith(("\\", "min", "max"))
    assert "ROWS" in (tmp_path / "m.mps").read_text()


def test_names_from_files_are_not_markup(amopt_command: Command, tmp_path: Path) -> None:
    text = MISSION.read_text().replace('name: "2"', 'name: "[red]=HYPERLINK(2)[/red]"')
    (tmp_path / "m.yaml").write_text(text)
    run = amopt_command("solve", "m.yaml")
    assert run.code == 0
    assert "[red]" in run.out


def test_json_is_one_object_whatever_happens(amopt_command: Command) -> None:
    for words in (
        ("solve", "printing/mission", "--seed", "x"),
        ("solve", "--bogus"),
        ("solve", "nowhere.yaml"),
        ("printing", "policy", "printing/mission", "99"),
    ):
        run = amopt_command(*words, "--json")
        assert isinstance(run.json, dict), words
        assert run.code == run.json["error"]["exit_code"]


def test_letters_that_the_terminal_lacks_are_escaped(
    amopt_process: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    (tmp_path / "m.yaml").write_text(MISSION.read_text().replace('name: "2"', 'name: "弁"'))
    assert amopt_process("solve", "m.yaml").code == 0
    run = amopt_process("solve", "m.yaml", "--json")
    assert run.json["tables"]["parts"][1]["part"] == "弁"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_said_in_a_line() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "amopt", "solve", "printing/mission", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=ROOT,
            timeout=60,
        )
    assert ended.returncode == 2
    assert "No space left" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_closed_pipe_is_not_an_error() -> None:
    command = f"{sys.executable} -m amopt solve printing/mission --json | head -c 1"
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )
    assert "Traceback" not in ended.stderr
    assert ended.stdout == "{"


@pytest.mark.parametrize("module", ["amopt", "amopt.printing"])
def test_heavy_libraries_are_not_imported_at_start(module: str) -> None:
    program = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    heavy = {"highspy", "networkx", "pandas", "plotly", "pyomo"}
    assert not heavy & set(json.loads(ended.stdout))


LARGE = "2 2\ncapacity 10\ncapacity 12\n5\n20 30\n4\n8 12\n"
STATED = LARGE.replace("capacity", "20")


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (STATED, ["--capacity", "5"], "leave --capacity out"),
        (LARGE, [], "give --capacity, or --uncapacitated"),
        (LARGE, ["--capacity", "-3"], "above 0"),
        (LARGE, ["--capacity", "0"], "above 0"),
        (LARGE, ["--capacity", "nan"], "above 0"),
        (LARGE, ["--capacity", "1e10"], "up to 1e9"),
        (LARGE, ["--capacity", "9", "--uncapacitated"], "not both"),
    ],
)
def test_a_capacity_that_does_not_fit_the_file_is_refused(
    text: str, options: list[str], words: str, amopt_command: Command, tmp_path: Path
) -> None:
    (tmp_path / "cap.txt").write_text(text)
    target = tmp_path / "cap.yaml"
    run = amopt_command("convert", tmp_path / "cap.txt", target, "--from", "orlib-cap", *options)
    assert run.code == 2
    assert words in " ".join(run.err.split())
    assert not target.exists()


@pytest.mark.parametrize("ending", ["yaml", "json"])
@pytest.mark.parametrize(
    ("text", "options"),
    [(STATED, []), (LARGE, ["--capacity", "20"]), (LARGE, ["--uncapacitated"])],
)
def test_what_is_converted_is_solved(
    text: str, options: list[str], ending: str, amopt_command: Command, tmp_path: Path
) -> None:
    (tmp_path / "cap.txt").write_text(text)
    target = tmp_path / f"cap.{ending}"
    run = amopt_command("convert", tmp_path / "cap.txt", target, "--from", "orlib-cap", *options)
    assert run.code == 0, run.err
    assert amopt.check(target) == []
    # One warehouse serves both customers at 10 + 20 + 8, both at 22 + 20 + 8 or more.
    assert amopt.solve(amopt.load(target)).outcome.objective == pytest.approx(38)


@pytest.mark.parametrize("options", [["--method", "ful"], ["--certify"]])
def test_no_program_is_written_of_what_is_refused(
    options: list[str], amopt_command: Command, tmp_path: Path
) -> None:
    program = tmp_path / "m.lp"
    run = amopt_command("solve", "placement/textbook", *options, "--write-lp", program)
    assert run.code == 2
    assert not program.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--capacity", "5"], "--capacity is for --from orlib-cap"),
        (["--uncapacitated"], "--uncapacitated is for --from orlib-cap"),
        (["--to", "anura", "--capacity", "5"], "--capacity is for --from orlib-cap"),
        (["--from", "anura", "--scenario", "x"], "--scenario is for --to anura"),
        (["--from", "orlib-cap", "--life-years", "3"], "--life-years is for --from anura"),
        (["--from", "orlib-cap", "--co2-unit", "kg"], "--co2-unit is for --from anura"),
        (["--lossy"], "--lossy is for --from anura"),
        (["--answer", "a"], "--answer is for --to anura"),
    ],
)
def test_an_option_of_another_conversion_is_refused(
    options: list[str], words: str, amopt_command: Command, tmp_path: Path
) -> None:
    target = tmp_path / "out.yaml"
    run = amopt_command("convert", "placement/textbook", target, *options)
    assert run.code == 2
    assert words in " ".join(run.err.split())
    assert not target.exists()


def test_a_conversion_tells_machines_what_it_wrote(amopt_command: Command, tmp_path: Path) -> None:
    target = tmp_path / "out.yaml"
    run = amopt_command("convert", "placement/textbook", target, "--json")
    assert json.loads(run.out) == {"written": str(target), "remarks": []}


@pytest.mark.parametrize(
    ("name", "beside"),
    [("screening/norwind", "norwind.csv"), ("sourcing/dynamic", "dynamic-lever.stl")],
)
def test_what_a_converted_file_names_beside_it_is_told(
    name: str, beside: str, amopt_command: Command, tmp_path: Path
) -> None:
    run = amopt_command("convert", name, tmp_path / "out.xlsx")
    assert run.code == 0
    said = " ".join(run.out.split())
    assert "copy what it names to its folder" in said
    assert beside in said
    assert "solve it with" not in said
    shutil.copy((INSTANCES / name).parent / beside, tmp_path)
    assert amopt_command("check", tmp_path / "out.xlsx").code == 0


@pytest.mark.parametrize("ending", ["geojson", "graphml", "json"])
def test_an_answer_is_written_as_a_graph(
    ending: str, amopt_command: Command, tmp_path: Path
) -> None:
    """It is the same, whether it was solved for or read from a folder."""
    amopt_command("solve", "placement/aircraft-today", "--out", tmp_path / "answer")
    texts = []
    for number, more in enumerate(((), ("--answer", tmp_path / "answer"))):
        target = tmp_path / f"{number}.{ending}"
        run = amopt_command("convert", "placement/aircraft-today", target, "--to", "graph", *more)
        assert run.code == 0, run.err
        assert "11 nodes" in run.out
        texts.append(target.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    if ending == "geojson":
        found = json.loads(texts[0])["features"]
        assert [one["geometry"]["type"] for one in found].count("Point") == 11
        assert any(one["geometry"]["type"] == "LineString" for one in found)
    else:
        assert len(read_graph(tmp_path / f"0.{ending}")) == 11


def test_a_graph_of_no_known_ending_is_refused(amopt_command: Command, tmp_path: Path) -> None:
    target = tmp_path / "g.dot"
    run = amopt_command("convert", "placement/textbook", target, "--to", "graph")
    assert run.code == 2
    assert ".geojson" in run.err
    run = amopt_command("convert", "placement/textbook", target, "--to", "graph", "--scenario", "x")
    assert "--scenario is for --to anura" in " ".join(run.err.split())


def test_a_second_answer_in_a_folder_says_that_it_replaced_one(
    amopt_command: Command, tmp_path: Path
) -> None:
    target = tmp_path / "answer"
    for words in ("", "this answer replaced an earlier one"):
        run = amopt_command("solve", "printing/mission", "--out", target, "--json")
        assert run.code == 0
        assert words in run.err
        assert bool(run.err) == bool(words)
        assert json.loads(run.out)["kind"] == "printing"
