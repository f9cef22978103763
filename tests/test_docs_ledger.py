"""Each number of three digits or more in the docs' prose is computed, tested or somebody's own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from tests import docs_ledger as ledger
from tests.test_docs import PAGES, ROOT, blocks

NUMBER = re.compile(r"(?<![\w.,/^-])\d[\d,]*(?:\.\d+)?(?![\w/]|[.,]\d)")
YEAR = re.compile(r"(19|20)\d\d")
DIGITS = 3
LEDGERS = (ledger.TESTED, ledger.RECORDED, ledger.CITED, ledger.MEASURED, ledger.STATED)
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*(.*?)^```", re.M | re.S)
"""A cell of a notebook, which is executed as the docs are built."""


def digits(number: str) -> int:
    """Return how many significant digits a number has; zeros at the end of a whole one are none."""
    bare = number.replace(",", "")
    return len(bare.replace(".", "").lstrip("0") if "." in bare else bare.strip("0"))


INCLUDE = re.compile(r"^```\{include\} (\S+)\n```$", re.M)


def included(page: Path) -> dict[str, str]:
    """Return the files that a page includes, by the path that it names, and what they say."""
    found = INCLUDE.findall(page.read_text(encoding="utf-8"))
    return {name: (page.parent / name).read_text(encoding="utf-8") for name in found}


def sections(page: Path) -> list[tuple[str, str]]:
    """Return the sections of a page without blocks: what it says there, and what it includes."""
    text = INCLUDE.sub(r"{include} \1", page.read_text(encoding="utf-8"))
    bare = re.sub(r"^```.*?^```", " ", text, flags=re.M | re.S)
    files, found = included(page), []
    for section in re.split(r"^(?=#+ )", bare, flags=re.M):
        names = re.findall(r"^\{include\} (\S+)$", section, re.M)
        own = re.sub(r"^\{include\}.*$", " ", section, flags=re.M)
        found.append((own, "\n".join(files[name] for name in names)))
    return found


def prose(text: str) -> str:
    """Return the words of a page: no blocks, tables, formulas, code or addresses."""
    for left_out in (
        r"Python \d[\d.]*",
        r"^```.*?^```",
        r"\$\$.*?\$\$",
        r"^\|.*?$",
        r"`[^`]*`",
        r"\]\([^)]*\)",
    ):
        text = re.sub(left_out, " ", text, flags=re.M | re.S)
    return text


def numbers(text: str) -> set[str]:
    return {found.rstrip(",") for found in NUMBER.findall(text)}


def told(page: Path) -> set[str]:
    """Return the numbers of a page that need a source: no file of its section has them."""
    return {
        number
        for said, held in sections(page)
        for number in numbers(prose(said)) - numbers(held)
        if digits(number) >= DIGITS and not YEAR.fullmatch(number)
    }


def asserted(page: Path) -> set[float]:
    """Return the numbers that executed blocks assert, or that blocks show as printed."""
    found = set()
    cells = CELL.findall(page.read_text(encoding="utf-8"))
    for body in [*blocks(page, "python"), *cells]:
        for statement in ast.walk(ast.parse(body)):
            found |= constants(statement) if isinstance(statement, ast.Assert) else set()
    for body in blocks(page, "console"):
        lines = [line for line in body.splitlines() if not line.startswith("$ ")]
        found |= {value_of(number) for number in numbers("\n".join(lines))}
    return found


def constants(tree: ast.AST) -> set[float]:
    return {
        float(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    }


def value_of(number: str) -> float:
    return float(number.replace(",", ""))


def rounded(value: float, like: str) -> str:
    """Return a value with as many digits after the point as a number has."""
    places = len(like.partition(".")[2])
    said = f"{value:,.{places}f}"
    return said if "," in like else said.replace(",", "")


def name_of(page: Path) -> str:
    docs = ROOT / "docs"
    return str(page.relative_to(docs).with_suffix("")) if page.is_relative_to(docs) else "README"


def entries(page: str) -> Iterator[str]:
    """Yield the numbers of the ledger for a page."""
    for where, said, _ in ledger.COMPUTED:
        if where == page:
            yield from said.split()
    yield from ledger.PRINTED.get(page, "").split()
    for kept in LEDGERS:
        for said in kept.get(page, {}).values():
            yield from said.split()


WRITTEN_BY_THE_CODE = {"fields", "findings", "gallery", "measured", "reproduced"}
"""Pages that are there where the docs have been built."""

BY_HAND = [page for page in PAGES if page.stem not in WRITTEN_BY_THE_CODE]


@pytest.mark.parametrize("page", BY_HAND, ids=name_of)
def test_every_number_has_a_source_and_every_source_its_number(page: Path) -> None:
    kept = set(entries(name_of(page)))
    shown = asserted(page)
    without = {
        number
        for number in told(page) - kept
        if number not in {rounded(value, number) for value in shown}
    }
    assert without == set(), "say in docs_ledger.py where these come from"
    words = prose(page.read_text(encoding="utf-8"))
    said = numbers(words).union(*(numbers(rows) for _, rows in tables(page)))
    assert kept <= said, "the page no longer says these"


def test_the_ledger_names_pages_that_there_are() -> None:
    pages = {name_of(page) for page in PAGES}
    kept = (ledger.PRINTED, *LEDGERS)
    assert {page for one in kept for page in one} | {one[0] for one in ledger.COMPUTED} <= pages


@pytest.mark.parametrize(
    ("page", "said", "function"),
    [
        pytest.param(
            *one,
            id=one[-1].__name__,
            marks=pytest.mark.long
            if one[-1] is ledger.how_often_1699_cm3_last
            else pytest.mark.slow,
        )
        for one in ledger.COMPUTED
    ],
)
def test_what_is_computed(page: str, said: str, function: object) -> None:
    assert callable(function)
    values: Iterable[float] = function()
    words = said.split()
    assert [rounded(v, word) for v, word in zip(values, words, strict=True)] == words


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def pairs(kept: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str, str]]:
    return [(page, by, said) for page, one in kept.items() for by, said in one.items()]


@pytest.mark.parametrize(("page", "file", "said"), pairs(ledger.TESTED))
def test_what_another_test_holds(page: str, file: str, said: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    asserted = [one for one in ast.walk(tree) if isinstance(one, ast.Assert)]
    words = [node.value for one in asserted for node in ast.walk(one) if is_text(node)]
    held = constants(tree) | {value_of(number) for number in numbers(" ".join(words))}
    for number in said.split():
        assert number in {rounded(value, number) for value in held}, f"{file} has no {number}"


@pytest.mark.parametrize(("page", "source", "said"), pairs(ledger.RECORDED))
def test_what_is_recorded_of_a_source(page: str, source: str, said: str) -> None:
    text = (ROOT / "amopt/reproduce/sources" / f"{source}.yaml").read_text(encoding="utf-8")
    recorded = {value_of(number) for number in numbers(text)}
    assert {value_of(number) for number in said.split()} <= recorded


@pytest.mark.parametrize(
    ("page", "words", "said"),
    [*pairs(ledger.CITED), *pairs(ledger.MEASURED), *pairs(ledger.STATED)],
)
def test_the_page_says_whose_a_number_is_or_how_it_was_measured(
    page: str, words: str, said: str
) -> None:
    """In the paragraph of the number or, of a section that one script measures, at its head."""
    file = ROOT / "docs" / f"{page}.md"
    section = next(
        one
        for one in re.split(r"^#+ ", file.read_text(encoding="utf-8"), flags=re.M)
        if set(said.split()) <= numbers(one)
    )
    assert words in section
    for script in re.findall(r"benchmarks[ /](\w+)", words):
        assert (ROOT / "benchmarks" / f"{script}.py").is_file()


TABLE = re.compile(r"^(\|.*)\n\|[-:| ]+\n((?:\|.*\n?)+)", re.M)


def tables(page: Path) -> list[tuple[str, str]]:
    """Return the tables of a page, each as its heading and its rows without code and formulas."""
    text = re.sub(r"^```.*?^```", " ", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    bare = re.compile(r"`[^`|]*`|\$[^$|]*\$|\]\([^)]*\)")
    return [(heading, bare.sub(" ", rows)) for heading, rows in TABLE.findall(text)]


def are_results(rows: str) -> bool:
    """Tell whether a column other than the first holds numbers: half its cells begin with one."""
    cells = [[cell.strip() for cell in row.split("|")[2:-1]] for row in rows.splitlines()]
    for column in zip(*cells, strict=True):
        held = [cell for cell in column if cell]
        if held and 2 * sum(cell[0].isdigit() for cell in held) >= len(held):
            return True
    return False


@pytest.mark.parametrize("page", BY_HAND, ids=name_of)
def test_every_table_of_results_is_held_by_a_test_or_is_of_a_benchmark(page: Path) -> None:
    held = ledger.TABLES.get(name_of(page), {})
    found = tables(page)
    kept = set(entries(name_of(page)))
    for heading, rows in found:
        if any(heading.startswith(one) for one in held):
            continue
        assert not are_results(rows), f"say in docs_ledger.py what holds {heading}"
        known = kept | {n for n in numbers(rows) if any(rounded(v, n) == n for v in asserted(page))}
        without = {n for n in numbers(rows) if digits(n) > DIGITS and not YEAR.fullmatch(n)}
        assert without <= known, heading
    for one in held:
        assert any(heading.startswith(one) for heading, _ in found), f"there is no table {one}"


@pytest.mark.parametrize(("page", "heading", "holder"), pairs(ledger.TABLES))
def test_what_holds_a_table_is_there(page: str, heading: str, holder: str) -> None:
    """A test that names the table, or a benchmark that the page names above it."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    file, _, test = holder.partition("::")
    if test:
        code = (ROOT / file).read_text(encoding="utf-8")
        body = code.partition(f"def {test}(")[2].partition("\ndef test_")[0]
        assert f'page("{page}")' in body
        return
    above = text.partition(f"\n{heading}")[0]
    level = "\n## " if above.rfind("\n## ") > above.find("\n# ") else "\n# "
    assert holder in above.rpartition(level)[2]
    (script,) = re.findall(r"benchmarks[ /](\w+)", holder)
    assert (ROOT / "benchmarks" / f"{script}.py").is_file()


def test_what_results_are() -> None:
    assert are_results("| a | 1.0 | x |\n| b | | y |\n| c | 2 | z |\n")
    assert not are_results("| 0 | solved |\n| 2 | usage: 3 things |\n")
    assert not are_results("| a | 1 |\n| b | x |\n| c | y |\n")


def test_what_a_number_is() -> None:
    assert numbers("saves 1,060.59 EUR, 54.3 % of 1,952. In 2019, n-1, 3/4 and 1e-9") == {
        "1,060.59", "54.3", "1,952", "2019",
    }  # fmt: skip
    assert [digits(one) for one in ("1,200", "1,061", "0.0450", "39.76", "5000")] == [2, 4, 3, 4, 1]
    assert rounded(8237.856536, "8,237.86") == "8,237.86"
    assert rounded(0.94351, "0.9435") == "0.9435"
