"""What looks for links of the built docs that lead nowhere finds them."""

from __future__ import annotations

from pathlib import Path

from docs._links import broken
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


def test_it_is_run_on_the_docs_that_are_built() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'python docs/_links.py "$room/docs"' in text
