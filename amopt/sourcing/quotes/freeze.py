"""An instance with the quotes of a log as of a time, and the file that holds them from then on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from amopt.errors import UsageError
from amopt.instance.workbook.rewriting import rewrite
from amopt.sourcing.instance.fields import Instance
from amopt.sourcing.instance.quote_log.moment import OR_A_DATE, as_of_moment, moment_text

__all__ = ["freeze", "said", "stated", "with_quotes"]


def with_quotes(
    source: str | Path | Mapping[str, Any],
    *,
    log: str | Path | None = None,
    as_of: date | str | None = None,
) -> Instance:
    """Return an instance with the quotes of a log as of a time.

    Parameters
    ----------
    source
        The instance: a file, or plain data.
    log
        The log; left out, the one that the file names.
    as_of
        The time, a text in ISO form with a zone, or a day, whose end (in UTC) it is then; left out,
        the one that the file names.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong with the file or the log, at once.
    UsageError
        When the time is none.
    """
    from amopt.instance.loader import read

    found = read(source, lambda _: Instance, ("sourcing",), said(log, as_of))
    assert isinstance(found, Instance)
    return found


def said(log: str | Path | None, as_of: date | str | None) -> dict[str, Any]:
    """Return what is given of a log and a time, as a file says it; empty where nothing is."""
    given: dict[str, Any] = {}
    if log is not None:
        given["log"] = str(Path(log).resolve())
    if as_of is not None:
        given["as_of"] = moment_text(_time(as_of))
    return {"quotes": {**given, "sha256": None}} if given else {}


def _time(as_of: date | str) -> datetime:
    try:
        return as_of_moment(as_of.isoformat() if isinstance(as_of, date) else as_of)
    except ValueError as error:
        raise UsageError(f"{error}. {OR_A_DATE}") from None


def stated(source: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """Return what an instance says itself of its log and time; the log's name from its folder.

    Nothing is checked: what is no instance says nothing.
    """
    from amopt.instance.workbook.opening import document_of

    document = document_of(source, lambda _: Instance, ("sourcing",))
    quotes = document.data.get("quotes") if document.usable else None
    said = dict(quotes) if isinstance(quotes, Mapping) else {}
    if isinstance(said.get("log"), str) and not isinstance(source, Mapping):
        said["log"] = str(Path(source).parent / said["log"])
    return said


def freeze(instance: Instance, target: str | Path) -> None:
    """Write an instance with its quotes, and where they come from, to a new file.

    Raises
    ------
    UsageError
        As :func:`amopt.instance.workbook.rewriting.rewrite`.
    """
    data = instance.model_dump(mode="json", by_alias=True, exclude_unset=True)
    rewrite(Instance, data, target)
