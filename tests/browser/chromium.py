"""A headless Chromium that a test talks to: the DevTools protocol over two pipes, no package."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["PROGRAM", "Chromium", "Tab", "chromium"]

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
"""The browser; None where there is none."""

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)

LAUNCHER = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Gives the browser the ends of the pipes under the numbers where it looks for them."""

PATIENCE = 60.0
"""Seconds after which an answer that does not come fails a test."""


class Chromium:
    """A running browser, at the ends of its pipes."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        os.set_blocking(from_browser, False)
        self._number = 0
        self._read = b""
        self.events: list[dict[str, Any]] = []

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Ask for something and return the answer; what happens meanwhile becomes events."""
        self._number += 1
        asked: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            asked["sessionId"] = session
        data = json.dumps(asked).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        until = time.monotonic() + PATIENCE
        while True:
            said = self._next(until)
            if said.get("id") == self._number:
                assert "error" not in said, f"{method}: {said['error']}"
                return dict(said["result"])
            self.events.append(said)

    def wait_for(self, method: str) -> dict[str, Any]:
        """Return the next event of a name."""
        until = time.monotonic() + PATIENCE
        for known in self.events:
            if known.get("method") == method:
                return known
        while True:
            said = self._next(until)
            self.events.append(said)
            if said.get("method") == method:
                return said

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._read:
            assert time.monotonic() < until, "the browser does not answer"
            try:
                more = os.read(self._from, 1 << 20)
                assert more, "the browser has ended"
                self._read += more
            except BlockingIOError:
                time.sleep(0.002)
        line, _, self._read = self._read.partition(b"\0")
        return dict(json.loads(line))

    def tab(self) -> Tab:
        """Open a tab."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.send(f"{domain}.enable")
        return tab


class Tab:
    """A tab of the browser."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self.browser, self._session = browser, session

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask for something of this tab."""
        return self.browser.send(method, self._session, **parameters)

    def open(self, path: Path, *, width: int, height: int = 900, dark: bool = False) -> None:
        """Open a file as a screen of a width shows it."""
        self.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.browser.events.clear()
        self.send("Page.navigate", url=path.as_uri())
        self.browser.wait_for("Page.loadEventFired")

    def resize(self, width: int, height: int = 900) -> None:
        """Make the screen so many pixels wide."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **size)

    def run(self, script: str) -> Any:
        """Return the value of a script in the page."""
        said = self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        codes = {"Tab": (9, ""), "Enter": (13, "\r")}
        for key in keys:
            code, text = codes.get(key, (0, key))
            press = {"key": key, "code": key, "windowsVirtualKeyCode": code}
            self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **press)
            self.send("Input.dispatchKeyEvent", type="keyUp", **press)

    def wrong(self) -> list[str]:
        """Return what the page complained of since it was opened."""
        found = []
        for event in self.browser.events:
            method, said = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(json.dumps(said["exceptionDetails"])[:500])
            elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
                found.append(said["entry"]["text"])
            elif method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning"):
                found.append(json.dumps(said["args"])[:500])
        return found

    def asked(self) -> list[str]:
        """Return the addresses of others that the page asked for since it was opened."""
        urls = [
            event["params"]["request"]["url"]
            for event in self.browser.events
            if event.get("method") == "Network.requestWillBeSent"
        ]
        return [url for url in urls if not url.startswith(("file:", "data:", "blob:"))]

    def picture(self, path: Path, *, most: int = 16_000) -> None:
        """Write what the whole page looks like, as PNG."""
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        clip = {
            "x": 0, "y": 0, "width": size["width"], "height": min(size["height"], most), "scale": 1,
        }  # fmt: skip
        shot = self.send("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))


@contextlib.contextmanager
def chromium() -> Iterator[Chromium]:
    """Start a browser with a profile of its own, and end it."""
    assert PROGRAM is not None
    into, write = os.pipe()
    read, out = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [PROGRAM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, str(into), str(out), *command],
            pass_fds=(into, out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(into)
        os.close(out)
        try:
            yield Chromium(write, read)
        finally:
            with contextlib.suppress(OSError, AssertionError):
                os.write(write, b'{"id": 0, "method": "Browser.close"}\0')
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(write)
            os.close(read)
