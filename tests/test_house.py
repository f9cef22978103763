"""The house holds: no circle of imports, small rooms, referees behind their wall."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from amopt import KINDS

PACKAGE = Path(__file__).parent.parent / "amopt"

REFEREES = KINDS

ALLOWED = ("network", "referee", "stock", "verdict")
"""What a referee may import, beside its decision's instance fields."""

REACHED = (*ALLOWED, "errors", "finding", "instance", "phrases")
"""What it may reach through these."""

ANNOTATED = (*REACHED, "files", "outcome", "solution")
"""What it may speak of in annotations, and what these speak of."""

OF_THE_DECISION = ("events", "instance", "parameters", "referee")
"""What it may import of its decision: what files say, as fields and as arrays of them."""

SHARED = (
    *("column_table", "decision", "drawing", "errors", "files", "instance", "mdp"),
    *("finding", "network", "outcome", "phrases", "program", "referee", "solution"),
    *("stock", "verdict"),
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


def floors() -> list[dict[str, Any]]:
    """Return the contracts on the order of rooms: their container, and its layers from the top."""
    settings = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return [contract for contract in contracts if contract["type"] == "layers"]


def upward(contract: dict[str, Any], edges: dict[str, frozenset[str]]) -> list[str]:
    """Return the imports from one room of a contract to one above it, or beside it."""
    (container,) = contract["containers"]
    floor = {
        f"{container}.{room.strip()}": height
        for height, layer in enumerate(contract["layers"])
        for room in layer.split("|")
    }

    def room(name: str) -> str:
        return ".".join(name.split(".")[: container.count(".") + 2])

    return [
        f"{name} -> {other}"
        for name, others in edges.items()
        for other in others
        if room(name) in floor and room(other) in floor and room(name) != room(other)
        if floor[room(name)] >= floor[room(other)]
    ]


def test_an_import_upwards_would_be_found() -> None:
    contract = {"containers": ["a"], "layers": ["top", "left | right", "low"]}
    edges = {"a.low.x": frozenset({"a.top"}), "a.left": frozenset({"a.right", "a.low", "a.left.b"})}
    assert upward(contract, edges) == ["a.low.x -> a.top", "a.left -> a.right"]


@pytest.mark.parametrize("contract", floors(), ids=lambda contract: contract["containers"][0])
def test_annotations_point_downwards(contract: dict[str, Any]) -> None:
    """The import contracts leave aside what is imported for annotations alone: it is held here."""
    assert upward(contract, graph(typing=True)) == []


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


def beyond(kind: str, allowed: tuple[str, ...], modules: set[str]) -> set[str]:
    """Return which modules lie in none of the rooms that a decision's referee may import."""
    rooms = [f"amopt.{room}." for room in allowed]
    rooms += [f"amopt.{kind}.{room}." for room in OF_THE_DECISION]
    others = modules - {"amopt", f"amopt.{kind}"}
    return {name for name in others if not f"{name}.".startswith(tuple(rooms))}


@pytest.mark.parametrize("kind", REFEREES)
@pytest.mark.parametrize("typing", [False, True], ids=["runtime", "annotations"])
def test_a_referee_imports_only_what_it_may(kind: str, typing: bool) -> None:
    edges = graph(typing=typing)
    start = {name for name in edges if name.startswith(f"amopt.{kind}.referee")}
    direct = {other for name in start for other in edges[name]}
    reached, todo = set(start), list(start)
    while todo:
        for other in edges[todo.pop()] - reached:
            reached.add(other)
            todo.append(other)
    assert start
    assert beyond(kind, (*ALLOWED, "solution") if typing else ALLOWED, direct) == set()
    assert beyond(kind, ANNOTATED if typing else REACHED, reached) == set()


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
