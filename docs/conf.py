"""Sphinx configuration; the file format, findings and numbers are pages that the code writes."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from amopt import __version__  # noqa: E402
from benchmarks import _page  # noqa: E402
from docs import _gallery  # noqa: E402

project = "amopt"
author = "The amopt developers"
copyright = "2026, the amopt developers"
version = release = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"  # a change of the package would not be seen otherwise
nb_execution_raise_on_error = True
nb_execution_timeout = 600  # a cell takes a second, on a machine that does nothing else
nb_execution_in_temp = True
nb_ipywidgets_js = {}  # no page asks the network for a script of its cells
autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
exclude_patterns = ["_build", "_generated"]
html_extra_path = ["_generated"]
html_static_path = ["_static"]
html_css_files = ["notebooks.css"]
html_theme = "furo"
html_title = "amopt"
nitpicky = False
suppress_warnings = [
    "ref.python"
]  # a conflict of an instance, and one of bare arrays, share a name


def write_generated_pages() -> None:
    """Write the pages whose content is pulled from the code, so that they cannot drift."""
    from importlib import import_module

    from amopt import KINDS
    from amopt.instance.findings import catalogue_markdown
    from amopt.instance.workbook.describing import fields_markdown
    from amopt.kinds import instance_type
    from amopt.report.studies import reproduced
    from amopt.reproduce import reproduce

    codes = {kind: import_module(f"amopt.{kind}.instance").CODES for kind in KINDS}
    found = reproduce()
    if not found.as_recorded:
        raise RuntimeError(f"amopt reproduce: {found.headline()}")
    pages = {
        "fields": fields_markdown({kind: instance_type(kind) for kind in KINDS}),
        "findings": catalogue_markdown(codes),
        "gallery": _gallery.written(HERE / "_generated" / "gallery"),
        "measured": _page.markdown(_page.results()),
        "reproduced": reproduced.markdown(found),
    }
    for name, text in pages.items():
        page = HERE / f"{name}.md"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


write_generated_pages()


def name_where_it_is_written(app, doctree) -> None:
    """Let whatever is documented be found under the name of the module that it is written in.

    The pages of the source lead back by that name, also to what is documented under a shorter one,
    or is left out of the index.
    """
    from sphinx import addnodes

    taken = {
        name
        for node in doctree.findall()
        for name in getattr(node, "attributes", {}).get("ids", ())
    }
    for node in doctree.findall(addnodes.desc_signature):
        name = node.get("fullname")
        found = sys.modules.get(node.get("module"))
        for step in (name or "").split("."):
            found = getattr(found, step, None)
        where = f"{getattr(found, '__module__', None)}.{name}"
        if found is not None and where not in taken:
            node["ids"].append(where)
            taken.add(where)


def setup(app) -> None:
    app.connect("doctree-read", name_where_it_is_written)
