"""Files written whole or not at all, and values as JSON can hold them."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from amopt.errors import UsageError
from amopt.files.exchange import exchanged

__all__ = [
    "MARK",
    "as_plain",
    "new_file",
    "plain_column",
    "require_new",
    "require_writable_file",
    "require_writable_folder",
    "write_folder",
    "write_new",
    "write_text",
]

_OLD = "old-"
_A_DAY = 86400.0
_AS_IT_IS = frozenset({str, int, bool, type(None)})

MARK = "solution.json"
"""The file by which a folder is known as one that amopt wrote, and may replace."""


@contextmanager
def new_file(target: str | Path) -> Iterator[Path]:
    """Give a temporary path that takes the place of ``target`` when the block ends well.

    Raises
    ------
    UsageError
        When the folder of ``target`` does not exist or cannot be written to.
    """
    target = Path(target).resolve()  # a link stays a link; what it names is replaced
    _take_left_files(target)
    try:
        handle, name = tempfile.mkstemp(prefix=_prefix(target), dir=target.parent)
    except OSError as error:
        raise _cannot_write(target, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _take_left_files(target: Path) -> None:
    """Remove the files that killed runs had begun beside ``target``, once they are a day old."""
    with suppress(OSError, ValueError):
        for entry in target.parent.iterdir():
            ours = entry.name.startswith(_prefix(target))
            if ours and entry.is_file() and time.time() - entry.stat().st_mtime > _A_DAY:
                entry.unlink(missing_ok=True)


def write_text(target: str | Path, text: str) -> None:
    """Write ``text`` to ``target`` in UTF-8, whole or not at all.

    Raises
    ------
    UsageError
        When the file cannot be written; see :func:`require_writable_file`.
    """
    require_writable_file(target)
    with new_file(target) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_new(target: str | Path, text: str, *, endings: tuple[str, ...] = ()) -> None:
    """Write ``text`` to a file that is not there yet.

    Raises
    ------
    UsageError
        When the file exists or cannot be written, or its name has none of the ``endings``.
    """
    require_new(target, endings)
    write_text(target, text)


def require_new(target: str | Path, endings: tuple[str, ...] = ()) -> None:
    """Refuse a file that could not be written later, or is there already.

    Raises
    ------
    UsageError
        See :func:`write_new`.
    """
    if endings and Path(target).suffix.lower() not in endings:
        raise UsageError(f"name a file that ends in {' or '.join(endings)}, not {target}")
    require_writable_file(target)
    if Path(target).exists():
        raise UsageError(f"{target} exists already; name another file, or remove it first")


def write_folder(target: str | Path, files: Mapping[str, str]) -> bool:
    """Write a folder of text files, whole or not at all; tell whether an earlier one was replaced.

    A folder that amopt wrote before (it holds ``solution.json``) is replaced as a whole, in one
    step where the system can exchange names; an empty one is filled; any other is left alone. What
    an earlier run that was killed has left beside it is taken away.

    Raises
    ------
    UsageError
        When the folder holds files that amopt did not write, or cannot be written.
    """
    try:
        place = Path(target).resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _cannot_write(target, error) from error
    with _alone_in(place.parent) as alone:
        if alone:
            _take_leftovers(place)
        _require_ours(target, place)
        replaced = (place / MARK).exists()
        _write_folder(place, files)
    return replaced


def _prefix(target: Path) -> str:
    """Return how the names of what is written beside ``target`` begin."""
    return f".{target.name}.amopt-"


def _take_leftovers(target: Path) -> None:
    """Bring back the folder that a killed run had put aside, and remove what it had begun.

    Nobody else is writing to the folder meanwhile.
    """
    try:
        left = [
            entry
            for entry in target.parent.iterdir()
            if entry.name.startswith(_prefix(target)) and entry.is_dir() and not entry.is_symlink()
        ]
        for entry in left:
            if entry.name.startswith(_prefix(target) + _OLD) and not target.exists():
                entry.replace(target)
            else:
                shutil.rmtree(entry, ignore_errors=True)
    except OSError as error:
        raise _cannot_write(target, error) from error


def _write_folder(target: Path, files: Mapping[str, str]) -> None:
    """Write the files to a temporary folder, and put that in the place of ``target``."""
    try:
        temporary = Path(tempfile.mkdtemp(prefix=_prefix(target), dir=target.parent))
    except OSError as error:
        raise _cannot_write(target, error) from error
    try:
        for name, text in files.items():
            (temporary / name).write_text(text, encoding="utf-8")
        temporary.chmod(0o777 & ~_umask())
        _swap(temporary, target)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def require_writable_file(target: str | Path) -> None:
    """Refuse a file that could not be written later.

    Raises
    ------
    UsageError
        When it is a folder, or its folder is not there or cannot be written to.
    """
    target = Path(target)
    try:
        if target.is_dir():
            raise UsageError(f"{target} is a folder; name a file")
        if target.exists() and not target.is_file():
            raise UsageError(f"{target} is not a regular file; name another one")
        if not target.parent.is_dir():
            raise UsageError(f"cannot write {target}: there is no folder {target.parent}")
        if not os.access(target.parent, os.W_OK | os.X_OK):
            raise UsageError(f"cannot write {target}: no permission in {target.parent}")
    except (OSError, ValueError) as error:
        raise _cannot_write(target, error) from error


def require_writable_folder(target: str | Path) -> None:
    """Refuse a folder that could not be written later.

    Raises
    ------
    UsageError
        When it is a file, holds files that amopt did not write, or is the current folder or one
        around it (it is replaced as a whole), or when the folder around it cannot be written to.
    """
    try:
        place = Path(target).resolve()
        around = next((folder for folder in place.parents if folder.exists()), place)
    except (OSError, ValueError) as error:
        raise _cannot_write(target, error) from error
    if not (around.is_dir() and os.access(around, os.W_OK | os.X_OK)):
        raise UsageError(f"cannot write {target}: no permission in {around}")
    with _alone_in(around):
        _require_ours(target, place)


def _require_ours(target: str | Path, place: Path) -> None:
    """Refuse a folder that must not be replaced; nobody else may be writing it meanwhile."""
    try:
        if place.exists() and not place.is_dir():
            raise UsageError(f"{target} is a file; name a folder")
        if Path.cwd().is_relative_to(place) or place.is_mount():
            raise UsageError(f"{target} cannot be replaced as a whole; name a folder inside it")
        held = {entry.name for entry in place.iterdir()} if place.exists() else set()
        if not held <= _written_before(place):
            raise UsageError(
                f"the folder {target} holds files that amopt did not write; "
                "name a new or empty folder"
            )
    except OSError as error:
        raise _cannot_write(target, error) from error


def _cannot_write(target: str | Path, error: OSError | ValueError) -> UsageError:
    """Return the error that says what cannot be written, and why."""
    reason = getattr(error, "strerror", None) or error
    return UsageError(f"cannot write {target}: {reason}")


@contextmanager
def _alone_in(folder: Path) -> Iterator[bool]:
    """Keep other processes that write answers to this folder waiting; tell whether they do."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield False
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield True
    finally:
        os.close(handle)


def _written_before(folder: Path) -> set[str]:
    """Return the names of the files that an earlier answer wrote to this folder."""
    try:
        earlier = json.loads((folder / MARK).read_text(encoding="utf-8"))
        return {MARK, *(f"{table}.csv" for table in earlier["tables"])}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _swap(new: Path, target: Path) -> None:
    """Put ``new`` in the place of ``target``, in one step where names can be exchanged.

    Elsewhere the earlier folder is put aside first: it comes back when the second step fails, or
    by the next run when this one is killed between the two.
    """
    if not target.exists():
        new.replace(target)
    elif not exchanged(new, target):
        old = Path(tempfile.mkdtemp(prefix=_prefix(target) + _OLD, dir=target.parent))
        target.replace(old)
        try:
            new.replace(target)
        except OSError:
            old.replace(target)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    """Return the process's umask, so that our files are as readable as anybody else's."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def as_plain(value: Any) -> Any:
    """Return ``value`` as JSON can hold it; what is not finite becomes null."""
    kind = type(value)
    if kind in _AS_IT_IS or (kind is float and math.isfinite(value)):
        return value  # most values; what follows asks abstract classes, which takes long
    if isinstance(value, Mapping):
        return {
            str(key): item if type(item) in _AS_IT_IS else as_plain(item)
            for key, item in value.items()
        }
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Sequence):
        return [as_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return as_plain(value.item()) if hasattr(value, "item") else str(value)


def plain_column(values: list[Any]) -> tuple[list[Any], set[type]]:
    """Return the cells of a column as JSON can hold them, and the types that are among them."""
    kinds = set(map(type, values))
    numbers = values if kinds == {float} else [one for one in values if type(one) is float]
    if kinds <= _AS_IT_IS | {float} and all(map(math.isfinite, numbers)):
        return values, kinds
    plain = [as_plain(one) for one in values]
    return plain, set(map(type, plain))
