"""Names that readers of LP and MPS files take, and the way back."""

from __future__ import annotations

import re

from amopt.program.linear import Names

__all__ = ["original_name", "safe_names"]

_LONGEST = 200
"""Characters of a name; LP readers take 255 at most, and a suffix may be added to a row's."""

_WORDS = re.compile(
    r"(?i:inf.*|nan.*|free|st|s\.t\.|such|subject|bounds?|bin|binary|binaries|gen|generals?|int|"
    r"integers?|semi.*|sos\d*|end|min|max|minimi[sz]e|maximi[sz]e|minimum|maximum|obj|objective|"
    r"e\d.*|rhs|ranges?|name|rows|columns|endata|objsense?|lazycons|usercuts|indicators|[qc]section|"
    r"quadobj|qmatrix|csection)$"
)
"""Words that a reader may take for a number or a keyword."""


def safe_names(names: Names, size: int, letter: str) -> list[str]:
    """Return names that LP and MPS readers take: unique, without blanks, not too long.

    Square brackets become round ones; any other character that is not a letter, digit, ``_``,
    ``.`` or ``,`` becomes ``~`` with its hexadecimal code point and ``;``. A second name that is
    the same gets ``~2``, a name that is too long its letter and position.

    Parameters
    ----------
    names
        The names; none at all for ``c0``, ``c1``, ...
    size
        How many there are to be.
    letter
        The letter before the position where there is no name, or too long a one.
    """
    if not len(names):
        return [f"{letter}{index}" for index in range(size)]
    safe = []
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        plain = _UNSAFE.sub(_escape, name)
        if _WORDS.match(plain) or not re.match(r"[A-Za-z_]", plain):
            plain = f"_~;{plain}"
        if len(plain) > _LONGEST:
            plain = f"{letter}{index}~;"
        seen[plain] = seen.get(plain, 0) + 1
        safe.append(plain if seen[plain] == 1 else f"{plain}~{seen[plain]}")
    return safe


_UNSAFE = re.compile(r"[^A-Za-z0-9_.,]")


def _escape(match: re.Match[str]) -> str:
    letter = match.group()
    return {"[": "(", "]": ")"}.get(letter, f"~{ord(letter):x};")


def original_name(safe: str) -> str:
    """Return the name that :func:`safe_names` made safe.

    A name that was too long is gone; its position in the program remains. The two rows that a file
    makes of a two-sided row lead back to the one.
    """
    plain = re.sub(r"(?:~\d+)?(?:~(?:lo|up))?$", "", safe).removeprefix("_~;")
    plain = plain.replace("(", "[").replace(")", "]")
    return re.sub(r"~([0-9a-f]+);", lambda match: chr(int(match.group(1), 16)), plain)
