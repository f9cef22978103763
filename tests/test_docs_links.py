"""What looks for links of the built docs that lead nowhere finds them."""

from __future__ import annotations

import re
from pathlib import Path

from docs._links import broken, fetched
from tests.test_docs import ROOT

PLAIN = """<h1 id="top-of-it">x</h1><a name="old"></a>
<a href="#old">1</a><a href="#">2</a><a href="below/two.html#spot">3</a>
<a href="below/">4</a><a href="https://example.org/none#x">5</a><a href="mailto:a@b.c">6</a>"""


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / "one.html").write_text(PLAIN)
    (below / "index.html").write_text('<a href="../one.html#top%2Dof-it">back</a>')
    (below / "two.html").write_text('<p id="spot"><img src="../one.html"></p>')
    assert broken(tmp_path) == []
    wrong = ["#new", "two.html", "below/two.html#other", "below/three.html#spot"]
    links = "".join(f'<a href="{link}">x</a>' for link in wrong)
    (tmp_path / "one.html").write_text(PLAIN + links + '<img src="gone.png">')
    assert broken(tmp_path) == [f"one.html: {link}" for link in (*wrong, "gone.png")]


def test_what_a_page_fetches(tmp_path: Path) -> None:
    kept = (
        '<script src="_static/x.js"></script><a href="https://example.org/">followed</a>'
        '<link rel="canonical" href="https://example.org/"><img src="data:image/png;base64,AA">'
        '<script src="https://cdn.jsdelivr.net/npm/mathjax@4/tex-mml-chtml.js"></script>'
    )
    (tmp_path / "one.html").write_text(kept)
    assert fetched(tmp_path) == []
    loaded = {
        "https://cdn.example.org/a.js": '<script src="{}"></script>',
        "//example.org/b.png": '<img src="{}">',
        "https://example.org/c.css": '<link rel="stylesheet" href="{}">',
        "http://example.org/d.html": '<iframe src="{}"></iframe>',
    }
    page = kept + "".join(tag.format(what) for what, tag in loaded.items())
    (tmp_path / "one.html").write_text(page)
    assert fetched(tmp_path) == [f"one.html: fetches {what}" for what in loaded]


def test_notebooks_are_run_and_their_errors_end_the_build() -> None:
    """What a cell shows is of the package as it is: a kept result could be of another one."""
    conf = (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")
    said = dict(re.findall(r'^nb_(\w+) = "?(\w+)', conf, re.M))
    assert (said["execution_mode"], said["execution_raise_on_error"]) == ("force", "True")
    for page in (ROOT / "docs").rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        if re.search(r"^```\{code-cell\}", text, re.M):
            assert text.startswith("---\nfile_format: mystnb\n"), page
            assert not re.search(r"raises-exception|skip-execution", text), page


def test_it_is_run_on_the_docs_that_are_built() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'python docs/_links.py "$room/docs"' in text
