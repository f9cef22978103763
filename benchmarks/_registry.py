"""The benchmarks by name: scripts that print what they measure, and specs that are measured here.

A spec has phases (build, transfer, solve ...), sizes, and ways of doing the same; the first way is
what the others are compared with. ``smoke`` is the size that continuous integration runs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent

Ways = Mapping[str, Callable[[], object]]


@dataclass(frozen=True)
class Spec:
    """Something that can be done in several ways.

    Attributes
    ----------
    name, what
        The name, and what is measured.
    sizes
        By name, ``smoke`` first.
    phases
        Names of the phases.
    ways
        Of a size, by phase the ways of it; the first way is the reference.
    """

    name: str
    what: str
    sizes: Mapping[str, int]
    phases: Sequence[str]
    ways: Callable[[int], Mapping[str, Ways]]


@dataclass(frozen=True)
class Script:
    """A script that measures in its own way and prints it; ``--smoke`` is its small size."""

    name: str
    path: Path

    @property
    def what(self) -> str:
        """The first line of the script's documentation."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        return (ast.get_docstring(tree) or "").partition("\n")[0]

    @property
    def writes_tables(self) -> bool:
        """Whether it takes ``--markdown FILE``, for the tables of the docs."""
        return '"--markdown"' in self.path.read_text(encoding="utf-8")


def scripts() -> dict[str, Script]:
    """Return the scripts by name."""
    found = [path for path in sorted(HERE.glob("*.py")) if path.stem[0] != "_"]
    return {path.stem: Script(path.stem, path) for path in found}


def registry() -> dict[str, Spec | Script]:
    """Return all benchmarks by name."""
    from _specs import SPECS

    found: dict[str, Spec | Script] = {spec.name: spec for spec in SPECS}
    return found | scripts()
