"""The endings of files that hold tables: all that has to be known of a file that holds none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["OTHERS", "WORKBOOKS", "is_tabular"]

WORKBOOKS: Final = (".xlsx", ".xlsm")
"""The endings of workbooks that are read."""

OTHERS: Final = (".xls", ".xlsb", ".ods", ".csv")
"""The endings of files that hold tables and are not read as they are."""


def is_tabular(path: Path) -> bool:
    """Return whether a path is a workbook, a folder, or another file of tables."""
    try:
        folder = path.is_dir()
    except (OSError, ValueError):
        return False
    return folder or path.suffix.lower() in (*WORKBOOKS, *OTHERS)
