"""LP and MPS files, names that lead back, and plain arrays."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amopt.errors import UsageError
from amopt.program.export import (
    original_name,
    read_npz,
    safe_names,
    to_arrays,
    write_npz,
    write_program,
)
from amopt.program.linear import LinearProgram, NamedBlock, Names
from amopt.program.solver.highs import solve
from tests.program.programs import market_split, transport

GOLDEN = Path(__file__).parents[1] / "golden" / "program"

LOTS = LinearProgram.from_arrays(
    [3, 2.125, 1, 0],
    [[1, 1, 0, 0], [1, 3, 1e-10, 0], [0, 0, 1, -1], [0, 1, 0, 1]],
    [-np.inf, 2, 0, -np.inf],
    [4, 6, 0, 9],
    lower=[0, -np.inf, -5, 0],
    upper=[1, np.inf, np.inf, 7],
    integer=[True, False, False, True],
    offset=7.25,
    maximise=True,
    name="lots",
    rows=[
        NamedBlock("capacity", [("plant", 1), ("plant", 2)]),
        NamedBlock("balance"),
        NamedBlock("free", [1]),
    ],
    columns=[
        NamedBlock("open"),
        NamedBlock("flow", [("plant 1", "Ärmel"), ("a(b)", "c~d")]),
        NamedBlock("e1"),
    ],
)


def read_and_solve(path: Path) -> tuple[float, list[str]]:
    from highspy import _core

    solver = _core._Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("small_matrix_value", 1e-12)
    assert solver.readModel(str(path)).name == "kOk"
    solver.run()
    names = [solver.getColName(column)[1] for column in range(solver.getNumCol())]
    return solver.getInfo().objective_function_value, names


@pytest.mark.parametrize(("low", "high"), [(1e-9, 1e9), (0.1, 1e8 + 0.3), (-1.0, 1e20), (2.0, 5.0)])
@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_both_sides_of_a_row_come_back(
    low: float, high: float, ending: str, tmp_path: Path
) -> None:
    """A range is the distance of two sides: a small one is lost in it beside a large one."""
    from highspy import _core

    path = tmp_path / f"program.{ending}"
    rows = [NamedBlock("before"), NamedBlock("between"), NamedBlock("after")]
    matrix = [[1, 0], [1, 1], [0, 1]]
    program = LinearProgram.from_arrays(
        [1, 1], matrix, [-np.inf, low, 0.25], [3, high, 0.25], rows=rows
    )
    write_program(program, path)
    solver = _core._Highs()
    solver.setOptionValue("output_flag", False)
    solver.readModel(str(path))
    read = solver.getLp()
    found = {}
    for k, (least, most) in enumerate(zip(read.row_lower_, read.row_upper_, strict=True)):
        name = original_name(solver.getRowName(k)[1])
        before = found.get(name, (-np.inf, np.inf))
        found[name] = (max(before[0], least), min(before[1], most))
    assert found == {
        "before": (-np.inf, 3),
        "between": (low, high if high < 1e20 else np.inf),
        "after": (0.25, 0.25),
    }


@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_a_row_that_nothing_satisfies_stays_so(ending: str, tmp_path: Path) -> None:
    from highspy import _core

    path = tmp_path / f"program.{ending}"
    write_program(LinearProgram.from_arrays([1, 1], [[1, 1]], 5, 3, upper=9), path)
    solver = _core._Highs()
    solver.setOptionValue("output_flag", False)
    solver.readModel(str(path))
    solver.run()
    assert solver.getModelStatus().name == "kInfeasible"


def test_names_of_two_rows_of_one_name_lead_back() -> None:
    first, second = safe_names(Names([NamedBlock("a"), NamedBlock("a")]), 2, "r")
    assert [original_name(f"{name}~lo") for name in (first, second)] == ["a", "a"]


@pytest.mark.parametrize("ending", ["lp", "mps"])
@pytest.mark.parametrize(
    "p",
    [LOTS, transport(6), market_split(2, 10), replace(LOTS, cost=LOTS.cost * 2.0**-20, offset=0.0)],
    ids=["lots", "transport", "market split", "small costs"],
)
def test_the_file_has_the_same_optimum(p: LinearProgram, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"program.{ending}"
    write_program(p, path)
    optimum, names = read_and_solve(path)
    sign = -1 if p.maximise else 1
    assert optimum == pytest.approx(sign * solve(p).outcome.objective, rel=1e-7, abs=1e-12)
    if p is LOTS and ending == "mps":
        assert [original_name(name) for name in names] == [*p.columns, "objective~constant"]


@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_the_golden_file(ending: str, tmp_path: Path) -> None:
    path, golden = tmp_path / f"lots.{ending}", GOLDEN / f"lots.{ending}"
    write_program(LOTS, path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == golden.read_text()
    assert read_and_solve(golden)[0] == pytest.approx(-solve(LOTS).outcome.objective)


def test_the_head_says_what_was_changed(tmp_path: Path) -> None:
    unlimited = replace(LOTS, row_upper=np.array([np.inf, 6, 0, 1e20]))
    for ending, mark in (("lp", "\\"), ("mps", "*")):
        path = tmp_path / f"lots.{ending}"
        write_program(unlimited, path)
        assert [line for line in path.read_text().splitlines() if line.startswith(mark)] == [
            f"{mark} amopt: lots",
            f"{mark} The objective is to be maximised: this file minimises its negative.",
            f"{mark} Left out: 2 rows that limit nothing.",
            f"{mark} objective~constant is 1: its cost is the constant of the objective.",
        ]


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"must end in \.lp or \.mps"):
        write_program(LOTS, tmp_path / "program.txt")
    with pytest.raises(UsageError, match="cannot write"):
        write_program(LOTS, tmp_path / "nowhere" / "program.lp")
    free = LinearProgram.from_arrays([1], [[1]], -np.inf, np.inf)
    with pytest.raises(UsageError, match="no row of 'program' limits anything"):
        write_program(free, tmp_path / "a.mps")
    with pytest.raises(UsageError, match="no rows or no columns"):
        write_program(LinearProgram.from_arrays([1], np.zeros((0, 1)), [], []), tmp_path / "a.lp")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=200)
@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=8))
def test_safe_names_are_unique_plain_and_lead_back(names: list[str]) -> None:
    safe = safe_names(Names([NamedBlock(name) for name in names]), len(names), "c")
    assert len({*safe}) == len(names)
    assert all(name.isascii() and name.isprintable() and " " not in name for name in safe)
    assert [original_name(name) for name in safe] == names


WORDS = [
    "free", "inf", "Infx", "st", "end", "bin", "e12", "1a", ".a", "~", "max", "x[1,2]", "x:y", "",
    "Ä b", "int", "e1", "E", "$x", "*y", "-z", "[a]", "obj", "rhs", "bound", "marker0", "NAME", "N",
    "BOUNDS", "RANGES", "x" * 150, "minimize", "x^2", "a+b", "q|r", "#h", "&a", "1e5", "nan",
    "objective~constant", "ROWS", "Columns", "endata", "a lo", "a~lo",
]  # fmt: skip


@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_words_that_readers_know_are_names_too(ending: str, tmp_path: Path) -> None:
    n = len(WORDS)
    families = [NamedBlock(word) for word in WORDS]
    p = LinearProgram.from_arrays(np.ones(n), np.eye(n), 1, np.inf, rows=families, columns=families)
    write_program(p, tmp_path / f"words.{ending}")
    optimum, names = read_and_solve(tmp_path / f"words.{ending}")
    assert optimum == n
    assert [original_name(name) for name in names] == WORDS


def test_a_name_that_is_too_long_keeps_its_position() -> None:
    long = ["x" * 300, "y" * 300, "z"]
    safe = safe_names(Names([NamedBlock(name) for name in long]), 3, "c")
    assert safe == ["c0~;", "c1~;", "z"]


def test_arrays_go_round(tmp_path: Path) -> None:
    write_npz(LOTS, tmp_path / "lots.npz")
    again = read_npz(tmp_path / "lots.npz")
    for key, array in to_arrays(LOTS).items():
        assert (to_arrays(again)[key] == array).all(), key
    assert again.columns[1] == "flow[plant 1,Ärmel]"
    assert to_arrays(replace(LOTS, rows=Names()))["rows"].tolist() == ["r0", "r1", "r2", "r3"]


def test_a_file_that_is_not_one_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("not arrays")
    np.savez(tmp_path / "other.npz", cost=np.ones(3))
    for name in ("text.npz", "other.npz", "missing.npz"):
        with pytest.raises(UsageError, match=name):
            read_npz(tmp_path / name)


@given(cut=st.floats(0, 1, exclude_max=True), flip=st.none() | st.integers(0, 10**6))
def test_a_damaged_file_is_an_error_or_says_the_same(
    cut: float, flip: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "lots.npz"
    write_npz(LOTS, path)
    whole = path.read_bytes()
    if flip is None:
        path.write_bytes(whole[: int(cut * len(whole))])
        with pytest.raises(UsageError, match=r"lots\.npz"):
            read_npz(path)
        return
    place = flip % len(whole)
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
    with suppress(UsageError):
        assert (to_arrays(read_npz(path))["cost"] == LOTS.cost).all()
