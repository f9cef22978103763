"""Work in pieces: what one Ctrl-C leaves of it, a second one, the limit, and other processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from amopt.outcome import Stopped
from amopt.program.pieces import CutShortError, Pieces
from amopt.program.solver.run import Progress, TwiceInterruptedError
from amopt.program.time import Budget
from amopt.scenarios.workers import processes, telling


def squared(number: int) -> int:
    return number * number


def pressed(number: int) -> int:
    if number == 3:
        raise KeyboardInterrupt
    return number * number


def cut(number: int) -> int:
    if number == 3:
        raise CutShortError(-9)
    return number * number


def test_all_is_done_and_told() -> None:
    told: list[tuple[int, int]] = []
    pieces = Pieces(3, lambda done, of: told.append((done, of)))
    assert pieces.done([1, 2, 3], squared) == {0: 1, 1: 4, 2: 9}
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert (pieces.in_words("point"), pieces.stopped) == ("", Stopped.FINISHED)
    assert pieces.to_dict() == {"stopped": "finished", "done": 3, "of": 3}


@pytest.mark.parametrize(
    ("of", "left", "more"),
    [(pressed, {}, ""), (cut, {2: -9}, ", and 1 more has its best until then")],
)
def test_one_ctrl_c_keeps_what_was_done(of: Any, left: dict[int, int], more: str) -> None:
    pieces = Pieces(5)
    assert pieces.done([1, 2, 3, 4, 5], of) == {0: 1, 1: 4, **left}
    assert pieces.in_words("point") == f"Ctrl-C ended it: 2 of 5 points are done{more}."
    assert pieces.to_dict() == {"stopped": "interrupted", "done": 2, "of": 5}
    assert pieces.done([6], squared) == {}, "what is ended does not go on"
    pieces.require_any()
    nothing = Pieces(1)
    assert nothing.done([3], pressed) == {}
    with pytest.raises(KeyboardInterrupt):
        nothing.require_any()


def test_a_second_one_is_passed_on() -> None:
    def twice(_: int) -> int:
        raise TwiceInterruptedError

    with pytest.raises(TwiceInterruptedError):
        Pieces(1).done([1], twice)


def swallowed(number: int) -> int:
    """Hear Ctrl-C as a solver does, and say nothing of it."""
    if number == 2:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)
        except KeyboardInterrupt:
            return -1
    return number


def test_ctrl_c_that_nobody_passes_on_ends_it_too() -> None:
    before = signal.getsignal(signal.SIGINT)
    pieces = Pieces(3)
    assert pieces.done([1, 2, 3], swallowed) == {0: 1, 1: -1}
    assert (pieces.stopped, pieces.ended) == (Stopped.INTERRUPTED, 2)
    pieces = Pieces(3)
    assert pieces.done([1, 2, 3], swallowed, whole=True) == {0: 1}
    assert (pieces.stopped, pieces.ended) == (Stopped.INTERRUPTED, 1)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_limit_ends_it_between_two_pieces() -> None:
    def slow(number: int) -> int:
        time.sleep(0.1)
        return number

    pieces = Pieces(9, budget=Budget(0.05))
    assert pieces.done(range(9), slow) == {0: 0}
    assert pieces.in_words("point") == "The time limit ended it: 1 of 9 points is done."


def test_an_error_of_a_piece_is_raised_and_the_rest_does_not_begin() -> None:
    def wrong(number: int) -> int:
        if number == 1:
            raise ValueError(number)
        time.sleep(0.05)
        return number

    with ThreadPoolExecutor(1) as threads, pytest.raises(ValueError, match="1"):
        Pieces(50).done(range(50), wrong, threads)


def until_stopped(seconds: float) -> str:
    try:
        time.sleep(seconds)
    except KeyboardInterrupt:
        raise CutShortError("its best") from None
    return "done"


def _press_in(seconds: float, times: int = 1) -> None:
    def press() -> None:
        for _ in range(times):
            time.sleep(seconds)
            os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs signals")
def test_ctrl_c_reaches_what_other_processes_are_at() -> None:
    """Those at work give their best until then; what was given to them ahead does not begin."""
    pieces, begun = Pieces(8), time.perf_counter()
    with processes(2) as executor:
        executor.submit(squared, 1).result()
        _press_in(1.0)
        found = pieces.done([0.01, 60, 60, 60, 60, 60, 60, 60], until_stopped, executor)
    assert time.perf_counter() - begun < 20
    assert list(found.values()) == ["done", "its best", "its best"]
    assert (pieces.ended, pieces.cut, pieces.stopped) == (1, 2, Stopped.INTERRUPTED)


def deaf(marks: Path) -> None:
    """Hear of Ctrl-C and go on; leave a mark at the beginning, and one at each Ctrl-C."""
    own, until = marks / str(os.getpid()), time.monotonic() + 60
    own.touch()
    while time.monotonic() < until:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            own.with_suffix(".heard").touch()


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs signals")
def test_a_second_ctrl_c_waits_for_no_process(tmp_path: Path) -> None:
    def press() -> None:
        for pattern in ("*", "*.heard"):  # once both are at work, and once they heard of the first
            until = time.monotonic() + 50
            while len(list(tmp_path.glob(pattern))) < 2 and time.monotonic() < until:
                time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGINT)

    pressing = threading.Thread(target=press, daemon=True)
    pressing.start()
    with pytest.raises(TwiceInterruptedError), processes(2) as executor:
        Pieces(4).done([tmp_path] * 4, deaf, executor)
    assert not pressing.is_alive()
    assert len(list(tmp_path.glob("*.heard"))) == 2


def told_of(seconds: float) -> bool:
    """Tell of a solve that has run for so long, where somebody listens, and go on a little."""
    tell = telling()
    if tell is not None:
        tell(Progress(seconds, 5.0, 4.0, 0.25, 0))
        time.sleep(0.5)
    return tell is not None


def test_the_solve_that_runs_longest_side_by_side_is_told_of() -> None:
    heard: list[Progress] = []
    with processes(2, heard.append) as executor:
        assert list(executor.map(told_of, [9.0, 1.0])) == [True, True]
        until = time.monotonic() + 20
        while 9.0 not in [one.seconds for one in heard] and time.monotonic() < until:
            time.sleep(0.02)
    assert [one.seconds for one in heard] in ([9.0], [1.0, 9.0])  # never the shorter one after it
    assert heard[-1] == Progress(9.0, 5.0, 4.0, 0.25, 0)
    with processes(1) as executor:
        assert not executor.submit(told_of, 1.0).result()


def at_work(marks: Path) -> None:
    """Leave a mark with the number of the process, and be long at work."""
    (marks / str(os.getpid())).touch()
    time.sleep(60)


def wait_for_work(marks: Path, count: int) -> list[int]:
    until = time.monotonic() + 30
    while len(list(marks.iterdir())) < count and time.monotonic() < until:
        time.sleep(0.02)
    return [int(mark.name) for mark in marks.iterdir()]


def is_alive(process: int) -> bool:
    """Return whether a process is there that has not ended."""
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except OSError:
        return False


def work_until(left: BaseException, marks: Path) -> None:
    with processes(2) as executor:
        for _ in range(2):
            executor.submit(at_work, marks)
        wait_for_work(marks, 2)
        raise left


@pytest.mark.parametrize("left", [SystemExit(143), GeneratorExit()])
def test_an_owner_that_is_terminated_waits_for_no_process(
    left: BaseException, tmp_path: Path
) -> None:
    begun = time.monotonic()
    with pytest.raises(type(left)):
        work_until(left, tmp_path)
    assert time.monotonic() - begun < 30


OWNER = """
import sys
from pathlib import Path
from amopt.scenarios.workers import processes
from tests.program.test_pieces import at_work
with processes(2) as executor:
    for _ in range(2):
        executor.submit(at_work, Path(sys.argv[1]))
"""


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks for processes in /proc")
def test_processes_leave_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], cwd=root)
    workers = wait_for_work(tmp_path, 2)
    assert len(workers) == 2
    owner.kill()
    owner.wait()
    until = time.monotonic() + 30
    while any(map(is_alive, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(is_alive, workers))
