"""Links of built pages that lead nowhere, and what a page would fetch from the network.

``python docs/_links.py FOLDER`` lists them and ends with 1 where there are any. What a reader has
to follow may lie on the network, and is not asked for; what a page loads by itself may not, but
for the script that draws formulas.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FORMULAS = "https://cdn.jsdelivr.net/npm/mathjax@"
"""Where Sphinx takes the script from that draws formulas, on the pages that have any."""

LOADED = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect"}
"""Relations of a link that is loaded, and not followed."""


class Page(HTMLParser):
    """The anchors and the links of a page, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors, self.links, self.loads = {"", "top"}, [], []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value for name, value in attrs if value}
        self.anchors |= {known[name] for name in ("id", "name") if name in known}
        self.links += [known[name] for name in ("href", "src") if name in known]
        if tag != "link" or LOADED & set(known.get("rel", "").split()):
            names = ("src", "href") if tag == "link" else ("src", "data", "poster")
            self.loads += [known[name] for name in names if name in known]


def broken(folder: Path) -> list[str]:
    """Return the links within a folder that lead nowhere, each after the page that has it."""
    files = sorted(folder.resolve().rglob("*.html"))
    pages = {file: Page(file.read_text(encoding="utf-8")) for file in files}
    found = []
    for file, page in pages.items():
        for link in page.links:
            to = urlsplit(link)
            if to.scheme or to.netloc:
                continue
            target = (file.parent / unquote(to.path)).resolve() if to.path else file
            if target.is_dir():
                target /= "index.html"
            there = pages[target].anchors if target in pages else {"", to.fragment}
            if not target.exists() or unquote(to.fragment) not in there:
                found.append(f"{file.relative_to(folder.resolve())}: {link}")
    return found


def fetched(folder: Path) -> list[str]:
    """Return what the pages of a folder fetch from the network, each after the page that does."""
    return [
        f"{file.relative_to(folder)}: fetches {what}"
        for file in sorted(folder.rglob("*.html"))
        for what in Page(file.read_text(encoding="utf-8")).loads
        if urlsplit(what).netloc and not what.startswith(FORMULAS)
    ]


if __name__ == "__main__":
    lines = broken(Path(sys.argv[1])) + fetched(Path(sys.argv[1]))
    print("\n".join(lines) or "every link leads somewhere, and nothing is fetched")
    sys.exit(bool(lines))
