"""Files are written whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from amopt import files
from amopt.errors import UsageError


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


def test_a_failed_folder_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "answer"
    files.write_folder(target, {files.MARK: '{"tables": {}}'})
    rename = Path.replace

    def refuse(self: Path, other: Path) -> Path:
        if Path(other) == target and not self.name.startswith(".answer.old"):
            raise OSError(28, "No space left on device")
        return rename(self, other)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(UsageError, match="No space"):
        files.write_folder(target, {files.MARK: "new"})
    monkeypatch.undo()
    assert (target / files.MARK).read_text() == '{"tables": {}}'
    assert [entry.name for entry in tmp_path.iterdir()] == ["answer"]


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
        "import sys; from amopt import files\n"
        "for _ in range(100):\n"
        "    files.write_folder(sys.argv[1], {files.MARK: '{\"tables\": {}}'})\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "answer")]
    writers = [subprocess.Popen(command) for _ in range(2)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    assert [entry.name for entry in tmp_path.iterdir()] == ["answer"]
