"""Files written whole or not at all, and folders replaced in one step."""

from __future__ import annotations

from amopt.files.writing import (
    MARK,
    as_plain,
    new_file,
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
    "require_writable_file",
    "require_writable_folder",
    "write_folder",
    "write_new",
    "write_text",
]
