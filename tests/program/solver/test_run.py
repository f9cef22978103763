"""Limits, Ctrl-C, progress, threads and the log of a running solve."""

from __future__ import annotations

import atexit
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from amopt.outcome import Status, Stopped
from amopt.program.infeasible.explain import explain
from amopt.program.linear import NamedBlock
from amopt.program.solver.highs import Options, Progress, solve
from tests.program.programs import market_split, transport


def test_a_time_limit_returns_the_incumbent() -> None:
    begun = time.perf_counter()
    answer = solve(market_split(), Options(time_limit=0.5))
    assert time.perf_counter() - begun < 10
    outcome = answer.outcome
    assert outcome.stopped is Stopped.TIME_LIMIT
    assert outcome.status is Status.FEASIBLE
    assert answer.values is not None
    assert outcome.objective is not None
    assert outcome.bound is not None
    assert outcome.bound < outcome.objective
    assert outcome.gap is not None
    assert outcome.gap > 0
    assert outcome.residuals["integrality"] == 0


def test_no_time_gives_no_answer() -> None:
    outcome = solve(transport(60), Options(time_limit=0.0, presolve=False)).outcome
    assert outcome.stopped is Stopped.TIME_LIMIT
    assert outcome.status is Status.UNKNOWN
    assert outcome.objective is None


def test_a_gap_that_is_allowed_is_reported() -> None:
    outcome = solve(market_split(), Options(time_limit=20, gap=5.0)).outcome
    assert outcome.stopped is Stopped.FINISHED
    assert outcome.status is Status.FEASIBLE


def test_the_time_limit_is_each_solve_s_own() -> None:
    from amopt.program.solver.highs import Solver

    with Solver(market_split(), Options(time_limit=0.4)) as solver:
        first, second = solver.solve().outcome, solver.solve().outcome
    assert first.stopped is second.stopped is Stopped.TIME_LIMIT
    assert second.total_seconds > 0.3


def test_threads_may_change_in_one_process() -> None:
    for threads in (1, 2, 1, 2, 0):
        outcome = solve(market_split(3, 12), Options(threads=threads, time_limit=20)).outcome
        assert outcome.status is Status.OPTIMAL


def test_others_may_use_the_solver_in_the_same_thread() -> None:
    """Their number of threads does not disturb ours, nor does an explanation."""
    from highspy import _core

    theirs = _core._Highs()
    theirs.setOptionValue("output_flag", False)
    theirs.setOptionValue("threads", 2)
    theirs.addVar(0.0, 1.0)
    theirs.addRow(0.5, 1.0, 1, np.array([0], np.int32), np.array([1.0]))
    theirs.run()
    try:
        answer = solve(transport(5))
        assert answer.outcome.status is Status.OPTIMAL
        assert answer.outcome.method == "HiGHS dual simplex"
    finally:
        _core._Highs.resetGlobalScheduler(True)
    short = transport(5).with_rows(np.ones((1, 25)), -np.inf, 1, family=NamedBlock("total"))
    assert explain(short, (), None, Options(threads=2)).conflicts
    assert solve(transport(5)).outcome.method == "HiGHS dual simplex"


def test_solves_in_threads_of_an_executor() -> None:
    with ThreadPoolExecutor(4) as executor:
        answers = list(executor.map(lambda size: solve(transport(size)), [5, 8, 11, 14] * 3))
    assert all(answer.outcome.status is Status.OPTIMAL for answer in answers)
    assert answers[0].outcome.objective == answers[4].outcome.objective


def test_the_same_seed_gives_the_same_answer() -> None:
    first, second = (solve(market_split(3, 12), Options(seed=7)) for _ in range(2))
    assert first.values is not None
    assert second.values is not None
    assert first.values.tolist() == second.values.tolist()
    assert first.outcome.iterations == second.outcome.iterations


def test_progress_tells_incumbent_bound_and_nodes() -> None:
    heard: list[Progress] = []
    solve(market_split(), Options(time_limit=3.0), progress=heard.append)
    assert len(heard) > 2
    last = heard[-1]
    assert last.objective is not None
    assert last.bound is not None
    assert last.gap is not None
    assert 0 < last.seconds < 30
    assert [report.seconds for report in heard] == sorted(report.seconds for report in heard)
    assert max(report.nodes for report in heard) > 0


def test_what_progress_raises_ends_the_solve() -> None:
    def stop(report: Progress) -> None:
        raise RuntimeError("enough")

    begun = time.perf_counter()
    with pytest.raises(RuntimeError, match="enough"):
        solve(market_split(), Options(time_limit=60), progress=stop)
    assert time.perf_counter() - begun < 20


def test_the_log_goes_to_logging_only(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG, logger="amopt.highs"):
        solve(market_split(3, 12))
    assert any("HiGHS" in record.message for record in caplog.records)
    assert capfd.readouterr() == ("", "")


INTERRUPTED = """
import json, os, signal, sys, threading
from amopt.program.solver.highs import Options, solve
from tests.program.programs import covering, market_split

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

program, threads = json.loads(sys.argv[1])
options = Options(time_limit=60, threads=threads)
question = market_split(5, 45) if program == "integer" else covering(6000, 9000)
threading.Timer(1.5, interrupt).start()
outcome = solve(question, options).outcome
print(json.dumps([outcome.stopped, outcome.status, outcome.gap, outcome.total_seconds]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
@pytest.mark.parametrize(
    ("program", "threads", "status"),
    [
        ("integer", 1, Status.FEASIBLE),
        ("integer", 2, Status.FEASIBLE),
        ("linear", 1, Status.UNKNOWN),  # a dual simplex has no answer on the way
    ],
)
def test_ctrl_c_ends_the_solve(program: str, threads: int, status: Status) -> None:
    """An incumbent is kept; the process goes on as if the solve had ended by itself."""
    root = Path(__file__).parents[3]
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, json.dumps([program, threads])],
        cwd=root, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    stopped, said, gap, seconds = json.loads(ended.stdout)
    assert stopped == Stopped.INTERRUPTED
    assert said == status
    assert (gap is not None and gap > 0) == (status is Status.FEASIBLE)
    assert seconds < 30


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_as_the_solver_begins_leaves_none_running(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends while a solver still runs in it is aborted by the system."""
    honest = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        honest(thread)
        if thread.name == "HiGHS":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    outcome = solve(market_split(5, 45), Options(time_limit=20)).outcome
    assert outcome.stopped is Stopped.INTERRUPTED
    assert not [thread for thread in threading.enumerate() if thread.name == "HiGHS"]


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_a_process_that_is_terminated_stops_its_solver_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And where that does not hear, the process ends with its code all the same."""
    honest, registered, ended = threading.Thread.start, list[Any](), list[int]()

    def terminated(thread: threading.Thread) -> None:
        honest(thread)
        if thread.name == "HiGHS":
            signal.raise_signal(signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    monkeypatch.setattr(threading.Thread, "start", terminated)
    monkeypatch.setattr(atexit, "register", lambda *words: registered.append(words))
    try:
        with pytest.raises(SystemExit):
            solve(market_split(5, 45), Options(time_limit=20))
    finally:
        signal.signal(signal.SIGTERM, before)
    ((leave, thread, code),) = registered
    monkeypatch.setattr(os, "_exit", ended.append)
    thread.join(15)
    leave(thread, code)
    assert (thread.is_alive(), ended) == (False, [])
    deaf: Any = SimpleNamespace(join=lambda seconds: None, is_alive=lambda: True)
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    leave(deaf, code)
    assert ended == [143]


INTERRUPTED_TWICE = """
import os, signal, threading
from amopt.program.solver.highs import Options, solve
from amopt.program.solver.run import Watch
from tests.program.programs import covering

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

Watch._hear = Watch._hear_interrupt = lambda *_: None  # a solver that does not hear
for seconds in (1.0, 1.3):
    threading.Timer(seconds, interrupt).start()
try:
    solve(covering(6000, 9000), Options(time_limit=60))
except KeyboardInterrupt:
    print("left")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_a_second_ctrl_c_leaves_a_deaf_solver_behind() -> None:
    """The process ends soon, as one that Ctrl-C has ended: it does not abort."""
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_TWICE],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=40, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "left\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_the_handler_of_ctrl_c_is_left_as_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    solve(transport(5))
    assert signal.getsignal(signal.SIGINT) is before
