"""LP and MPS files mean the same to every common reader that is installed."""

from __future__ import annotations

import re
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest

from amopt.outcome import Status
from amopt.program.export import write_program
from amopt.program.linear import LinearProgram, NamedBlock
from amopt.program.solver.highs import solve
from tests.program.programs import market_split, transport
from tests.program.test_export import LOTS, WORDS, read_and_solve


def by_highs(path: Path) -> float:
    return read_and_solve(path)[0]


def by_scip(path: Path) -> float:
    model = pytest.importorskip("pyscipopt").Model()
    model.hideOutput()
    model.readProblem(str(path))
    model.optimize()
    assert model.getStatus() == "optimal"
    return float(model.getObjVal())


def by_glpk(path: Path) -> float:
    glpk = pytest.importorskip("swiglpk")
    glpk.glp_term_out(glpk.GLP_OFF)
    problem = glpk.glp_create_prob()
    if path.suffix == ".lp":
        assert glpk.glp_read_lp(problem, None, str(path)) == 0
    else:
        assert glpk.glp_read_mps(problem, glpk.GLP_MPS_FILE, None, str(path)) == 0
    # without presolve, which GLPK 5.0 gets wrong where a coefficient is tiny
    assert glpk.glp_simplex(problem, None) == 0
    if glpk.glp_get_num_int(problem) == 0:
        assert glpk.glp_get_status(problem) == glpk.GLP_OPT
        return float(glpk.glp_get_obj_val(problem))
    settings = glpk.glp_iocp()
    glpk.glp_init_iocp(settings)
    assert glpk.glp_intopt(problem, settings) == 0
    assert glpk.glp_mip_status(problem) == glpk.GLP_OPT
    return float(glpk.glp_mip_obj_val(problem))


def by_cbc(path: Path) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of where PuLP keeps CBC
        cbc = pytest.importorskip("pulp").PULP_CBC_CMD()
    if not cbc.available():
        pytest.skip("CBC is not there")
    told = path.with_suffix(".txt")
    command = [cbc.path, str(path), "-solve", "-solu", str(told)]
    subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = re.match(r"Optimal - objective value\s+(\S+)", told.read_text())
    assert found, told.read_text()
    return float(found.group(1))


def random_program(seed: int) -> LinearProgram:
    """Rows and bounds of every kind, awkward names, a constant, either sense; never infeasible."""
    rng = np.random.default_rng(seed)
    m, n = (int(size) for size in rng.integers(1, 7, 2))
    matrix = rng.integers(-3, 4, (m, n)) * rng.choice([1, 0.1, 1 / 3])
    integer = rng.random(n) < 0.4
    point = np.where(integer, rng.integers(-2, 4, n), rng.uniform(-2, 3, n))
    middle, kind = matrix @ point, rng.integers(0, 4, m)
    wide = np.where(kind == 0, 0.0, rng.uniform(0, 2, (2, m)))
    lower = np.where(rng.random(n) < 0.3, -np.inf, np.floor(point - rng.integers(0, 3, n)))
    upper = np.where(rng.random(n) < 0.3, np.inf, np.ceil(point + rng.integers(0, 4, n)))
    lower = np.where((lower > 0) & (rng.random(n) < 0.5), 0.0, lower)
    return LinearProgram.from_arrays(
        rng.integers(-3, 4, n) * 0.1,
        matrix,
        np.where(kind == 1, -np.inf, middle - wide[0]),
        np.where(kind == 2, np.inf, middle + wide[1]),
        lower=lower,
        upper=upper,
        integer=integer,
        offset=float(rng.choice([0.0, 5.5, -1 / 3])),
        maximise=bool(rng.random() < 0.5),
        columns=[NamedBlock(str(word)) for word in rng.choice(WORDS, n, replace=False)],
        rows=[NamedBlock(str(word)) for word in rng.choice(WORDS, m, replace=False)],
    )


PROGRAMS = {
    "lots": LOTS,
    "transport": transport(6),
    "market split": market_split(2, 8),
    **{f"random {seed}": random_program(seed) for seed in range(24)},
}


@pytest.mark.parametrize("ending", ["lp", "mps"])
@pytest.mark.parametrize("reader", [by_highs, by_scip, by_glpk, by_cbc])
def test_every_reader_finds_the_same_optimum(reader: object, ending: str, tmp_path: Path) -> None:
    assert callable(reader)
    read = 0
    for name, program in PROGRAMS.items():
        answer = solve(program).outcome
        if answer.status is not Status.OPTIMAL:  # some random ones are unbounded
            continue
        read += 1
        path = tmp_path / f"{name.replace(' ', '-')}.{ending}"
        write_program(program, path)
        optimum = -answer.objective if program.maximise else answer.objective
        assert reader(path) == pytest.approx(optimum, rel=1e-6, abs=1e-6), name
    assert read >= 12
