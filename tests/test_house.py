"""The house holds: no circle of imports, small rooms, referees behind their wall."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from amopt import KINDS

PACKAGE = Path(__file__).parent.parent / "amopt"

REFEREES = KINDS

ALLOWED = (
    "amopt.errors",
    "amopt.files",
    "amopt.instance",
    "amopt.network",
    "amopt.phrases",
    "amopt.referee",
    "amopt.routes",
    "amopt.stock",
    "amopt.verdict",
)
"""What a referee may import, directly or through others, beside its decision's instance fields."""

SHARED = (
    *("column_table", "decision", "drawing", "errors", "files", "formulated", "instance", "mdp"),
    *("network", "phrases", "program", "referee", "routes", "solution", "stock", "verdict"),
)
"""The rooms that lie below the decisions."""

MOST_LINES = 400
MOST_FILES = 12

MOST_FUNCTION = 60
"""Lines of a function's body, its docstring aside: its length, if it has one thought."""

REST = ("tests", "benchmarks")
MOST_LINES_OF_TESTS = 900
"""A file of tests is read case by case, from one fixture: more lines do not hide a thought."""


@cache
def modules() -> dict[str, Path]:
    """Return the files of the package by the names of their modules."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, typing: bool) -> Iterator[str]:
    """Yield the modules of the package that a module imports, wherever the statement stands."""
    tree = ast.parse(modules()[name].read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if node in skipped:
            skipped.update(ast.iter_child_nodes(node))
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test) and not typing:
            skipped.update(node.body)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules())
        elif isinstance(node, ast.ImportFrom) and node.module in modules():
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (full if full in modules() else node.module for full in below)


@cache
def graph(typing: bool) -> dict[str, frozenset[str]]:
    """Return which module imports which; with ``typing``, also for its annotations alone."""
    return {name: frozenset(imports(name, typing)) - {name} for name in modules()}


def circles(edges: dict[str, frozenset[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one module (Tarjan, 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in edges[name]:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            component = stack[at:]
            del stack[at:]
            if len(component) > 1:
                found.append(sorted(component))

    for name in edges:
        if name not in index:
            visit(name)
    return found


def test_a_circle_would_be_found() -> None:
    edges = {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("a"), "d": frozenset("a")}
    assert circles(edges) == [["a", "b", "c"]]


def test_no_module_imports_itself_through_others() -> None:
    assert circles(graph(typing=False)) == []


def test_no_module_imports_itself_through_annotations() -> None:
    """A type that two modules need of each other lies a floor down."""
    assert circles(graph(typing=True)) == []


def test_no_room_below_the_decisions_knows_one_by_name() -> None:
    """What only one decision has, it says itself: no condition on its name stands below it."""
    known = {
        f"{name}:{node.lineno}": node.value
        for name, path in modules().items()
        if name.split(".")[1:2] and name.split(".")[1] in SHARED
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in KINDS
    }
    assert known == {}


@pytest.mark.parametrize("kind", REFEREES)
def test_a_referee_imports_only_what_it_may(kind: str) -> None:
    edges = graph(typing=False)
    start = {name for name in edges if name.startswith(f"amopt.{kind}.referee")}
    reached, todo = set(start), list(start)
    while todo:
        for other in edges[todo.pop()] - reached:
            reached.add(other)
            todo.append(other)
    own = ("instance", "parameters", "referee")  # parameters: an instance's fields as arrays
    allowed = (*ALLOWED, *(f"amopt.{kind}.{room}" for room in own))
    beyond = {
        name
        for name in reached - {"amopt", f"amopt.{kind}"}
        if not any(f"{name}.".startswith(f"{room}.") for room in allowed)
    }
    assert start
    assert beyond == set()


def test_rooms_are_small() -> None:
    lines = {
        str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8").count("\n")
        for path in modules().values()
    }
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_folders_are_small() -> None:
    folders: dict[str, int] = {}
    for path in modules().values():
        if path.name not in ("__init__.py", "__main__.py"):
            folder = str(path.parent.relative_to(PACKAGE.parent))
            folders[folder] = folders.get(folder, 0) + 1
    assert {name: count for name, count in folders.items() if count > MOST_FILES} == {}


def long_functions(tree: ast.AST) -> dict[str, int]:
    """Return the lines of the functions that are too long, the docstring and signature aside."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[ast.get_docstring(node, clean=False) is not None :]
            lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            if lines > MOST_FUNCTION:
                found[node.name] = lines
    return found


def test_a_long_function_would_be_found() -> None:
    body = "    x = 1\n" * MOST_FUNCTION
    assert long_functions(ast.parse(f'def f():\n    """Say.\n\n    More.\n    """\n{body}')) == {}
    assert long_functions(ast.parse(f"def f():\n{body}    return x\n")) == {"f": 61}


def test_functions_have_one_thought() -> None:
    long = {
        f"{name}.{function}": lines
        for name, path in modules().items()
        for function, lines in long_functions(ast.parse(path.read_text(encoding="utf-8"))).items()
    }
    assert long == {}


def test_files_of_tests_and_benchmarks_can_be_read() -> None:
    lines = {
        str(path.relative_to(PACKAGE.parent)): path.read_text(encoding="utf-8").count("\n")
        for folder in REST
        for path in (PACKAGE.parent / folder).rglob("*.py")
    }
    assert len(lines) > 100
    assert {name: count for name, count in lines.items() if count > MOST_LINES_OF_TESTS} == {}
