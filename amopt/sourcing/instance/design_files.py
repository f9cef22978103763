"""The design files of licences: each is the very file that the owner licensed, or is refused.

A licence may name a design file beside the instance and the SHA-256 fingerprint (FIPS 180-4) that
it must have. Names come from the instance file and are not trusted: none leads out of its folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Protocol

from amopt.instance.findings import Code, Problem, Severity

__all__ = ["CODES", "design_problems", "fingerprint"]

CODES: tuple[Code, ...] = (
    Code(
        "design-outside",
        "A licence's design file is not in the folder of the instance file.",
        "Put the design file beside the instance file and write its name.",
    ),
    Code(
        "design-missing",
        "A licence's design file is not there, or cannot be read.",
        "Put the design file beside the instance file, or mend its name.",
    ),
    Code(
        "design-mismatch",
        "A design file is not the one that was licensed: its fingerprint differs.",
        "Get the licensed file; if the owner licensed this version, write its fingerprint.",
    ),
    Code(
        "design-unchecked",
        "An instance that was not read from a file has no folder to look for design files in.",
        "Load the instance from its file to have the design files checked.",
        Severity.WARNING,
    ),
)
"""The codes of findings on design files."""


class Design(Protocol):
    """What a licence says of its design file."""

    @property
    def part(self) -> str:
        """The licensed part."""

    @property
    def file(self) -> str | None:
        """The design file, relative to the instance's folder."""

    @property
    def sha256(self) -> str | None:
        """The fingerprint that it must have."""


class _OutsideError(Exception):
    """The name leads out of the instance's folder."""


def fingerprint(path: str | Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, read piece by piece.

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def design_problems(licences: Iterable[Design], folder: Path | None) -> Iterator[Problem]:
    """Yield what is wrong with the design files of licences.

    Parameters
    ----------
    licences
        The licences, in the order of the instance.
    folder
        The folder of the instance file; None for data that never was a file.
    """
    known: dict[str, str] = {}
    for index, licence in enumerate(licences):
        if licence.file is None or licence.sha256 is None:
            continue
        key = ("licences", index, "file")
        if folder is None:
            yield Problem(
                "design-unchecked",
                key,
                f"the design file {licence.file!r} of {licence.part!r} was not looked for.",
                "Load the instance from its file.",
            )
            continue
        try:
            if licence.file not in known:
                known[licence.file] = fingerprint(_beside(folder, licence.file))
        except _OutsideError:
            yield Problem(
                "design-outside",
                key,
                f"{licence.file!r} is not in the folder of the instance file.",
                "Put the design file beside the instance file and write its name.",
            )
        except OSError as error:
            yield Problem(
                "design-missing",
                key,
                f"the design file {licence.file!r} of {licence.part!r} cannot be read: "
                f"{error.strerror or error}.",
                "Put it beside the instance file, or mend its name.",
            )
        else:
            if known[licence.file] != licence.sha256.lower():
                yield _mismatch(index, licence, known[licence.file])


def _mismatch(index: int, licence: Design, found: str) -> Problem:
    """Return the problem of a design file that is not the licensed one."""
    return Problem(
        "design-mismatch",
        ("licences", index, "sha256"),
        f"{licence.file!r} is not the licensed design of {licence.part!r}: its fingerprint is "
        f"{found}.",
        "Get the licensed file; if the owner licensed this version, write its fingerprint.",
    )


def _beside(folder: Path, name: str) -> Path:
    """Return where a design file is, symbolic links followed, inside the folder.

    Raises
    ------
    _OutsideError
        When the name is absolute, climbs out, or a link leads out.
    OSError
        When there is no regular file of that name.
    """
    for pure in (PurePosixPath(name), PureWindowsPath(name)):
        if pure.is_absolute() or pure.drive or pure.root or ".." in pure.parts:
            raise _OutsideError
    try:
        home = folder.resolve(strict=True)
        path = (home / name).resolve(strict=True)
    except (ValueError, RuntimeError) as error:  # a NUL character; a loop of links
        raise OSError(str(error)) from error
    if not path.is_relative_to(home):
        raise _OutsideError
    if not path.is_file():
        raise OSError("it is not a regular file")
    return path
