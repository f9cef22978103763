"""What Ctrl-C leaves of a study, in a real terminal: once what is done, twice nothing half-written.

Each command is slowed down where its pieces are done, and tells in a file how many have begun.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import amopt
from amopt.decision import judged
from amopt.mdp import MarkovDecisionProcess
from amopt.mdp.exchange import write
from amopt.outcome import Stopped
from tests.cli.test_terminal import Terminal, long_instance

pytestmark = pytest.mark.slow

SLOWLY = """
import importlib, sys, time
room, name, begun = sys.argv[1:4]
from amopt import cli
where = importlib.import_module(room)
honest = getattr(where, name)
def slowly(*words, **options):
    with open(begun, "a") as file:
        file.write(".")
    time.sleep(0.5)
    return honest(*words, **options)
setattr(where, name, slowly)
sys.argv = ["amopt", *sys.argv[4:]]
cli.main()
"""

MAP = ("placement", "map", "placement/textbook", "--x", "transport=1,2,20", "--y",
       "machine_price=1,10,1000")  # fmt: skip
SWEEP = ("sweep", "printing/mission", "--vary", "parts.*.print_cost=0.5x,1x,2x,3x")

LICENCES = ("licensing", "map", "licensing/two-buyers", "--x", "price_ratio=1,1.1,1.2,1.3", "--y",
            "setup_ratio=0.5,1")  # fmt: skip
VARIANTS = ("maintenance", "factorial", "maintenance/factorial")
FACTORIAL = ("design", "factorial", "design/pump-unit", "--vary",
             f"part_cost={','.join(map(str, range(1, 101)))}", "--vary",
             f"systems={','.join(map(str, range(1, 81)))}")  # fmt: skip
SIMULATE = ("printing", "simulate", "printing/mission", "--cycles", "999")
CURVE = ("printing", "curve", "printing/mission-limited", "printer", "10", "5", "2", "1", "0.5")
CONVOYS = ("printing", "convoys", "printing/mission")
COMPARE = ("compare", "printing/mission", "printing/mission-fitted")

STUDIES: dict[str, tuple[str, str, str, Sequence[str]]] = {
    "map": ("amopt.placement.map", "solve", "points", MAP),
    "sensitivity": ("amopt.decisions", "solve", "solves", ("sensitivity", "printing/mission")),
    "sweep": ("amopt.decisions", "solve", "solves", SWEEP),
    "licensing": ("amopt.licensing.map", "_point", "points", LICENCES),
    "maintenance": ("amopt.maintenance.study", "by_iteration", "blocks of variants", VARIANTS),
    "design": ("amopt.design.factorials", "break_even", "blocks of combinations", FACTORIAL),
    "compare": ("amopt.decisions", "solve", "solves", COMPARE),
    "curve": ("amopt.printing.limit_curve", "solve", "bounds", CURVE),
    "convoys": ("amopt.printing.convoys.answer", "_both", "points", CONVOYS),
    "simulate": (
        "amopt.printing.behaviour.simulation",
        "simulated_part",
        "parts and sums of parts",
        SIMULATE,
    ),
    "reproduce": ("amopt.reproduce.run", "compute", "tables", ("reproduce", "akmal-2022")),
}
"""By name: where its pieces are done, what they are called, and the command."""


def slowed(name: str, folder: Path) -> tuple[list[str], Path]:
    """Return a command that does a study slowly, and the file that tells how far it is."""
    room, function, _, _ = STUDIES[name]
    begun = folder / "begun"
    return [sys.executable, "-c", SLOWLY, room, function, str(begun)], begun


def until(begun: Path, pieces: int) -> None:
    """Wait until so many pieces have begun."""
    limit = time.monotonic() + 60
    while not begun.exists() or len(begun.read_text()) < pieces:
        assert time.monotonic() < limit
        time.sleep(0.02)
    time.sleep(0.15)


@pytest.mark.parametrize("name", STUDIES)
def test_ctrl_c_once_gives_what_is_done_and_says_of_how_much(name: str, tmp_path: Path) -> None:
    """Shown while it works: k of n. Then the table and a whole page say how far it came, code 0."""
    *_, noun, words = STUDIES[name]
    command, begun = slowed(name, tmp_path)
    page = tmp_path / "page.html"
    terminal = Terminal(*words, "--html-light", page, command=command)
    terminal.read_until(r"[1-9]\d* of \d+ done")
    until(begun, 2 if name in ("compare", "maintenance") else 3)
    terminal.press_ctrl_c()
    assert terminal.end() == 0, terminal.text[-2000:]
    shown = " ".join(terminal.text.split())
    said = re.search(rf"Ctrl-C ended it: (\d+) of (\d+) {noun} (is|are) done", shown)
    assert said, shown[-2000:]
    assert 1 <= int(said[1]) < int(said[2])
    assert "Traceback" not in terminal.text
    written = page.read_text()
    assert said[0] in written
    assert written.rstrip().endswith("</html>")


@pytest.mark.parametrize("name", STUDIES)
def test_ctrl_c_once_is_said_in_json(name: str, tmp_path: Path) -> None:
    command, begun = slowed(name, tmp_path)
    terminal = Terminal(*STUDIES[name][-1], "--json", command=command)
    until(begun, 2 if name in ("compare", "maintenance") else 3)
    terminal.press_ctrl_c()
    assert terminal.end() == 0, terminal.text[-2000:]
    told = json.loads(terminal.text[terminal.text.index("{") : terminal.text.rindex("}") + 1])
    if "outcome" in told:
        assert told["outcome"]["stopped"] == "interrupted"
        assert re.search(r"\d+ of \d+", told["notes"][0])
    else:
        assert told["stopped"] == "interrupted"
        assert 1 <= told["done"] < told["of"]


@pytest.mark.parametrize("name", STUDIES)
def test_ctrl_c_before_anything_is_done_leaves_nothing(name: str, tmp_path: Path) -> None:
    command, begun = slowed(name, tmp_path)
    page = tmp_path / "page.html"
    terminal = Terminal(*STUDIES[name][-1], "--html-light", page, command=command)
    until(begun, 1)
    terminal.press_ctrl_c()
    assert terminal.end() == 130, terminal.text[-2000:]
    assert "stopped: " in terminal.text
    assert not page.exists()


DEAF = """
import importlib, sys, time
room, name, begun = sys.argv[1:4]
from amopt import cli
from amopt.program.solver.run import TwiceInterruptedError
where = importlib.import_module(room)
honest = getattr(where, name)
def deaf(*words, **options):
    with open(begun, "a") as file:
        file.write(".")
    until = time.monotonic() + 60 * (len(open(begun).read()) > 1)
    while time.monotonic() < until:
        try:
            time.sleep(1)
        except TwiceInterruptedError:
            raise
        except KeyboardInterrupt:
            pass
    return honest(*words, **options)
setattr(where, name, deaf)
sys.argv = ["amopt", *sys.argv[4:]]
cli.main()
"""


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", [*STUDIES, "sweep side by side"])
def test_ctrl_c_twice_leaves_at_once_and_nothing_half_written(name: str, tmp_path: Path) -> None:
    """A piece that does not hear the first is left by the second, with no file begun."""
    side_by_side = name == "sweep side by side"
    command, begun = slowed("sweep" if side_by_side else name, tmp_path)
    command[2] = DEAF
    words = (*SWEEP, "--workers", "2") if side_by_side else STUDIES[name][-1]
    page = tmp_path / "page.html"
    terminal = Terminal(*words, "--html-light", page, command=command)
    until(begun, 2)
    time.sleep(0.5)
    terminal.press_ctrl_c()
    time.sleep(1.0)
    assert terminal.process.poll() is None
    began = time.monotonic()
    terminal.press_ctrl_c()
    assert terminal.end() == 130, terminal.text[-2000:]
    assert time.monotonic() - began < 15
    assert "Traceback" not in terminal.text
    assert [entry.name for entry in tmp_path.iterdir()] == ["begun"]


def test_ctrl_c_of_a_running_solver_gives_its_best_with_the_gap(tmp_path: Path) -> None:
    """Of two solves the first ended within its limit; the second has its best until then."""
    file = long_instance(tmp_path)
    words = ("compare", file, file, "--time-limit", "4")
    terminal = Terminal(*words)
    terminal.read_until(r"1 of 2 done(?s:.*)best [\d,.]+, bound [\d,.]+, gap [\d.]+ %")
    terminal.press_ctrl_c()
    assert terminal.end() == 0, terminal.text[-2000:]
    said = "1 of 2 solves is done, and 1 more has its best until then"
    told = " ".join(terminal.text.split())
    assert said in told, told[-2000:]
    assert re.search(r"Before: feasible, gap [\d.]+ %; after: feasible, gap", told)


def test_ctrl_c_of_a_decision_process_gives_the_policy_at_hand(tmp_path: Path) -> None:
    """Value iteration that would go on for very long: its policy with the gap proven until then."""
    states, pairs = 20_000, 2
    draw = np.random.default_rng(1)
    owner = np.repeat(np.arange(states), pairs)
    elsewhere = draw.integers(0, states, owner.size)
    pair = np.arange(owner.size)
    chances = scipy.sparse.csr_matrix(
        (
            np.repeat([1 - 1e-6, 1e-6], owner.size),
            (np.tile(pair, 2), np.concatenate([owner, elsewhere])),
        )
    )
    process = MarkovDecisionProcess(chances, draw.random(owner.size), owner, 0.99999999)
    write(process, tmp_path / "slow.npz", "npz")
    words = ("mdp", "solve", tmp_path / "slow.npz", "--method", "value_iteration")
    terminal = Terminal(*words, "--out", tmp_path / "kept")
    terminal.read_until(r"value iteration, \d+ s")
    time.sleep(0.5)
    terminal.press_ctrl_c()
    assert terminal.end() == 0, terminal.text[-2000:]
    kept = json.loads((tmp_path / "kept" / "solution.json").read_text())
    assert (kept["outcome"]["stopped"], kept["outcome"]["status"]) == ("interrupted", "feasible")
    assert kept["outcome"]["gap"] > 0
    assert len(kept["tables"]["states"]) == states


OTHER_WORK: dict[str, tuple[str, str, Sequence[str], str]] = {
    "quotes": (
        "amopt.sourcing.quotes.desk",
        "desk",
        ("sourcing", "quotes", "sourcing/bush", "--log", "log.csv"),
        "reading quotes",
    ),
    "export": (
        "amopt.printing.methods.export",
        "exported",
        ("mdp", "export", "printing/mission", "1", "--format", "npz"),
        "writing the process",
    ),
    "orlib-cap": (
        "amopt.placement.instance.conversion",
        "convert",
        ("convert", "cap.txt", "cap.json", "--from", "orlib-cap"),
        "converting",
    ),
}


@pytest.mark.parametrize("name", OTHER_WORK)
def test_work_that_is_no_solve_says_that_it_goes_on(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, function, words, said = OTHER_WORK[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cap.txt").write_text("1 1\n10 5\n3\n2\n")
    command = [sys.executable, "-c", SLOWLY, room, function, str(tmp_path / "begun")]
    terminal = Terminal(*words, command=command)
    terminal.read_until(rf"{said}, [01] s")
    terminal.end()
    assert "Traceback" not in terminal.text


def busy_mission(folder: Path) -> Path:
    """Write the mission with a printer that makes one part a day."""
    file = folder / "busy.json"
    file.write_text(
        json.dumps(amopt.load("printing/mission").to_dict() | {"most_prints_per_day": 1})
    )
    return file


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("room", "function", "begun_by_then", "done"),
    [
        ("groups", "least_extra", 3, 14),
        ("plan", "kept_alone", 1, 15),
        ("plan", "simulated_extras", 4, 16),
        ("shared", "_extras", 3, 16),
    ],
)
def test_ctrl_c_at_a_busy_printer_leaves_bound_and_plan(
    room: str, function: str, begun_by_then: int, done: int, tmp_path: Path
) -> None:
    """While groups are looked for, levels, and while the cost is simulated."""
    begun = tmp_path / "begun"
    command = [sys.executable, "-c", SLOWLY, f"amopt.printing.busy.{room}", function, str(begun)]
    words = ("printing", "busy", busy_mission(tmp_path), "--cycles", "20000", "--out")
    terminal = Terminal(*words, tmp_path / "kept", command=command)
    until(begun, begun_by_then)
    terminal.press_ctrl_c()
    assert terminal.end() == 0, terminal.text[-2000:]
    kept = json.loads((tmp_path / "kept" / "solution.json").read_text())
    assert kept["outcome"]["stopped"] == "interrupted"
    assert kept["outcome"]["status"] == "feasible"
    assert kept["referee"]["accepted"]
    assert f"Ctrl-C ended it: {done} of 18 steps are done" in kept["notes"][0]
    assert kept["tables"]["totals"][0]["yearly_cost"] >= kept["outcome"]["bound"] > 0
    assert "Traceback" not in terminal.text


def test_ctrl_c_before_each_part_is_looked_at_alone_leaves_nothing(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    command = [sys.executable, "-c", SLOWLY, "amopt.printing.busy.plan", "alone", str(begun)]
    terminal = Terminal("printing", "busy", busy_mission(tmp_path), command=command)
    terminal.read_until(r"[1-9]\d* of 18 done")
    terminal.press_ctrl_c()
    assert terminal.end() == 130, terminal.text[-2000:]
    assert "stopped: " in terminal.text


@pytest.mark.parametrize("name", ["printing/mission", "printing/mission-limited"])
def test_ctrl_c_before_there_is_a_policy_shows_none(name: str, tmp_path: Path) -> None:
    """By the closed form and by prices: said in words, code 130, and no half of a table."""
    begun = tmp_path / "begun"
    command = [sys.executable, "-c", SLOWLY, "amopt.printing.decision", "optimum", str(begun)]
    terminal = Terminal("printing", "policy", name, "1", command=command)
    until(begun, 1)
    terminal.press_ctrl_c()
    assert terminal.end() == 130, terminal.text[-2000:]
    assert "stopped: there is no answer yet" in terminal.text
    assert "Traceback" not in terminal.text
    assert "days to go" not in terminal.text.replace("_", " ")


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("name", "workers"), [("sensitivity", 1), ("sweep", 1), ("sweep", 2)])
def test_the_gap_of_the_solve_that_goes_on_is_shown_beside_how_many_are_done(
    name: str, workers: int, tmp_path: Path
) -> None:
    """Of several that run side by side that of the one which has run longest."""
    varied = ("--vary", "machines.*.price=1x,2x") if name == "sweep" else ()
    side_by_side = ("--workers", str(workers))
    words = (name, long_instance(tmp_path), *varied, *side_by_side, "--time-limit", "3")
    terminal = Terminal(*words)
    terminal.read_until(r"\d+ of \d+ done[^\n]*, best [\d,.]+, bound [\d,.]+, gap [\d.]+ %")
    terminal.press_ctrl_c()
    assert terminal.end() == 0, terminal.text[-2000:]
    assert "Ctrl-C ended it" in " ".join(terminal.text.split())


def test_ctrl_c_in_a_study_of_rates_leaves_those_that_are_done(tmp_path: Path) -> None:
    data = amopt.load("printing/mission").to_dict()
    data["uncertain_rates"] = [
        {"part": f"{part}", "lowest_rate_per_day": 0.0005, "highest_rate_per_day": 0.002}
        for part in range(1, 7)
    ]
    (tmp_path / "rates.json").write_text(json.dumps(data))
    begun, kept = tmp_path / "begun", tmp_path / "kept"
    room = "amopt.printing.uncertainty.analysis"
    command = [sys.executable, "-c", SLOWLY, room, "_part", str(begun)]
    words = ("printing", "uncertainty", tmp_path / "rates.json", "--out", kept)
    terminal = Terminal(*words, command=command)
    until(begun, 3)
    terminal.press_ctrl_c()
    assert terminal.end() == 0, terminal.text[-2000:]
    told = json.loads((kept / "solution.json").read_text())
    assert told["outcome"]["stopped"] == "interrupted"
    assert told["referee"]["accepted"]
    assert told["notes"][0] == "Ctrl-C ended it: 2 of 6 uncertain rates are done."
    assert [row["part"] for row in told["tables"]["uncertainty"]] == ["1", "2"]


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_while_the_referee_works_lets_it_finish_and_twice_leaves(
    presses: int, tmp_path: Path
) -> None:
    """Once: the answer is whole, and accepted. Twice: nothing is written."""
    begun, kept = tmp_path / "begun", tmp_path / "kept"
    slowly = SLOWLY.replace("0.5", "3")
    command = [sys.executable, "-c", slowly, "amopt.printing.decision", "check", str(begun)]
    terminal = Terminal("solve", "printing/mission", "--out", kept, command=command)
    until(begun, 1)
    terminal.press_ctrl_c()
    terminal.read_until("finishing the check of the answer")
    if presses == 2:
        terminal.press_ctrl_c()
        assert terminal.end() == 130, terminal.text[-2000:]
        assert "stopped: " in terminal.text
        assert not kept.exists()
        return
    assert terminal.end() == 0, terminal.text[-2000:]
    told = json.loads((kept / "solution.json").read_text())
    assert (told["outcome"]["status"], told["outcome"]["stopped"]) == ("optimal", "finished")
    assert told["referee"]["accepted"]


def test_ctrl_c_while_the_tables_are_made_loses_no_answer(tmp_path: Path) -> None:
    begun, kept = tmp_path / "begun", tmp_path / "kept"
    slowly = SLOWLY.replace("0.5", "2")
    command = [sys.executable, "-c", slowly, "amopt.sourcing.decision", "tables", str(begun)]
    terminal = Terminal("solve", "sourcing/hangbar", "--out", kept, command=command)
    until(begun, 1)
    terminal.press_ctrl_c()
    assert terminal.end() == 0, terminal.text[-2000:]
    assert json.loads((kept / "solution.json").read_text())["referee"]["accepted"]


@pytest.mark.parametrize("stopped", [Stopped.FINISHED, Stopped.INTERRUPTED])
def test_the_second_ctrl_c_leaves_whether_the_first_met_the_solver_or_the_referee(
    stopped: Stopped,
) -> None:
    answer = amopt.solve(amopt.load("printing/norwind"))
    answer = replace(answer, outcome=replace(answer.outcome, stopped=stopped))
    verdict = answer.verdict

    def check(*_: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return verdict

    if stopped is Stopped.INTERRUPTED:
        with pytest.raises(KeyboardInterrupt):
            judged(None, answer, check)
    else:
        assert judged(None, answer, check).verdict is verdict
