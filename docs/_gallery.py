"""The gallery: pages as `--html-light` writes them, of instances that ship with the package."""

from __future__ import annotations

from html import escape
from pathlib import Path

SHOWN = {
    "printing": ("printing/mission-limited", "when to print, when to wait, how many to stock"),
    "sourcing": ("sourcing/norwind", "from which suppliers, how many of each, now"),
    "placement": ("placement/aircraft-today", "where capacity goes, central or distributed"),
    "maintenance": ("maintenance/example", "when to order, to replace and to print"),
    "design": ("design/pump-unit", "which version of each component to design"),
    "licensing": ("licensing/ten-buyers", "which licence contract to offer"),
    "screening": ("screening/portfolio", "which parts are worth printing at all"),
}
"""An instance of each decision, and its question."""

STUDIES = {
    "overview": ("placement/norwind", "what an instance holds, before it is solved", "show"),
    "sensitivity": ("printing/mission", "which inputs move the answer most", "sensitivity"),
}
"""Pages of studies: the instance, what they show, and the command."""

HEAD = """# Gallery

A page of each decision as its command writes it, and pages of two studies: one file each, which
needs no network. With `--html` in place of `--html-light` the pictures answer a pointer.

| page | what it answers | command | the answer in words |
|---|---|---|---|
"""


def written(folder: Path) -> str:
    """Write the pages into a folder; return the page of the docs that lists them."""
    from amopt import decisions, overview
    from amopt.report import overviews, page, tornado
    from amopt.scenarios.sensitivity import sensitivity

    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, (instance_name, question) in SHOWN.items():
        instance = decisions.load(instance_name)
        solution = decisions.solve(instance)
        html = page.render(instance, solution, light=True)
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
        rows.append(_row(name, question, f"solve {instance_name}", solution.headline()[0]))
    for name, (instance_name, question, command) in STUDIES.items():
        instance = decisions.load(instance_name)
        if command == "show":
            seen = overview.show(instance)
            document, said = overviews.document_of(seen), seen.headline()[0]
        else:
            found = sensitivity(instance)
            document, said = tornado.document_of(found), found.headline()
        html = page.render_document(document, light=True)
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
        rows.append(_row(name, question, f"{command} {instance_name}", said))
    return HEAD + "\n".join(rows) + "\n"


def _row(name: str, question: str, command: str, said: str) -> str:
    """Return a row of the table; what a file says is escaped."""
    words = escape(said).replace("|", "&#124;")
    link = f'<a href="gallery/{name}.html">{name}</a>'
    return f"| {link} | {question} | `amopt {command} --html-light {name}.html` | {words} |"
