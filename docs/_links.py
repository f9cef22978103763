"""Links of built pages that lead nowhere: files and anchors that are not there.

``python docs/_links.py FOLDER`` lists them and ends with 1 where there are any; what lies on the
network is not asked for.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The anchors and the links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors, self.links = {"", "top"}, []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value for name, value in attrs if value}
        self.anchors |= {known[name] for name in ("id", "name") if name in known}
        self.links += [known[name] for name in ("href", "src") if name in known]


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


if __name__ == "__main__":
    lines = broken(Path(sys.argv[1]))
    print("\n".join(lines) or "every link leads somewhere")
    sys.exit(bool(lines))
