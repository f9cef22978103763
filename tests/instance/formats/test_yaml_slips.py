"""Slips of blanks and indentation in YAML are found where they were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from amopt.instance.loader import examine
from tests.instance.fleet import KINDS, type_of_kind

HEAD = "amopt: 1\nkind: fleet\nname: two vans\nvehicles:\n"


@pytest.mark.parametrize(
    ("entries", "line", "words"),
    [
        ("  - name: van\n    count:2\n    x: 1\n", 6, "follows the ':' of 'count'"),
        ("  - name: van\n    count:2\n", 6, "Put a space after ':'."),
        ("  - name: van\n    count:2\n\n  # lorries\n  - name: lorry\n", 6, "of 'count'"),
        ("  - name:van\n    count: 2\n", 5, "follows the ':' of 'name'"),
        ("  - name: van\n  -name: lorry\n", 6, "Put a space after '-'."),
        ("  - name: van\n - name: lorry\n", 6, "indented by 1, its neighbours by 2"),
        ("  - name: van\n   - name: lorry\n", 6, "indented by 3, its neighbours by 2"),
        ("  - name: van\n   count: 2\n", 6, "indented by 3, its neighbours by 4"),
        ("  - name: van\n     count: 2\n", 6, "Indent it by 4."),
        ("  - hub:1\n - hub:2\n", 6, "indented by 1, its neighbours by 2"),
        (" - name: van\n x: 1\n", 6, "indented by 1, its neighbours by 3"),
        ("  - name: van\n    count: ?\n", 6, "the value of 'count' is a '?'"),
        ("  - name: van\n    count: ?  # ask\n    x: 1\n", 6, "Write the value"),
        ("  - name: ?\n    count: 2\n", 5, "the value of 'name' is a '?'"),
        ("  - name: a: b\n", 5, "put text that holds ': ' in quotes"),
        ("  - {name: van\n  - x\n", 7, "a comma or a closing '}' is missing"),
    ],
)
def test_a_slip_is_found_where_it_was_made(
    entries: str, line: int, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(HEAD + entries)
    (finding,) = examine(file, type_of_kind, KINDS).findings
    assert finding.code == "syntax"
    assert words in str(finding)
    assert finding.where.line == line
