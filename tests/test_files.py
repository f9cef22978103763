"""Files are written whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from amopt.errors import UsageError
from amopt.files import writing as files


def test_a_failed_block_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "answer.txt"
    target.write_text("old")

    def fail() -> None:
        with files.new_file(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["answer.txt"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "answer"
    files.write_folder(target, {files.MARK: '{"tables": {"a": []}}', "a.csv": "1"})
    files.write_folder(target, {files.MARK: '{"tables": {"b": []}}', "b.csv": "2"})
    assert {entry.name for entry in target.iterdir()} == {files.MARK, "b.csv"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["answer"]


@pytest.mark.parametrize("exchange", [True, False])
def test_a_failed_folder_leaves_the_old_one(
    exchange: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "answer"
    files.write_folder(target, {files.MARK: '{"tables": {}}'})
    rename = Path.replace

    def refuse(self: Path, other: Path) -> Path:
        if Path(other) == target and not self.name.startswith(".answer.amopt-old-"):
            raise OSError(28, "No space left on device")
        return rename(self, other)

    def refuse_exchange(one: Path, other: Path) -> bool:
        if exchange:
            raise OSError(28, "No space left on device")
        return False

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(files, "exchanged", refuse_exchange)
    with pytest.raises(UsageError, match="No space"):
        files.write_folder(target, {files.MARK: "new"})
    monkeypatch.undo()
    assert (target / files.MARK).read_text() == '{"tables": {}}'
    assert [entry.name for entry in tmp_path.iterdir()] == ["answer"]


OLD = {files.MARK: '{"tables": {"a": [], "b": []}}', "a.csv": "1", "b.csv": "2"}
NEW = {files.MARK: '{"tables": {"c": []}}', "c.csv": "3"}
KILLED = """
import os, sys
from pathlib import Path
from amopt.files import writing as files
if sys.argv[3] == "no":
    files.exchanged = lambda one, other: False
steps = 0
def kill(event, arguments):
    global steps
    if event in EVENTS and "answer" in str(arguments):
        steps += 1
        if steps == int(sys.argv[2]):
            os._exit(9)
EVENTS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree",
          "ctypes.call_function", "os.scandir", "os.listdir"}
sys.addaudithook(kill)
files.write_folder(sys.argv[1], {files.MARK: '{"tables": {"c": []}}', "c.csv": "3"})
"""


def held(folder: Path) -> dict[str, str]:
    return {entry.name: entry.read_text() for entry in folder.iterdir()}


@pytest.mark.parametrize("exchange", ["yes", "no"])
def test_a_kill_at_any_step_leaves_a_whole_answer_and_nothing_for_long(
    exchange: str, tmp_path: Path
) -> None:
    target = tmp_path / "answer"
    seen = set()
    for step in range(1, 100):
        files.write_folder(target, OLD)
        command = [sys.executable, "-c", KILLED, str(target), str(step), exchange]
        ended = subprocess.run(command, timeout=60, check=False).returncode
        if ended == 0:
            break
        assert ended == 9
        if exchange == "yes":
            assert held(target) in (OLD, NEW)
        seen.add("none" if not target.exists() else "old" if held(target) == OLD else "new")
        files._take_leftovers(target)  # the first thing that the next run does
        assert held(target) in (OLD, NEW)
        assert [entry.name for entry in tmp_path.iterdir()] == ["answer"]
    assert ended == 0
    assert step > 8
    assert seen == ({"old", "new"} if exchange == "yes" else {"old", "new", "none"})


def test_the_next_run_takes_away_what_a_killed_one_left(tmp_path: Path) -> None:
    target = tmp_path / "answer"
    for name in (".answer.amopt-x", ".answer.amopt-old-y", ".other.amopt-z", ".answer.mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / files.MARK).write_text(OLD[files.MARK])
    assert files.write_folder(target, NEW)  # what had been put aside was there again
    assert {entry.name for entry in tmp_path.iterdir()} == {
        "answer", ".other.amopt-z", ".answer.mine"
    }  # fmt: skip
    assert files.write_folder(target, NEW)
    assert not files.write_folder(tmp_path / "first", NEW)


def test_a_temporary_file_of_a_killed_run_goes_after_a_day(tmp_path: Path) -> None:
    old, young, others = (
        tmp_path / name for name in (".a.txt.amopt-1", ".a.txt.amopt-2", ".b.txt.amopt-3")
    )
    for file in (old, young, others):
        file.write_text("half")
    os.utime(old, (0, 0))
    os.utime(others, (0, 0))
    files.write_text(tmp_path / "a.txt", "whole")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(
        [young.name, others.name, "a.txt"]
    )


@pytest.mark.parametrize("content", ["mine", '{"tables": {}}'])
def test_a_file_that_is_not_ours_is_never_removed(tmp_path: Path, content: str) -> None:
    (tmp_path / files.MARK).write_text(content)
    (tmp_path / "prices.csv").write_text("mine")
    with pytest.raises(UsageError, match="did not write"):
        files.write_folder(tmp_path, {files.MARK: "{}"})
    assert (tmp_path / "prices.csv").read_text() == "mine"


def test_what_is_not_finite_becomes_null() -> None:
    import numpy as np

    plain = files.as_plain(
        {"a": float("inf"), "b": np.float64(2.5), "c": (np.int64(3), None), "d": np.bool_(True)}
    )
    assert plain == {"a": None, "b": 2.5, "c": [3, None], "d": True}


def test_the_current_folder_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for target in (".", "..", "/"):
        with pytest.raises(UsageError, match=r"as a whole|did not write"):
            files.write_folder(target, {files.MARK: "{}"})
        with pytest.raises(UsageError, match=r"as a whole|did not write"):
            files.require_writable_folder(target)


def test_a_link_to_an_empty_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    files.write_folder(tmp_path / "link", {files.MARK: "{}"})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / files.MARK).read_text() == "{}"


@pytest.mark.parametrize("name", ["nowhere/answer.html", "folder"])
def test_a_target_is_refused_before_the_work(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=r"cannot write|is a folder"):
        files.require_writable_file(tmp_path / name)


def test_what_is_no_regular_file_is_kept(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="not a regular file"):
        files.write_text(tmp_path / "pipe", "text")
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("old")
    (tmp_path / "link").symlink_to("there")
    files.write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_text() == "new"


def test_two_writers_wait_for_each_other(tmp_path: Path) -> None:
    program = (
        "import sys; from amopt.files import writing as files\n"
        "for _ in range(100):\n"
        "    files.write_folder(sys.argv[1], {files.MARK: '{\"tables\": {}}'})\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "answer")]
    writers = [subprocess.Popen(command) for _ in range(2)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    assert [entry.name for entry in tmp_path.iterdir()] == ["answer"]
