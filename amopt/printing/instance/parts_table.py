"""``parts: {table: parts.csv}``: the parts as rows of a table beside the instance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.instance.findings import Code, Problem
from amopt.instance.include import leads_out
from amopt.instance.loadable import Filled
from amopt.instance.suggest import shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CODES", "MOST_ROWS", "TABLE", "TEXTS", "frame_of", "misnamed", "with_table"]

CODES: tuple[Code, ...] = (
    Code(
        "parts-table",
        "The table of parts that the instance names cannot be read beside it.",
        "Name a .csv or .parquet file in the folder of the instance or below it, alone.",
    ),
)

TABLE = "table"

TEXTS = ("name", "system")
"""The columns that hold text."""

MOST_ROWS = 20_000
"""Parts of a table that become those of an instance; more are looked at by columns."""

MOST_BYTES = 2_000_000_000
"""The largest table that is read, in bytes."""


def with_table(data: Mapping[str, Any], folder: Path | None) -> Filled:
    """Return the data of an instance with the parts of the table that it names, if it names one.

    Parameters
    ----------
    data
        The raw data.
    folder
        The folder of the instance file; None for data that never was a file.
    """
    parts = data.get("parts")
    if not isinstance(parts, Mapping) or TABLE not in parts:
        return Filled(data)
    said = misnamed(parts, folder)
    if said or folder is None:
        return Filled(data, problems=[Problem("parts-table", ("parts",), said)])
    try:
        frame = frame_of(folder / parts[TABLE])
    except UsageError as error:
        return Filled(data, problems=[Problem("parts-table", ("parts", TABLE), f"{error}.")])
    if len(frame) <= MOST_ROWS:
        return Filled({**data, "parts": _rows(frame)})
    said = f"{len(frame):,} parts are more than {MOST_ROWS:,}."
    advice = "Ask for their plans by: amopt printing table FILE."
    return Filled(data, problems=[Problem("parts-table", ("parts", TABLE), said, advice)])


def misnamed(parts: Mapping[str, Any], folder: Path | None) -> str:
    """Return what is wrong with how a table is named; empty where nothing is."""
    name = parts.get(TABLE)
    if list(parts) != [TABLE] or not isinstance(name, str) or not name:
        return "parts is a list, or {table: ...} with the name of a file and nothing beside it."
    if folder is None:
        return f"{shown(name)} is named by data that never was a file and has no folder."
    return leads_out(name, folder)


def frame_of(path: Path) -> pd.DataFrame:
    """Return a csv or parquet file of parts, whole.

    Raises
    ------
    UsageError
        When there is no such file, or it cannot be read as a table.
    """
    import pandas as pd

    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path}: a table of more than {MOST_BYTES / 1e9:.0f} GB is not read")
        if path.suffix.casefold() == ".parquet":
            return pd.read_parquet(path)
        if path.suffix.casefold() != ".csv":
            raise UsageError(f"{path} is neither a .csv nor a .parquet file")
        with path.open(encoding="utf-8-sig") as stream:
            heading = stream.readline()
        separator = max(",;\t", key=heading.count)
        frame: pd.DataFrame = pd.read_csv(
            path,
            sep=separator,
            dtype=dict.fromkeys(TEXTS, str),
            keep_default_na=False,
            na_values=[""],
            low_memory=False,
            **_to_the_last_digit(pd.__version__),
            index_col=False,
            encoding="utf-8-sig",
        )
        return frame
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {path}") from error
    except ImportError as error:
        raise UsageError(
            "parquet files need pyarrow: python -m pip install pyarrow (or save as .csv)"
        ) from error
    except (OSError, ValueError, UnicodeDecodeError, pd.errors.ParserError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise UsageError(f"{path} cannot be read as a table: {said[0][:200]}") from error


def _to_the_last_digit(version: str) -> dict[str, Any]:
    """Return how this pandas is asked for numbers as they stand; from 3.1 on it needs no asking."""
    newer = tuple(int(part) for part in version.split(".")[:2]) >= (3, 1)
    return {} if newer else {"float_precision": "round_trip"}


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as entries of an instance; an empty cell is a key left out."""
    known = frame.notna().to_numpy()
    rows = frame.astype(object).to_dict("records")
    return [
        {str(key): cell for (key, cell), here in zip(row.items(), there, strict=True) if here}
        for row, there in zip(rows, known.tolist(), strict=True)
    ]
