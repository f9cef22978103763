"""A folder of files with quotes, such as price lists that suppliers have mailed."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from amopt.sourcing.instance.quote_log.reading import UnreadableLogError, csv_rows
from amopt.sourcing.instance.quote_log.record import QuoteRecord
from amopt.sourcing.quotes.source import QuoteRequest, answers, failed

__all__ = ["FolderSource"]

_MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class FolderSource:
    """A folder of csv and json files; each row names supplier and part, and what is quoted.

    A csv file has a header; a json file holds a list of rows, or ``{"quotes": [...]}``. All files
    are read anew at each fetch, in the order of their names. A row counts for a request if it is of
    the same supplier and part, and of the same route and material where it names them. A file that
    cannot be read makes every request fail that no other file answers, with the file named.
    """

    name: str
    path: Path

    def fetch(self, requests: Sequence[QuoteRequest], *, at: datetime) -> Iterator[QuoteRecord]:
        """Yield the rows that answer requests, one of status ``failed`` where no file does."""
        rows, faults = self._rows()
        for request in requests:
            own = [row for row in rows if _is_of(row, request)]
            if own:
                yield from answers(self.name, request, at, own)
            else:
                why = "; ".join(["no file of the folder quotes it", *faults])
                yield failed(self.name, request, at, why)

    def _rows(self) -> tuple[list[Mapping[str, Any]], list[str]]:
        """Return all rows, and what is wrong with files."""
        rows: list[Mapping[str, Any]] = []
        faults: list[str] = []
        try:
            files = sorted(p for p in self.path.iterdir() if p.suffix.lower() in _READERS)
        except OSError as error:
            return [], [f"the folder {self.path.name} cannot be read: {error.strerror or error}"]
        for file in files:
            try:
                if file.stat().st_size > _MOST_BYTES:
                    raise UnreadableLogError("it is too large")
                rows += _READERS[file.suffix.lower()](file)
            except (OSError, ValueError, csv.Error, UnreadableLogError) as error:
                faults.append(f"{file.name} cannot be read: {error}")
        return rows, faults


def _is_of(row: Mapping[str, Any], request: QuoteRequest) -> bool:
    return all(
        row.get(name) in ((asked,) if name in ("supplier", "part") else (None, asked))
        for name, asked in zip(("supplier", "part", "route", "material"), request.key, strict=True)
    )


def _csv(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv_rows(stream))


def _json(file: Path) -> list[dict[str, Any]]:
    held = json.loads(file.read_text(encoding="utf-8"))
    rows = held.get("quotes") if isinstance(held, dict) else held
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnreadableLogError("it holds no list of quotes")
    return [{name: _number(value) for name, value in row.items()} for row in rows]


def _number(value: Any) -> Any:
    return float(value) if type(value) is int else value


_READERS = {".csv": _csv, ".json": _json}
