"""Files written whole or not at all, and folders replaced in one step."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amopt.files.writing import (
        MARK,
        as_plain,
        new_file,
        plain_column,
        require_new,
        require_writable_file,
        require_writable_folder,
        write_folder,
        write_new,
        write_text,
    )

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


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in __all__:
        return getattr(importlib.import_module("amopt.files.writing"), name)
    raise AttributeError(f"module 'amopt.files' has no attribute {name!r}")
