"""The instances that ship with amopt, by name: ``printing/mission``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from amopt.errors import UsageError
from amopt.instance.document import SUFFIXES
from amopt.instance.suggest import closest, did_you_mean, shown

__all__ = ["names", "path"]

NO_INSTANCES = ("-events",)
"""How the names of files end that are none but go with an instance of the same folder."""


def names() -> tuple[str, ...]:
    """Return the names of the shipped instances, in alphabetical order.

    What goes with an instance, such as its events, has a :func:`path` but is no instance.
    """
    return tuple(name for name in _paths() if not name.endswith(NO_INSTANCES))


def path(name: str) -> Path:
    """Return the file of a shipped instance.

    Raises
    ------
    UsageError
        When there is no instance of this name.
    """
    paths = _paths()
    if name not in paths:
        match = closest(name, paths)
        hint = f" {did_you_mean(match)}" if match else ""
        raise UsageError(f"no instance called {shown(name)} ships with amopt.{hint}")
    return paths[name]


@cache
def _paths() -> dict[str, Path]:
    """Return the shipped files by name: a folder for each kind, files of a known suffix in it."""
    package = Path(__file__).resolve().parent.parent
    folders = (package / "instances", package.parent / "instances")
    root = next((folder for folder in folders if folder.is_dir()), folders[0])
    files = (file for file in root.glob("*/*") if file.suffix in SUFFIXES)
    return dict(sorted((f"{file.parent.name}/{file.stem}", file) for file in files))
