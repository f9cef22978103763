"""The raw data of an instance -> a file of any format that amopt reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt import files
from amopt.errors import UsageError
from amopt.instance.document import MAX_BYTES

if TYPE_CHECKING:
    from amopt.instance.common import Instance

__all__ = ["require_target", "rewrite"]

TEXTS = (".yaml", ".yml", ".json")
"""The endings of text files that are written."""


def rewrite(
    instance_type: type[Instance],
    data: Mapping[str, Any],
    target: str | Path,
    *,
    template: bool = False,
) -> None:
    """Write the raw data of an instance as its target's ending says, whole or not at all.

    Parameters
    ----------
    instance_type
        The class of the instance, which says what the sheets of a workbook are.
    data
        Its raw data.
    target
        A file that ends in .yaml, .yml, .json or .xlsx; a name without an ending is a folder of csv
        files. It must not be there yet.
    template
        Whether a workbook has every sheet and column, also those that the data do not use.

    Raises
    ------
    UsageError
        When the target is there, cannot be written, or has another ending, or when the file would
        be larger than amopt reads.
    """
    require_target(target)
    path = Path(target)
    suffix = path.suffix.lower()
    if suffix in TEXTS:
        text = _text(suffix, files.as_plain(data))
        size = len(text.encode())
        if size > MAX_BYTES:
            message = f"{path} would have {size / 1e6:,.0f} MB, and amopt reads up to "
            raise UsageError(f"{message}{MAX_BYTES / 1e6:,.0f} MB: name a folder of csv files")
        files.write_new(path, text)
        return
    from amopt.instance.workbook.layout import layout
    from amopt.instance.workbook.writing import csv_files, write_workbook

    if suffix:
        write_workbook(layout(instance_type), data, path, template=template)
    else:
        files.write_folder(path, csv_files(layout(instance_type), data))


def require_target(target: str | Path) -> None:
    """Refuse what could not be written later.

    Raises
    ------
    UsageError
        When the target is there, cannot be written, or has another ending.
    """
    path = Path(target)
    suffix = path.suffix.lower()
    if suffix in TEXTS:
        files.require_new(path)
        return
    if suffix not in ("", ".xlsx"):
        endings = ", ".join((*TEXTS, ".xlsx"))
        message = f"amopt writes files that end in {endings}, or a folder of csv files, not {path}"
        raise UsageError(message)
    if path.exists():
        raise UsageError(f"{path} exists already; name another, or remove it first")
    if suffix:
        files.require_writable_file(path)
    else:
        files.require_writable_folder(path)


def _text(suffix: str, data: Any) -> str:
    if suffix == ".json":
        return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    from amopt.instance.formats.yaml_writing import yaml_text

    return yaml_text(data)
