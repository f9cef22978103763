"""Whatever holds an instance -> its document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from amopt.instance.document import Document, load_document
from amopt.instance.workbook.endings import is_tabular

__all__ = ["document_of"]


def document_of(
    source: str | Path | Mapping[str, Any],
    type_of_kind: Callable[[str], type[BaseModel]],
    kinds: Sequence[str],
) -> Document:
    """Return the document of a file, a workbook, a folder of csv files, or plain data.

    Parameters
    ----------
    source
        Its path, or its content as plain data.
    type_of_kind
        Returns the instance class of a decision, which says what the sheets are.
    kinds
        The decisions that there are.
    """
    if isinstance(source, Mapping) or not is_tabular(Path(source)):
        return load_document(source)
    from amopt.instance.workbook.layout import layout
    from amopt.instance.workbook.reading.reader import load_workbook

    return load_workbook(
        Path(source),
        lambda kind: layout(type_of_kind(kind)) if kind in kinds else None,
        lambda kind: _example(type_of_kind(kind)),
    )


def _example(instance_type: type[BaseModel]) -> Mapping[str, Any]:
    """Return the data of the template that goes with a class; nothing where there is none."""
    from importlib.resources import files

    from amopt.instance.formats.yaml_text import parse

    package, room, *_ = instance_type.__module__.split(".")
    template = files(f"{package}.{room}").joinpath("template.yaml")
    data = parse(template.read_text(encoding="utf-8")).data if template.is_file() else {}
    return data if isinstance(data, Mapping) else {}
