"""A web service that quotes, on this machine: it fails, stalls and lies, and the log says so."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from amopt.sourcing.quotes.fetch import Fetched, fetch
from amopt.sourcing.quotes.http import MOST_BYTES, HttpSource
from amopt.sourcing.quotes.log import opened
from amopt.sourcing.quotes.source import QuoteRequest
from amopt.sourcing.quotes.sources_file import load_sources
from tests.cli.test_terminal import Terminal
from tests.sourcing.quotes.test_quotes import FILE

AT = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
ASKED = QuoteRequest("alpha", "bush", quantities=(1.0, 10.0))
GOOD = {"quantity": 1, "cost_per_part": 50, "currency": "EUR", "lead_time_weeks": 1}

Reply = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(*replies: Reply) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve replies one after the other, the last again and again; keep what was asked."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append({**json.loads(body), "token": self.headers.get("Authorization")})
            replies[min(len(asked), len(replies)) - 1](self)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    running.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}/v1", asked
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


def says(content: Any, code: int = 200, **headers: str) -> Reply:
    """Return a reply of JSON, or of bytes as they are."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        handler.send_response(code)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def quotes(*rows: dict[str, Any]) -> Reply:
    return says({"quotes": [{**GOOD, **row} for row in rows]})


def stalls(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(2)


def drips(handler: BaseHTTPRequestHandler) -> None:
    """Send the head of an answer so slowly that no single wait is too long."""
    for byte in b"HTTP/1.0 200 OK\r\nX: 1234567890123456789012345678901":
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    says(b'{"quotes": [', Content_Length="500")(handler)
    handler.connection.close()


def trickles(handler: BaseHTTPRequestHandler) -> None:
    """Send blanks in chunks without an end."""
    says(b"", Transfer_Encoding="chunked", Content_Length="0")(handler)
    while True:
        handler.wfile.write(b"1\r\n \r\n")
        time.sleep(0.01)


def is_no_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(handler.headers.get("Authorization", "").encode() + b"garbage\r\n\r\n")


def source(url: str, **more: Any) -> HttpSource:
    return HttpSource("web", url, **{"timeout_seconds": 5.0, "backoff_seconds": 0.01, **more})


def test_an_answer_becomes_rows_and_the_request_says_what_is_wanted() -> None:
    with server(quotes({}, {"quantity": 10, "cost_per_part": 40.5, "valid_to": "2026-03-31"})) as (
        url,
        asked,
    ):
        first, second = source(url).fetch([ASKED], at=AT)
    assert (first.supplier, first.part, first.cost_per_part) == ("alpha", "bush", 50)
    assert (second.quantity, second.cost_per_part) == (10, 40.5)
    assert first.request == second.request == ASKED.name(AT)
    assert (first.source, first.fetched_at, first.status) == ("web", AT, "quoted")
    assert [a["quantities"] for a in asked] == [[1.0, 10.0]]
    assert asked[0]["token"] is None


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (says(b"<html>", Content_Type="text/html; charset=utf-8"), "not JSON, but text/html"),
        (says(gzip.compress(b" " * 50_000_000), Content_Encoding="gzip"), "packed (gzip)"),
        (says(b'{"quotes": [{"cost_per_part": 1' + b"0" * 400 + b"}]}"), "inf is not a finite"),
        (says(b'{"quotes": [{"cost_per_part": 1' + b"0" * 5000 + b"}]}"), "not JSON"),
        (says(b" " * 10_000_000), "larger than"),
        (says(b"", 302, Location="file:///etc/hostname"), "answered 302"),
        (says(b"", 302, Location="https://127.0.0.1:9/v1"), "another host"),
        (says(b"", 204), "not JSON"),
        (says(b"", 401), "answered 401"),
        (says(b"[" * 100_000), "not JSON"),
        (says([GOOD]), 'does not hold {"quotes"'),
        (says({"quotes": {"a": 1}}), 'does not hold {"quotes"'),
        (says({"quotes": [1]}), 'does not hold {"quotes"'),
        (says({"quotes": []}), "holds no quotes"),
        (quotes({"cost_per_part": -1}), "cost_per_part"),
        (says(b'{"quotes": [{"quantity": 1, "cost_per_part": NaN}]}'), "cost_per_part"),
        (quotes({"cost_per_part": "50"}), "cost_per_part"),
        (quotes({"quantity": 0}), "quantity"),
        (quotes({"currency": None}), "lacks currency"),
        (quotes({"valid_to": "31.3.2026"}), "valid_to"),
        (quotes({"valid_from": "2026-03-31", "valid_to": "2026-03-01"}), "which is before"),
        (quotes({"supplier": "beta"}), "'alpha' was asked for"),
        (quotes({"part": "nut"}), "'bush' was asked for"),
        (quotes({"material": "gold"}), "of the material 'gold'"),
        (quotes({}, {}), "quoted twice"),
        (quotes({}, {"quantity": 10, "cost_per_part": -1}), "row 2"),
        (quotes({"status": "failed"}), "its status"),
        (says(b" " * (MOST_BYTES + 1)), "larger than"),
        (says(b"", 404), "answered 404"),
        (says(b"", 302, Location="http://localhost:9/elsewhere"), "another host"),
    ],
)
def test_a_server_that_lies_is_asked_once_and_not_believed(reply: Reply, reason: str) -> None:
    with server(reply) as (url, asked):
        (record,) = source(url, timeout_seconds=5).fetch([ASKED], at=AT)
    assert record.status == "failed"
    assert reason in record.reference
    assert record.cost_per_part is None
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (says(b"", 503), "the server answered 503"),
        (says(b"", 429), "the server answered 429"),
        (breaks_off, "the answer broke off"),
        (is_no_http, "this is no HTTP: BadStatusLine"),
        (says(b"zz\r\n", Transfer_Encoding="chunked"), "the answer broke off"),
    ],
)
def test_a_server_that_fails_is_asked_again_and_no_more_than_that(
    reply: Reply, reason: str
) -> None:
    with server(reply) as (url, asked):
        (record,) = source(url, retries=1).fetch([ASKED], at=AT)
    assert (record.reference, record.status, len(asked)) == (
        f"{reason} (asked 2 times)",
        "failed",
        2,
    )
    assert reason in record.reference
    assert "asked 2 times" in record.reference
    with server(reply, quotes({})) as (url, asked):
        (record,) = source(url, retries=3).fetch([ASKED], at=AT)
    assert (record.status, len(asked)) == ("quoted", 2)


@pytest.mark.parametrize("reply", [stalls, drips, trickles])
def test_a_server_that_stalls_is_left_in_time(reply: Reply) -> None:
    began = time.monotonic()
    with server(reply) as (url, asked):
        (record,) = source(url, timeout_seconds=0.4, retries=1).fetch([ASKED], at=AT)
        took = time.monotonic() - began
    assert record.status == "failed"
    assert record.reference == "the server took too long (asked 2 times)"
    assert took < 1.8  # it would be 4 seconds, or as long as the server pleases
    assert len(asked) <= 2


def test_nobody_there() -> None:
    waits: list[float] = []
    with server(quotes({})) as (url, _):
        pass
    (record,) = source(url, retries=3, backoff_seconds=0.5, sleep=waits.append).fetch(
        [ASKED], at=AT
    )
    assert record.status == "failed"
    assert "no connection" in record.reference
    for wait, least in zip(waits, (0.5, 1.0, 2.0), strict=True):
        assert least <= wait <= 1.2 * least


def test_a_server_may_ask_for_patience_but_not_for_ever() -> None:
    for said, expected in (("3", 3.0), ("86400", 60.0), ("nan", 0.01), ("soon", 0.01)):
        waits: list[float] = []
        with server(says(b"", 503, Retry_After=said), quotes({})) as (url, _):
            list(source(url, sleep=waits.append).fetch([ASKED], at=AT))
        assert waits == [pytest.approx(expected, rel=0.2)]


def test_only_this_machine_is_asked_without_encryption() -> None:
    (record,) = source("http://quotes.example/v1").fetch([ASKED], at=AT)
    assert (record.status, record.reference) == ("failed", "it is asked by https only")


def test_a_token_goes_to_the_server_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALPHA_TOKEN", "tell-nobody")

    def echoes(handler: BaseHTTPRequestHandler) -> None:
        quotes({"reference": handler.headers["Authorization"]})(handler)

    def mistakes(handler: BaseHTTPRequestHandler) -> None:
        quotes({"part": handler.headers["Authorization"]})(handler)

    def disguises(handler: BaseHTTPRequestHandler) -> None:
        escaped = "".join(f"\\u{ord(c):04x}" for c in handler.headers["Authorization"])
        says(json.dumps({"quotes": [{**GOOD, "reference": "?"}]}).replace("?", escaped).encode())(
            handler
        )

    with server(echoes, mistakes, disguises, is_no_http) as (url, asked):
        one = source(url, token_env="ALPHA_TOKEN", retries=0)
        records = list(one.fetch([ASKED] * 4, at=AT))
    assert [a["token"] for a in asked] == ["Bearer tell-nobody"] * 4
    assert [record.status for record in records] == ["quoted", "failed", "quoted", "failed"]
    assert "tell-nobody" not in repr(records)
    assert "tell-nobody" not in repr(one)
    monkeypatch.delenv("ALPHA_TOKEN")
    (record,) = one.fetch([ASKED], at=AT)
    assert "ALPHA_TOKEN is not set" in record.reference


def test_an_identical_request_is_not_made_again_within_the_minutes_of_the_cache(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.sqlite"

    def sources(url: str) -> Any:
        web = {"name": "web", "kind": "http", "url": url, "suppliers": ["alpha"]}
        more = {"cache_minutes": 30, "backoff_seconds": 0.01, "retries": 0}
        head = {"amopt": 1, "kind": "sourcing-quote-sources", "name": "s"}
        return load_sources({**head, "sources": [{**web, **more}]})

    with server(quotes({}), says(b"", 503), quotes({"cost_per_part": 60})) as (url, asked):
        fetch(FILE, sources(url), path, at=AT)
        again = fetch(FILE, sources(url), path, at=AT + timedelta(minutes=30))
        assert [r["status"] for r in again.rows()] == ["reused"]
        assert len(asked) == 1
        fetch(FILE, sources(url), path, at=AT + timedelta(minutes=31))  # fails: not in the cache
        fetch(FILE, sources(url), path, at=AT + timedelta(minutes=32))
        assert len(asked) == 3
    records = opened(path).records
    assert [record.status for record in records] == ["quoted", "failed", "quoted"]
    assert records[0].fetched_at == AT
    assert {a["supplier"] for a in asked} == {"alpha"}


def test_a_server_that_is_down_is_asked_again_for_the_first_part_only() -> None:
    with server(says(b"", 503)) as (url, asked):
        records = list(source(url, retries=3).fetch([ASKED] * 5, at=AT))
    assert [record.status for record in records] == ["failed"] * 5
    assert len(asked) == 4 + 4
    with server(*[says(b"", 503)] * 5, quotes({}), says(b"", 503)) as (url, asked):
        records = list(source(url, retries=3).fetch([ASKED] * 4, at=AT))
    assert [record.status for record in records] == ["failed", "failed", "quoted", "failed"]
    assert len(asked) == 4 + 1 + 1 + 4


def test_a_request_takes_no_longer_than_the_docs_say() -> None:
    """Four attempts of 10 s with waits of 0.5, 1 and 2 s, up to a fifth more: 43.5 to 44.2 s."""
    attempts: list[float] = []
    waits: list[float] = []
    with server(stalls) as (url, _):
        one = HttpSource("web", url, timeout_seconds=0.25, sleep=waits.append)
        began = time.monotonic()
        (record,) = one.fetch([ASKED], at=AT)
        attempts.append(time.monotonic() - began)
    assert record.reference == "the server took too long (asked 4 times)"
    assert 4 * 0.25 <= attempts[0] <= 4 * 0.25 + 0.5
    usual = HttpSource("web", url)
    assert (usual.timeout_seconds, usual.retries) == (10, 3)
    assert 43.5 <= 4 * usual.timeout_seconds + sum(waits) <= 44.2


@pytest.mark.parametrize("suffix", [".csv", ".sqlite"])
def test_what_a_server_writes_breaks_no_log(tmp_path: Path, suffix: str) -> None:
    """Signs that no text file takes, and what a terminal would obey, are blanks in the log."""
    path = tmp_path / f"log{suffix}"
    nasty = rb'{"quotes": [{"quantity": 1, "cost_per_part": 5, "currency": "USD", '
    nasty += rb'"lead_time_weeks": 1, "reference": "\ud800\u0000\u001b[31m=1+1' + b"x" * 9000
    nasty += b'"}]}'
    with server(says(nasty)) as (url, _):
        web = {"name": "web", "kind": "http", "url": url, "suppliers": ["alpha"]}
        head = {"amopt": 1, "kind": "sourcing-quote-sources", "name": "s"}
        found = fetch(FILE, load_sources({**head, "sources": [web]}), path, at=AT)
    (record,) = opened(path).records
    assert record.reference.startswith("[31m=1+1xxx")
    assert record.reference.endswith(" ...")
    assert len(record.reference) <= 300
    (finding,) = found.findings  # and the currency is told when it is asked
    assert (finding.code, finding.where.file) == ("quote-currency", "source 'web'")
    assert "'bush' at 'alpha' is quoted in USD, and the file in EUR" in finding.message


def test_a_mixed_answer_is_a_quote() -> None:
    with server(says({"quotes": [{"status": "declined"}, GOOD]})) as (url, _):
        records = list(source(url).fetch([ASKED], at=AT))
    assert Fetched(tuple(records), ()).rows()[0]["status"] == "quoted"


def of_web(url: str, **more: Any) -> dict[str, Any]:
    """Return a file of sources, one that answers for all suppliers."""
    web = {"name": "web", "kind": "http", "url": url, "retries": 0, **more}
    return {"amopt": 1, "kind": "sourcing-quote-sources", "name": "s", "sources": [web]}


def test_progress_tells_how_many_requests_have_an_answer(tmp_path: Path) -> None:
    """Also those that failed, or that a source never answered."""
    heard: list[tuple[int, int]] = []
    with server(quotes({}), says(b"", 404)) as (url, _):
        sources = load_sources(of_web(url))
        fetch(FILE, sources, tmp_path / "log.csv", at=AT, progress=lambda *n: heard.append(n))
    assert heard == [(1, 2), (2, 2), (2, 2)]


def test_the_terminal_shows_that_quotes_are_asked_for(tmp_path: Path) -> None:
    """While a service takes its time, who waits sees it, and how much is done."""

    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(2.5)
        quotes({})(handler)

    file, sources = tmp_path / "file.json", tmp_path / "sources.json"
    file.write_text(json.dumps(FILE))
    with server(slow) as (url, _):
        sources.write_text(json.dumps(of_web(url)))
        terminal = Terminal("sourcing", "quotes", file, "--sources", sources)
        terminal.read_until(r"asking for quotes, [0-9] s")
        terminal.read_until(r"asking for quotes, [0-9] s, 1 of 2 done")
        assert terminal.end() == 0
    assert "2 requests: 2 quoted" in terminal.text


def test_ctrl_c_keeps_what_was_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the second request waits: the first is in the log, and the last was never made."""
    data = {**FILE, "offers": [{**FILE["offers"][0], "supplier": name} for name in "abc"]}
    honest = HttpSource._asked

    def pressed(self: HttpSource, request: QuoteRequest, retries: int) -> Any:
        if request.supplier == "b":
            raise KeyboardInterrupt
        return honest(self, request, retries)

    monkeypatch.setattr(HttpSource, "_asked", pressed)
    log = tmp_path / "log.csv"
    with server(quotes({})) as (url, asked):
        source = {"name": "web", "kind": "http", "url": url}
        told = load_sources({"amopt": 1, "kind": "sourcing-quote-sources", "name": "s",
                             "sources": [source]})  # fmt: skip
        found = fetch(data, told, log, at=AT)
    assert len(asked) == 1
    assert [record.supplier for record in opened(log).records] == ["a"]
    assert [row["status"] for row in found.rows()] == ["quoted"]
    assert found.pieces.in_words("request") == "Ctrl-C ended it: 1 of 3 requests is done."
    with pytest.raises(KeyboardInterrupt):  # nothing was answered, and nothing is logged
        fetch({**data, "offers": data["offers"][1:]}, told, tmp_path / "none.csv", at=AT)
    assert not (tmp_path / "none.csv").exists()
