"""The rows of a sweep as they come: a line each, whole or not at all, so that it can go on."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from amopt.errors import UsageError
from amopt.files import as_plain
from amopt.program.ctrl_c import TwiceInterruptedError
from amopt.scenarios.sweep.pools import FAILED

__all__ = ["Journal", "opened"]

NAME = "sweep.jsonl"
ATTEMPTS = 2
"""Runs that try a point which kills its workers."""
_FAR = 1 << 40
"""Where a file is locked whose locked bytes nobody can read."""


class Journal:
    """A file of rows, one a line, that was opened by this process alone.

    Attributes
    ----------
    rows
        Rows that an earlier run has written, by the key of their point, without those of points
        that are to be tried once more since their workers died.
    versions
        Of the packages that took part, for each of these rows.
    """

    def __init__(self, file: IO[bytes], kept: _Kept) -> None:
        self._file, self._size = file, file.seek(0, os.SEEK_END)
        self.rows, self.versions = kept.rows, kept.versions

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


@dataclass
class _Kept:
    """What a journal holds: rows, the versions of each, the last versions, and whole bytes."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    size: int = 0


@contextmanager
def opened(folder: Path, head: Mapping[str, Any], versions: Mapping[str, str]) -> Iterator[Journal]:
    """Open the journal of a folder, which is made where it is not there.

    Parameters
    ----------
    folder
        Its folder.
    head
        What the rows depend on: instance and options. An earlier journal must have the same.
    versions
        Of the packages that take part, which may be others than those of an earlier journal.

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
        kept = _read(file.read(), path, head)
        file.truncate(kept.size)  # a line that a kill cut short
        if not kept.size:
            _note(file, {"sweep": as_plain(head), "versions": dict(versions)})
        elif kept.last != versions:
            _note(file, {"versions": dict(versions)})
        yield Journal(file, kept)


def _note(file: IO[bytes], line: Mapping[str, Any]) -> None:
    file.write(json.dumps(line).encode() + b"\n")
    file.flush()


def _lock(file: IO[bytes], path: Path) -> None:
    """Take the file for this process; the system gives it back when the process ends."""
    with suppress(ImportError):
        take = _locking()
        try:
            take(file.fileno())
        except OSError as error:
            raise UsageError(f"{path} is being written by another sweep") from error


def _locking() -> Callable[[int], None]:
    """Return what locks a file of this system, or raises OSError where another process has."""
    try:
        import fcntl
    except ImportError:  # on Windows
        windows: Any = import_module("msvcrt")

        def take(file: int) -> None:
            os.lseek(file, _FAR, os.SEEK_SET)
            windows.locking(file, windows.LK_NBLCK, 1)

        return take
    return lambda file: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _read(content: bytes, path: Path, head: Mapping[str, Any]) -> _Kept:
    """Return what the whole lines of a journal hold."""
    lines = content.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    if not lines:
        return _Kept()
    try:
        first, *others = [json.loads(line) for line in lines]
        known, kept = first["sweep"], _kept(first.get("versions", {}), others)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no journal of a sweep: name another folder") from error
    if known != as_plain(head):
        raise UsageError(f"{path} is of another instance, or of other options: name another folder")
    kept.size = sum(map(len, lines))
    return kept


def _kept(versions: dict[str, str], lines: Sequence[Mapping[str, Any]]) -> _Kept:
    kept, failed = _Kept(last=versions), Counter[str]()
    for line in lines:
        if "versions" in line:
            kept.last = line["versions"]
            continue
        key, row = line["key"], line["row"]
        failed[key] += row["status"] == FAILED
        if row["status"] != FAILED or failed[key] >= ATTEMPTS:
            kept.rows[key], kept.versions[key] = row, kept.last
    return kept
