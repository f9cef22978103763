"""A supplier's web service that quotes: one JSON request a part, one JSON answer.

The request is a POST of ``{"supplier", "part", "route", "material", "quantities",
"design_sha256", "dimensions_mm"}``; the answer ``{"quotes": [{"quantity", "cost_per_part",
"currency", "lead_time_weeks", "valid_from", "valid_to", "reference", "status"}]}``.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from http.client import HTTPException, HTTPMessage, IncompleteRead, RemoteDisconnected
from threading import Thread
from typing import IO, Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from amopt.program.pieces import CutShortError
from amopt.sourcing.instance.quote_log.csv_text import NUMBERS
from amopt.sourcing.instance.quote_log.record import QuoteRecord
from amopt.sourcing.quotes.source import QuoteRequest, answers, as_float, failed

__all__ = ["MOST_BYTES", "HttpSource"]

MOST_BYTES = 1_000_000
"""The largest answer that is read."""

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that may be asked without encryption."""

_Found = TypeVar("_Found")

LONGEST_RETRY_AFTER = 60.0
"""Seconds up to which a server may ask for patience."""


class _FailureError(Exception):
    """A request that failed; whether it is worth to ask again, and in how many seconds at least."""

    def __init__(self, reason: str, *, again: bool = False, after: float = 0.0) -> None:
        super().__init__(reason)
        self.again, self.after = again, after


class _OneHost(HTTPRedirectHandler):
    """Follows a redirect on the same host only: a token must not travel to another."""

    def redirect_request(  # noqa: PLR0917 - the signature of the standard library
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        """Refuse to go to another host, or from https to http."""
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if (old.scheme, old.netloc) != (new.scheme, new.netloc):
            fp.close()
            raise _FailureError("the server sends requests on to another host")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@dataclass(frozen=True)
class HttpSource:
    """A web service that quotes.

    Attributes
    ----------
    name
        Name of the source.
    url
        Where requests are posted to: https, or http on this machine.
    token_env
        The environment variable that holds the bearer token; the token itself goes nowhere but to
        the server.
    timeout_seconds
        Seconds that one attempt may take in all.
    retries
        How often a request is repeated that found no connection, took too long, or was answered
        by 429 or a server's error (5xx).
    backoff_seconds
        Seconds before the first repetition, doubled each time, with up to a fifth more.
    sleep
        How to wait; for tests.
    """

    name: str
    url: str
    token_env: str | None = None
    timeout_seconds: float = 10.0
    retries: int = 3
    backoff_seconds: float = 0.5
    sleep: Callable[[float], None] = time.sleep
    opener: OpenerDirector = field(default_factory=lambda: build_opener(_OneHost()), repr=False)

    def fetch(self, requests: Sequence[QuoteRequest], *, at: datetime) -> Iterator[QuoteRecord]:
        """Yield the rows that answer requests, one of status ``failed`` where there are none.

        After a request that was repeated in vain, the next ones are made once each, until one is
        answered: a server that is down does not hold up a morning.

        Raises
        ------
        CutShortError
            At Ctrl-C, when all rows of the requests before have been yielded.
        """
        retries = self.retries
        for request in requests:
            try:
                rows = self._asked(request, retries)
            except KeyboardInterrupt:
                raise CutShortError(None) from None  # all requests before have their rows
            except _FailureError as error:
                retries = 0 if error.again else self.retries
                yield failed(self.name, request, at, self._without_token(str(error)))
            else:
                retries = self.retries
                yield from answers(self.name, request, at, rows)

    def _asked(self, request: QuoteRequest, retries: int) -> list[Mapping[str, Any]]:
        """Return the rows of an answer, asking again where that may help."""
        where = urlsplit(self.url)
        if where.scheme != "https" and not (where.scheme == "http" and where.hostname in LOCAL):
            raise _FailureError("it is asked by https only")
        wait = self.backoff_seconds
        for attempt in range(retries + 1):
            try:
                content, sort = _within(self.timeout_seconds, partial(self._answer, request))
                return [
                    {name: self._plain(name, value) for name, value in row.items()}
                    for row in _rows(content, sort)
                ]
            except _FailureError as error:
                if not error.again or attempt == retries:
                    times = f" (asked {attempt + 1} times)" if attempt else ""
                    raise _FailureError(f"{error}{times}", again=error.again) from None
                self.sleep(max(error.after, wait * (1 + 0.2 * random.random())))
                wait *= 2
        raise AssertionError("unreachable")

    def _answer(self, request: QuoteRequest) -> tuple[bytes, str]:
        """Return the bytes of one answer and their sort; an attempt takes no longer than it may."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        token = os.environ.get(self.token_env, "") if self.token_env else ""
        if self.token_env and not token:
            raise _FailureError(f"the environment variable {self.token_env} is not set")
        if token:
            headers["Authorization"] = f"Bearer {token}"
        asked = Request(self.url, json.dumps(asdict(request)).encode(), headers)  # noqa: S310
        deadline = time.monotonic() + self.timeout_seconds
        try:
            with self.opener.open(asked, timeout=self.timeout_seconds) as answer:
                packed = answer.headers.get("Content-Encoding", "identity")
                if packed.strip().lower() not in ("", "identity"):
                    raise _FailureError(f"the answer is packed ({packed}), which is not unpacked")
                return _read(answer, deadline), answer.headers.get_content_type()
        except HTTPError as error:
            with error:
                raise _refused(error) from None
        except TimeoutError:
            raise _FailureError("the server took too long", again=True) from None
        except IncompleteRead:
            raise _FailureError("the answer broke off", again=True) from None
        except RemoteDisconnected:
            raise _FailureError("the server hung up", again=True) from None
        except HTTPException as error:
            raise _FailureError(f"this is no HTTP: {type(error).__name__}", again=True) from None
        except (URLError, OSError) as error:
            reason = getattr(error, "reason", None) or error
            if isinstance(reason, TimeoutError):
                raise _FailureError("the server took too long", again=True) from None
            raise _FailureError(f"no connection: {reason}", again=True) from None
        except ValueError as error:  # a header that is none, such as a token with a line break
            raise _FailureError(f"the request could not be made: {type(error).__name__}") from None

    def _plain(self, name: str, value: Any) -> Any:
        """Return a value of an answer: numbers as such, texts without the token."""
        if type(value) is int and name in NUMBERS:
            return as_float(value)
        if type(value) is int and name == "reference":
            return str(value)
        return self._without_token(value) if isinstance(value, str) else value

    def _without_token(self, text: str) -> str:
        """Return a text without the token, which a server may send back."""
        token = os.environ.get(self.token_env, "") if self.token_env else ""
        return text.replace(token, "...") if token else text


def _within(seconds: float, work: Callable[[], _Found]) -> _Found:
    """Return what work returns; one that takes too long, however it does, is left to itself."""
    done: list[_Found | BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # it is raised where it is waited for
            done.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not done:
        raise _FailureError("the server took too long", again=True)
    if isinstance(done[0], BaseException):
        raise done[0]
    return done[0]


def _refused(error: HTTPError) -> _FailureError:
    """Return the failure of an answer that is an error."""
    again = error.code == 429 or error.code >= 500
    after = 0.0
    if again and (said := error.headers.get("Retry-After")):
        try:
            after = min(LONGEST_RETRY_AFTER, max(0.0, float(said)))
        except ValueError:
            after = 0.0
    return _FailureError(f"the server answered {error.code}", again=again, after=after)


def _read(answer: Any, deadline: float) -> bytes:
    """Return the bytes of an answer, of which there may not be too many, nor too slow."""
    found = bytearray()
    while True:
        if time.monotonic() > deadline:
            raise _FailureError("the server took too long", again=True)
        piece = answer.read1(65536)
        if not piece:
            if answer.length:
                raise _FailureError("the answer broke off", again=True)
            return bytes(found)
        found += piece
        if len(found) > MOST_BYTES:
            raise _FailureError(f"the answer is larger than {MOST_BYTES:,} bytes")


def _rows(content: bytes, sort: str) -> list[Mapping[str, Any]]:
    """Return the rows of an answer that says what sort of content it is.

    Raises
    ------
    _FailureError
        When it is not JSON, or holds no list of quotes.
    """
    try:
        held = json.loads(content)
    except (ValueError, RecursionError):
        said = "" if "json" in sort else f", but {sort}"
        raise _FailureError(f"the answer is not JSON{said}") from None
    rows = held.get("quotes") if isinstance(held, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _FailureError('the answer does not hold {"quotes": [...]}')
    return rows
