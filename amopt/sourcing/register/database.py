"""The file of a register: made whole, opened so that commits last, errors in a planner's words."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from amopt.sourcing.register.hash_chain import RegisterError, write_new

__all__ = ["create_file", "opened"]

_MEANINGS = {
    "SQLITE_BUSY": "is locked: another program was writing for {seconds:g} seconds; try again",
    "SQLITE_NOTADB": "is not a licence register",
    "SQLITE_CORRUPT": "is damaged; restore it from a copy",
    "SQLITE_READONLY": "or its folder is read-only; nothing was recorded",
    "SQLITE_CANTOPEN": "cannot be opened; it and its folder must be writable",
    "SQLITE_FULL": "could not be written, the disk is full; nothing was recorded",
}


def _put(new: Path, path: Path) -> None:
    """Give a finished file its name, unless something has that name already."""
    try:
        os.link(new, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        with path.open("xb") as file:
            file.write(new.read_bytes())
            os.fsync(file.fileno())


def _decode(text: bytes) -> str:
    """Return text as stored; bytes that are no text stay visible to the hash."""
    return text.decode("utf-8", errors="surrogateescape")


def create_file(path: Path) -> None:
    """Make an empty register: never half of one, never over one that is there.

    Raises
    ------
    RegisterError
        When it cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            new = Path(folder) / "register"
            write_new(new)
            _put(new, path)
    except FileExistsError:
        return
    except (OSError, sqlite3.Error) as error:
        raise RegisterError(f"cannot make the register {path}: {error}") from error


@contextmanager
def opened(path: Path, timeout: float) -> Iterator[sqlite3.Connection]:
    """Open a register's file; what SQLite says is told in the register's words.

    Parameters
    ----------
    path
        The file.
    timeout
        Seconds to wait for another program that is writing.

    Raises
    ------
    RegisterError
        When there is no file, or it cannot be used.
    """
    if not path.is_file():
        raise RegisterError(
            f"{path} is a folder, not a licence register"
            if path.is_dir()
            else f"there is no licence register {path}; `amopt sourcing commit` makes one"
        )
    connection = None
    try:
        uri = path.resolve().as_uri() + "?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None)
        connection.text_factory = _decode
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")
        yield connection
    except sqlite3.Error as error:
        raise RegisterError(_explained(error, path, timeout)) from error
    finally:
        if connection is not None:
            connection.close()


def _explained(error: sqlite3.Error, path: Path, timeout: float) -> str:
    """Return what SQLite's error means here and what to do."""
    name = getattr(error, "sqlite_errorname", "") or ""
    for prefix, meaning in _MEANINGS.items():
        if name.startswith(prefix):
            return f"{path} {meaning.format(seconds=timeout)} ({error})"
    return f"{path} cannot be used: {error}"
