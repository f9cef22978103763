"""Every key of the files of all decisions, as a page of the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from amopt.instance.workbook.layout import layout
from amopt.instance.workbook.writing import notes_of

if TYPE_CHECKING:
    from amopt.instance.common import Instance

__all__ = ["fields_markdown"]

HEAD = """# Keys of instance files

Written from the models that read the files. A collection is a list in a text file and a sheet of
its name in a workbook; `instance` holds what stands once. Keys joined by a dot are nested. A key
without a word under *required* may be left out, and then means what stands under *left out*.
"""


def fields_markdown(types: Mapping[str, type[Instance]]) -> str:
    """Return the keys of each decision as Markdown: collection, key, required, default, meaning."""
    pieces = [HEAD]
    for kind, instance_type in types.items():
        pieces.append(f"\n## {kind.capitalize()}\n")
        before = None
        for sheet, *cells in notes_of(layout(instance_type)):
            if not sheet:
                continue
            if sheet != before:
                pieces += [
                    f"\n### `{sheet}` of {kind}\n",
                    "| key | required | left out | words | meaning |\n|---|---|---|---|---|",
                ]
                before = sheet
            key, *rest = (_cell(cell) for cell in cells)
            pieces.append(f"| `{key}` | {' | '.join(rest)} |")
    return "\n".join(pieces) + "\n"


def _cell(text: str) -> str:
    """Return a text that ends no cell and begins no markup."""
    return text.replace("|", "\\|").replace("\n", " ").replace("*", "\\*").replace("<", "&lt;")
