"""Tables as Markdown, and the file that a script's ``--markdown FILE`` names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from amopt.files import write_text


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, a line a row."""
    head, *lines = (f"| {' | '.join(cells)} |" for cells in (heads, *rows))
    return "\n".join([head, "|---" * len(heads) + "|", *lines])


def write(file: Path, *parts: str) -> None:
    """Write sentences and tables, a blank line between them, whole or not at all."""
    write_text(file, "\n\n".join(parts) + "\n")
    print(f"{file} written")


def short(seconds: float) -> str:
    """Return seconds to two digits, and to tenths from ten on."""
    return f"{seconds:,.1f}" if seconds >= 10 else f"{seconds:.2g}"


def power(number: float) -> str:
    """Return a number near 0 as a power of ten, and 0 as such."""
    return f"{number:.0e}" if number else "0"
