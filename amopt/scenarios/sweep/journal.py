"""The rows of a sweep as they come: a line each, whole or not at all, so that it can go on."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from amopt.errors import UsageError
from amopt.files import as_plain
from amopt.program.ctrl_c import TwiceInterruptedError

__all__ = ["Journal", "opened"]

NAME = "sweep.jsonl"


class Journal:
    """A file of rows, one a line, that was opened by this process alone.

    Attributes
    ----------
    rows
        Rows that an earlier run has written, by the key of their point.
    """

    def __init__(self, file: IO[bytes], rows: dict[str, dict[str, Any]]) -> None:
        self._file, self._size = file, file.seek(0, os.SEEK_END)
        self.rows = rows

    def write(self, key: str, row: Mapping[str, Any]) -> None:
        """Write the row of a point; once this returns, it is on the disk.

        Raises
        ------
        KeyboardInterrupt
            At Ctrl-C meanwhile, but once the row is written.
        """
        text = json.dumps({"key": key, "row": as_plain(row)}, allow_nan=False)
        line = text.encode() + b"\n"
        size = self._size
        try:
            self._append(line, size)
        except TwiceInterruptedError:
            raise
        except KeyboardInterrupt:
            self._append(line, size)
            raise

    def _append(self, line: bytes, size: int) -> None:
        """Write a line after those that are whole, in place of what was written of it before."""
        self._file.truncate(size)
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._size = size + len(line)


@contextmanager
def opened(folder: Path, head: Mapping[str, Any]) -> Iterator[Journal]:
    """Open the journal of a folder, which is made where it is not there.

    Parameters
    ----------
    folder
        Its folder.
    head
        What the rows depend on: instance and options. An earlier journal must have the same.

    Raises
    ------
    UsageError
        When it cannot be written, is of another sweep, or another process writes it.
    """
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    with file:
        _lock(file, path)
        file.seek(0)
        whole, rows = _read(file.read(), path, head)
        if whole is None:
            file.truncate(0)
            file.write(json.dumps({"sweep": as_plain(head)}).encode() + b"\n")
            file.flush()
        else:
            file.truncate(whole)  # a line that a kill cut short
        yield Journal(file, rows)


def _lock(file: IO[bytes], path: Path) -> None:
    """Take the file for this process; the system gives it back when the process ends."""
    with contextlib.suppress(ImportError):
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(f"{path} is being written by another sweep") from error


def _read(
    content: bytes, path: Path, head: Mapping[str, Any]
) -> tuple[int | None, dict[str, dict[str, Any]]]:
    """Return how many bytes of a journal are whole lines, and its rows; None for a new one."""
    lines = content.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    if not lines:
        return None, {}
    try:
        first, *others = [json.loads(line) for line in lines]
        known, rows = first["sweep"], {one["key"]: one["row"] for one in others}
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no journal of a sweep: name another folder") from error
    if known != as_plain(head):
        raise UsageError(f"{path} is of another instance, or of other options: name another folder")
    return sum(map(len, lines)), rows
