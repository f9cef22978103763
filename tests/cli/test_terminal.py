"""What a terminal shows of work that takes a while, and what Ctrl-C does there: a real terminal."""

from __future__ import annotations

import json
import logging
import os
import random
import re
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from amopt.program.solver.run import Progress
from amopt.report.waiting import Waiting, over_time

pty = pytest.importorskip("pty", reason="a pseudo-terminal")

COMMAND = (sys.executable, "-m", "amopt")


def long_instance(folder: Path) -> Path:
    """Write an instance whose optimum is not proven within a minute: tight, with single sources."""
    draw = random.Random(3)
    sites, places = range(25), range(100)
    at = {f"{kind}{k}": (draw.random(), draw.random()) for kind, of in
          (("s", sites), ("c", places)) for k in of}  # fmt: skip
    data = {
        "amopt": 1,
        "kind": "placement",
        "name": "long",
        "single_source": True,
        "network": {
            "places": [{"name": name} for name in at],
            "lanes": [
                {"from": f"s{i}", "to": f"c{j}", "cost_per_part": round(
                    100 * abs(complex(*at[f"s{i}"]) - complex(*at[f"c{j}"])), 3)}
                for i in sites for j in places
            ],
        },
        "parts": [{"name": "p", "print": [{"machine": "m", "hours": 1}]}],
        "machines": [{"name": "m", "price": 500, "hours_per_year": 170, "utilisation_limit": 1,
                      "queue_allowance_weeks": 0}],
        "sites": [{"place": f"s{i}", "yearly_cost": 300 + draw.random() * 900, "most_machines": 1}
                  for i in sites],
        "demand": [{"place": f"c{j}", "part": "p", "per_year": draw.randint(5, 60)}
                   for j in places],
    }  # fmt: skip
    path = folder / "long.json"
    path.write_text(json.dumps(data))
    return path


class Terminal:
    """A command on a pseudo-terminal."""

    def __init__(self, *words: str | Path, command: Sequence[str] = COMMAND) -> None:
        self._end, other = pty.openpty()
        environment = {**os.environ, "COLUMNS": "160", "TERM": "xterm"}
        self.process = subprocess.Popen(
            [*command, *map(str, words)], stdin=other, stdout=other, stderr=other,
            env=environment, start_new_session=True, preexec_fn=_take_terminal,
        )  # fmt: skip
        os.close(other)
        self.text = ""

    def read_until(self, pattern: str, patience: float = 180.0) -> None:
        """Read what is shown until a pattern appears."""
        until = time.monotonic() + patience
        while not re.search(pattern, self.text):
            assert time.monotonic() < until, f"no {pattern!r} in {self.text[-2000:]}"
            if not self._read():
                break
        assert re.search(pattern, self.text), self.text[-2000:]

    def _read(self) -> bool:
        if not select.select([self._end], [], [], 1.0)[0]:
            return True
        try:
            more = os.read(self._end, 1 << 16)
        except OSError:  # the other end has been closed
            return False
        self.text += more.decode("utf-8", "replace")
        return bool(more)

    def press_ctrl_c(self) -> None:
        os.write(self._end, b"\x03")

    def end(self) -> int:
        """Read to the end and return the exit code."""
        until = time.monotonic() + 180
        while self._read():
            assert time.monotonic() < until, self.text[-2000:]
        os.close(self._end)
        return self.process.wait(20)


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


WORDS = ("--no-forms", "--method", "milp", "--gap", "0", "--time-limit", "100")


@pytest.mark.slow
def test_ctrl_c_returns_the_best_answer_with_its_gap(tmp_path: Path) -> None:
    """Phase, gap over time and what is left are shown; one Ctrl-C gives the answer, code 0."""
    terminal = Terminal("solve", long_instance(tmp_path), *WORDS)
    terminal.read_until(
        r"solve, \d+ s of 100 s, \d\d s left, best [\d,.]+, bound [\d,.]+, gap .*[▁-█]"
    )
    terminal.press_ctrl_c()
    assert terminal.end() == 0
    assert "Ctrl-C again leaves at once" in terminal.text
    assert re.search(r"feasible \(interrupted\).*gap \d", terminal.text), terminal.text[-2000:]


DEAF = """
from amopt import cli
from amopt.program.solver.run import Watch
Watch._hear = Watch._hear_interrupt = lambda *_: None  # a solver that does not hear
cli.main()
"""


@pytest.mark.slow
def test_ctrl_c_twice_leaves_a_solver_that_does_not_stop(tmp_path: Path) -> None:
    command = (sys.executable, "-c", DEAF)
    terminal = Terminal("solve", long_instance(tmp_path), *WORDS, command=command)
    terminal.read_until(r"solve, [1-9] s")
    time.sleep(3.0)  # on a busy machine the solver has begun by now
    terminal.press_ctrl_c()
    terminal.read_until("Ctrl-C again leaves at once")
    terminal.press_ctrl_c()
    assert terminal.end() == 130


def powers(folder: Path, lines: int = 12) -> Path:
    """Write an instance with very many answers that no other beats."""
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "powers",
        "parts": [{"name": f"p{k}"} for k in range(lines)],
        "lines": [{"line": f"{k}", "part": f"p{k}", "quantity": 40 + k} for k in range(lines)],
        "offers": [
            {"supplier": f"s{i}", "part": f"p{k}", "between": "power", "smallest_quantity": 1,
             "largest_quantity": 80, "quotes": [
                 {"quantity": q, "cost_per_part": a * (1 + k / 90), "lead_time_weeks": w + k / 70}
                 for q, a, w in quotes]}
            for i, quotes in enumerate((((1, 100, 1.0), (10, 60, 2.0), (50, 40, 3.5)),
                                        ((1, 90, 1.5), (10, 62, 2.1), (50, 45, 3.0))))
            for k in range(lines)
        ],
        "conventional": [],
    }  # fmt: skip
    path = folder / "powers.json"
    path.write_text(json.dumps(data))
    return path


@pytest.mark.slow
def test_ctrl_c_of_a_search_gives_the_answers_so_far(tmp_path: Path) -> None:
    """How many answers there are is shown; one Ctrl-C gives them, said not to be all, code 0."""
    terminal = Terminal("sourcing", "pareto", powers(tmp_path), "--out", tmp_path / "answers")
    terminal.read_until(r"[3-9] answers found")
    terminal.press_ctrl_c()
    assert terminal.end() == 0
    said = re.search(r"There may be more answers than the (\d+) shown: Ctrl-C", terminal.text)
    assert said, terminal.text[-2000:]
    kept = json.loads((tmp_path / "answers" / "solution.json").read_text())
    assert kept["outcome"]["stopped"] == "interrupted"
    assert kept["outcome"]["status"] == "feasible"
    assert len(kept["tables"]["answers"]) == int(said[1]) >= 3


SLOWLY = """
import sys, time
from amopt import cli
from amopt.sourcing import decision
honest = decision.solve
def solve(*words, **options):
    time.sleep(0.4)
    return honest(*words, **options)
decision.solve = solve
sys.argv = ["amopt", *sys.argv[1:]]
cli.main()
"""


def many_capacities(folder: Path) -> Path:
    """Write an instance with a capacity and a chosen offer for each of twenty suppliers."""
    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "many",
        "parts": [{"name": f"p{k}"} for k in range(20)],
        "lines": [{"line": f"{k}", "part": f"p{k}", "quantity": 10} for k in range(20)],
        "offers": [
            {"supplier": f"{who}{k}", "part": f"p{k}", "between": "all_units", "quotes": [
                {"quantity": 1, "cost_per_part": price, "lead_time_weeks": 1}]}
            for k in range(20) for who, price in (("near", 10 + k), ("far", 30 + k))
        ],
        "capacities": [{"supplier": f"near{k}", "parts": 9} for k in range(20)],
    }  # fmt: skip
    path = folder / "many.json"
    path.write_text(json.dumps(data))
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "shown", "left"),
    [
        ("worth", r"[2-9] of 60 done", r"before \d+ limits \("),
        ("ranges", r"[2-9] of 40 done", r"before \d+ chosen offers \("),
    ],
)
def test_ctrl_c_of_what_limits_and_prices_are_worth_gives_what_there_is(
    name: str, shown: str, left: str, tmp_path: Path
) -> None:
    """One Ctrl-C gives the limits, or offers, that were looked at, and names others, code 0."""
    words = ("sourcing", name, many_capacities(tmp_path), "--out", tmp_path / "kept")
    terminal = Terminal(*words, command=(sys.executable, "-c", SLOWLY))
    terminal.read_until(shown)
    terminal.press_ctrl_c()
    assert terminal.end() == 0
    assert re.search(f"Ctrl-C ended the search {left}", terminal.text), terminal.text[-2000:]
    kept = json.loads((tmp_path / "kept" / "solution.json").read_text())
    assert (kept["outcome"]["stopped"], kept["outcome"]["status"]) == ("interrupted", "feasible")
    assert 2 <= len(kept["tables"][name]) < 20


@pytest.mark.slow
def test_ctrl_c_of_a_replay_gives_the_decisions_so_far(tmp_path: Path) -> None:
    """One Ctrl-C gives the replay of the events until then, and says so, code 0."""
    words = ("sourcing", "replay", "sourcing/dynamic", "sourcing/dynamic-events")
    command = (sys.executable, "-c", SLOWLY)
    terminal = Terminal(*words, "--out", tmp_path / "kept", command=command)
    terminal.read_until(r"[2-4] of 10 done")
    terminal.press_ctrl_c()
    assert terminal.end() == 0
    assert "Ctrl-C ended the replay before week" in terminal.text, terminal.text[-2000:]
    kept = json.loads((tmp_path / "kept" / "solution.json").read_text())
    assert kept["outcome"]["stopped"] == "interrupted"
    assert 2 <= len(kept["tables"]["steps"]) < 10


@pytest.mark.slow
def test_ctrl_c_before_a_search_has_an_answer_is_told(tmp_path: Path) -> None:
    terminal = Terminal("sourcing", "pareto", powers(tmp_path, 60))
    terminal.read_until("build, ")
    terminal.press_ctrl_c()
    assert terminal.end() == 130
    assert "stopped: there is no answer yet" in terminal.text


@pytest.mark.slow
def test_piped_nothing_is_shown(tmp_path: Path) -> None:
    words = [*COMMAND, "solve", str(long_instance(tmp_path)), *WORDS[:-1], "3"]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "gap" in ended.stdout


def test_the_line_says_phase_time_gap_and_what_is_left() -> None:
    waiting = Waiting(60.0, of="building")
    assert waiting.words()[:2] == ["building", "0 s of 60 s, 60 s left"]
    for gap in (0.5, 0.1):
        waiting.hear(Progress(1.0, 120.0, 100.0, gap, 5))
        time.sleep(0.01)
    said = waiting.words()
    assert said[2:4] == ["best 120", "bound 100"]
    assert said[4].startswith("gap 10.00 % █")
    waiting.hear(Progress(0.0, None, None, None, 0, found=3))
    assert waiting.words()[2:] == ["3 answers found"]
    waiting.count(1, 4)
    assert "1 of 4 done" in waiting.words()
    assert over_time([(0.0, 0.8), (1.0, 0.4), (2.0, 0.0)])[-1] == "▁"
    assert over_time([(0.0, 0.8)]) == ""


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("gaps", "begins", "ends"),
    [
        ((INF, INF), "█", "█"),
        ((INF, 0.5, 0.25), "█", "▅"),
        ((INF, 0.0), "█", "▁"),
        ((0.5, INF), "█", "█"),
        ((NAN, 0.5, 0.0), "█", "▁"),
        ((NAN, 0.5), "", ""),
        ((0.0, 0.0), "", ""),
    ],
)
def test_gaps_that_are_no_number_or_have_no_end_are_drawn(
    gaps: tuple[float, ...], begins: str, ends: str
) -> None:
    """An objective of zero is infinitely far from any other bound."""
    drawn = over_time([(float(k), gap) for k, gap in enumerate(gaps)])
    assert drawn[:1] == begins
    assert drawn[-1:] == ends
    waiting = Waiting()
    for gap in gaps:
        waiting.hear(Progress(1.0, 0.0, -1.0, gap, 5))
        time.sleep(0.002)
    assert str(waiting.__rich__()).startswith("working")


def test_what_is_told_of_a_phase_is_not_told_of_the_next_one() -> None:
    waiting = Waiting(of="relaxation")
    for gap in (0.5, 0.1):
        waiting.hear(Progress(1.0, 120.0, 100.0, gap, 5))
        time.sleep(0.002)
    waiting.emit(logging.makeLogRecord({"msg": "limits"}))
    assert waiting.words() == ["limits", "0 s"]
    waiting.hear(Progress(3.0, 120.0, 119.0, 0.4, 5))
    time.sleep(0.002)
    waiting.hear(Progress(0.2, 120.0, 119.0, 0.1, 5))  # another solve of the same phase
    assert waiting.words()[-1] == "gap 10.00 %"


@pytest.mark.slow
def test_ctrl_c_of_a_sweep_keeps_what_was_solved(tmp_path: Path) -> None:
    """A real signal, with processes that solve side by side; the same command goes on."""
    words = ("sweep", long_instance(tmp_path), "--vary", "machines.m.price=500,501,502,503",
             "--time-limit", "3", "--workers", "2", "--out", tmp_path / "kept")  # fmt: skip
    terminal = Terminal(*words)
    terminal.read_until(r"2 of 4 done, about \d+ s to go")
    time.sleep(2.0)  # those at hand have a plan by now
    terminal.press_ctrl_c()
    assert terminal.end() == 0
    told = " ".join(terminal.text.split())
    assert "the same command goes on from there" in told
    assert "Traceback" not in told
    kept = len((tmp_path / "kept" / "sweep.jsonl").read_text().splitlines()) - 1
    assert 1 <= kept < 4
    said = re.search(r"Ctrl-C ended it: (\d) of 4 solves (?:is|are) done, and (\d) more ha", told)
    assert said, told[-2000:]
    assert (int(said[1]), int(said[2])) == (kept, 2)
    again = Terminal(*words)
    assert again.end() == 0
    assert f"{kept} of them had been solved before" in again.text


SLOW = """
import sys, time
from amopt import cli, decisions
for name in ("load", "convert", "check", "solve"):
    def late(*words, _of=getattr(decisions, name), **options):
        time.sleep(1.5)
        return _of(*words, **options)
    setattr(decisions, name, late)
sys.argv = ["amopt", *sys.argv[1:]]
cli.main()
"""


@pytest.mark.sampled(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("solve", "placement/textbook"), "reading, [01] s"),
        (("check", "placement/textbook"), "checking, [01] s"),
        (("convert", "placement/textbook", "t.json"), "converting, [01] s"),
        (("show", "placement/textbook"), "reading, [01] s"),
        (("printing", "policy", "printing/mission", "1"), "solving, [01] s"),
        (("screening", "part", "screening/norwind", "NW-0117"), "solving, [01] s"),
        (("screening", "hand-over", "screening/norwind", "printing/norwind", "p.yaml"), "solving,"),
        (("placement", "hand-over", "placement/norwind", "printing/norwind", "."), "solving, "),
    ],
)
def test_reading_and_converting_say_that_they_go_on(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    terminal = Terminal(*words, command=(sys.executable, "-c", SLOW))
    terminal.read_until(said)
    assert terminal.end() == 0
    assert "Traceback" not in terminal.text
