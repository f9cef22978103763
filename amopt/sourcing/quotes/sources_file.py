"""The file that says where quotes come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field

from amopt.errors import InvalidInstanceError
from amopt.instance import common
from amopt.instance.common import InstanceModel, Name, PositiveQuantity
from amopt.instance.findings import Code, Problem
from amopt.instance.loadable import Filled
from amopt.sourcing.quotes.folder import FolderSource
from amopt.sourcing.quotes.http import LOCAL, HttpSource
from amopt.sourcing.quotes.source import QuoteSource

__all__ = ["CODES", "Sources", "load_sources"]

CODES: tuple[Code, ...] = (
    Code(
        "secret-in-file",
        "A file of sources holds a password or a token.",
        "Put it into an environment variable, and write the variable's name as token_env.",
    ),
    Code(
        "plain-http",
        "A source would be asked without encryption.",
        "Write https://; http is for this machine only.",
    ),
    Code(
        "half-source",
        "A source lacks the path or the url that its kind needs, or has the other's.",
        "A folder has a path, http has a url.",
    ),
)
"""The codes of findings on sources."""

Seconds = Annotated[float, Field(ge=0.01, le=600)]


class Source(InstanceModel):
    """A source of quotes: a folder of files, or a web service."""

    name: Name = Field(description="Name of the source, unique.")
    kind: Literal["folder", "http"] = Field(description="A folder of files, or a web service.")
    path: str | None = Field(default=None, description="The folder, beside this file or anywhere.")
    url: str | None = Field(default=None, description="Where the web service takes requests.")
    suppliers: tuple[Name, ...] = Field(
        default=(), description="Suppliers that it is asked for; left out, all."
    )
    token_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = Field(
        default=None, description="Environment variable that holds the token."
    )
    timeout_seconds: Seconds = Field(default=10.0, description="Seconds that an attempt may take.")
    retries: Annotated[int, Field(ge=0, le=10)] = Field(
        default=3, description="How often a request that failed is repeated."
    )
    backoff_seconds: Seconds = Field(
        default=0.5, description="Seconds before the first repetition; doubled each time."
    )
    cache_minutes: Annotated[float, Field(ge=0, le=1e6)] = Field(
        default=0.0, description="Minutes within which an identical request is not made again."
    )

    def opened(self, folder: Path | None) -> QuoteSource:
        """Return what is asked; a path counts from the folder of the file."""
        if self.kind == "folder":
            path = Path(self.path or "")
            return FolderSource(self.name, path if folder is None else folder / path)
        return HttpSource(
            self.name,
            self.url or "",
            token_env=self.token_env,
            timeout_seconds=self.timeout_seconds,
            retries=self.retries,
            backoff_seconds=self.backoff_seconds,
        )


class Sources(common.Instance):
    """A file of sources."""

    codes: ClassVar[tuple[Code, ...]] = CODES

    kind: Literal["sourcing-quote-sources"] = Field(description="Says that the file holds sources.")
    sources: Annotated[tuple[Source, ...], Field(min_length=1)] = Field(description="The sources.")
    quantities: tuple[PositiveQuantity, ...] = Field(
        default=(), description="Quantities to ask for beside those of the lines."
    )

    @classmethod
    def filled(cls, data: Mapping[str, Any], folder: Path | None) -> Filled:
        """Refuse secrets before anything is said of other keys: a secret is never shown."""
        return Filled(data, problems=list(_secrets(data)))

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the sources."""
        for index, source in enumerate(self.sources):
            wanted, other = ("path", "url") if source.kind == "folder" else ("url", "path")
            if getattr(source, wanted) is None or getattr(source, other) is not None:
                yield Problem(
                    "half-source",
                    ("sources", index),
                    f"the source {source.name!r} is of kind {source.kind}, which has a {wanted} "
                    f"and no {other}.",
                    f"Write {wanted}.",
                )
            elif source.url is not None:
                yield from _unsafe(index, source)


def _unsafe(index: int, source: Source) -> Iterator[Problem]:
    try:
        where = urlsplit(source.url or "")
        host = where.hostname
    except ValueError:
        where, host = urlsplit(""), None
    if where.scheme != "https" and not (where.scheme == "http" and host in LOCAL):
        yield Problem(
            "plain-http",
            ("sources", index, "url"),
            f"the source {source.name!r} would be asked without encryption.",
            "Write an address that begins with https://.",
        )


def _secrets(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield where a file of sources holds a secret, without showing it."""
    sources = data.get("sources")
    for index, source in enumerate(sources if isinstance(sources, (list, tuple)) else ()):
        if not isinstance(source, Mapping):
            continue
        for name, value in source.items():
            at = str(value).partition("://")[2].partition("/")[0]
            if name in ("token", "password", "api_key", "secret") or (name == "url" and "@" in at):
                yield Problem(
                    "secret-in-file",
                    ("sources", index, str(name)),
                    "a password or a token stands in the file.",
                    "Write token_env: NAME, and put the secret into that environment variable.",
                )


def load_sources(source: str | Path | Mapping[str, Any]) -> Sources:
    """Read a file of sources.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong, at once.
    """
    from amopt.instance.loader import examine

    examination = examine(source, lambda _: Sources, ("sourcing-quote-sources",))
    if examination.instance is None:
        raise InvalidInstanceError(examination.findings)
    return examination.instance
