"""What modelling layers cost: build, hand-over, solve and memory, each in a process of its own.

Three linear programs (sourcing, placement, printing) at about 1e4, 1e5 and 1e6 nonzeros, by bare
arrays, by our formulations' way (Pyomo rules, our compiler), by Pyomo's own interfaces to HiGHS,
and by other layers that are installed. Every way must reach the optimum of the arrays.

    python benchmarks/modelling_layers.py                          # two smaller sizes
    python benchmarks/modelling_layers.py placement --sizes 3      # a million nonzeros
    python benchmarks/modelling_layers.py --markdown table.md
    python benchmarks/modelling_layers.py --smoke
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import _protocol

_protocol.pin()

import numpy as np  # noqa: E402
from _layer_programs import PROGRAMS, Case  # noqa: E402

TIME_LIMIT = 900.0


class Phases:
    """Seconds of the processor by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add what is done within to the seconds of a phase."""
        begun = time.process_time()
        yield
        self.seconds[name] = time.process_time() - begun


def bare(case: Case, phases: Phases) -> Callable[[], float]:
    """Hand arrays to HiGHS itself."""
    import highspy

    with phases.phase("build"):
        program = case.arrays()
    with phases.phase("hand-over"):
        highs = _highs(highspy)
        m, n = program.matrix.shape
        status = highs.passModel(
            n, m, program.matrix.nnz, 2, 1, 0.0,
            program.cost, program.lower, program.upper, program.row_lower, program.row_upper,
            program.matrix.indptr.astype(np.int32), program.matrix.indices.astype(np.int32),
            program.matrix.data, np.zeros(n, dtype=np.int32),
        )  # fmt: skip
        if status != highspy.HighsStatus.kOk:
            raise RuntimeError(f"passModel: {status}")
    return lambda: _run(highs)


def _highs(highspy: Any) -> Any:
    highs = highspy.Highs()
    highs.silent()
    highs.setOptionValue("threads", 1)
    return highs


def _run(highs: Any) -> float:
    highs.run()
    return float(highs.getInfo().objective_function_value)


def amopt_arrays(case: Case, phases: Phases) -> Callable[[], float]:
    """Give arrays to amopt: its checks, scaling and proof around HiGHS."""
    from amopt.program.solver.highs import Solver

    with phases.phase("build"):
        program = case.arrays()
    with phases.phase("hand-over"):
        solver = Solver(program)
    return lambda: solver.solve().outcome.objective or 0.0


def amopt_rules(case: Case, phases: Phases) -> Callable[[], float]:
    """Write rules in Pyomo, compile them with amopt."""
    from _layer_pyomo import rules
    from pyomo.common.gc_manager import PauseGC

    from amopt.program.pyomo import compile_model
    from amopt.program.solver.highs import Solver

    with phases.phase("build"), PauseGC():
        model = rules(case)
    with phases.phase("hand-over"):
        solver = Solver(compile_model(model).program)
    return lambda: solver.solve().outcome.objective or 0.0


def amopt_collecting(case: Case, phases: Phases) -> Callable[[], float]:
    """Write rules in Pyomo while the garbage collector runs, compile them with amopt."""
    from _layer_pyomo import rules

    from amopt.program.pyomo import compile_model
    from amopt.program.solver.highs import Solver

    with phases.phase("build"):
        model = rules(case)
    with phases.phase("hand-over"):
        solver = Solver(compile_model(model).program)
    return lambda: solver.solve().outcome.objective or 0.0


def standard_templates(case: Case, phases: Phases) -> Callable[[], float]:
    """Keep rules as Pyomo's templates, compile them with Pyomo's own standard form."""
    import pyomo.core.base.constraint as constraint
    from _layer_pyomo import templates
    from pyomo.common.gc_manager import PauseGC

    constraint.TEMPLATIZE_CONSTRAINTS = True
    with phases.phase("build"), PauseGC():
        model = templates(case)
    return _standard(model, phases)


def standard_form(case: Case, phases: Phases) -> Callable[[], float]:
    """Write rules in Pyomo, compile them with Pyomo's own standard form, pass the arrays."""
    from _layer_pyomo import rules
    from pyomo.common.gc_manager import PauseGC

    with phases.phase("build"), PauseGC():
        model = rules(case)
    return _standard(model, phases)


def _standard(model: Any, phases: Phases) -> Callable[[], float]:
    import highspy
    from pyomo.common.gc_manager import PauseGC
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    with phases.phase("hand-over"), PauseGC():
        form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
        highs = _highs(highspy)
        matrix = form.A.tocsr()
        m, n = matrix.shape
        sense = np.array([row.bound_type for row in form.rows])
        lower, upper = (
            np.where(sense == 1, -np.inf, form.rhs),
            np.where(sense == -1, np.inf, form.rhs),
        )
        bounds = np.array([x.bounds for x in form.columns], dtype=float)
        highs.passModel(
            n, m, matrix.nnz, 2, 1, float(form.c_offset[0]),
            form.c.toarray()[0],
            np.nan_to_num(bounds[:, 0], nan=-np.inf), np.nan_to_num(bounds[:, 1], nan=np.inf),
            lower, upper,
            matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32),
            matrix.data.astype(float), np.zeros(n, dtype=np.int32),
        )  # fmt: skip
    return lambda: _run(highs)


def appsi(case: Case, phases: Phases) -> Callable[[], float]:
    """Write rules in Pyomo, solve with ``appsi_highs``."""
    from _layer_pyomo import rules
    from pyomo.contrib.appsi.solvers import Highs

    with phases.phase("build"):
        model = rules(case)
    with phases.phase("hand-over"):
        solver = Highs()
        solver.highs_options = {"threads": 1}
        solver.set_instance(model)
    return lambda: float(solver.solve(model).best_feasible_objective)


def contrib(case: Case, phases: Phases) -> Callable[[], float]:
    """Write rules in Pyomo, solve with the new interface of ``pyomo.contrib.solver``."""
    from _layer_pyomo import rules
    from pyomo.contrib.solver.solvers.highs import Highs

    with phases.phase("build"):
        model = rules(case)
    with phases.phase("hand-over"):
        solver = Highs()
        solver.set_instance(model)
    return lambda: float(solver.solve(model, threads=1).incumbent_objective)


def linopy(case: Case, phases: Phases) -> Callable[[], float]:
    """Write arrays of expressions in linopy."""
    from _layer_peers import by_linopy
    from linopy.io import to_highspy

    with phases.phase("build"):
        model = by_linopy(case)
    with phases.phase("hand-over"):
        highs = to_highspy(model)
        highs.silent()
        highs.setOptionValue("threads", 1)
    return lambda: _run(highs)


def highspy_model(case: Case, phases: Phases) -> Callable[[], float]:
    """Write HiGHS's own modelling."""
    from _layer_peers import by_highspy

    with phases.phase("build"):
        highs = by_highspy(case)
        highs.setOptionValue("threads", 1)
    with phases.phase("hand-over"):
        pass
    return lambda: _run(highs)


def pyoptinterface(case: Case, phases: Phases) -> Callable[[], float]:
    """Write PyOptInterface."""
    import pyoptinterface as poi
    from _layer_peers import by_pyoptinterface

    with phases.phase("build"):
        model = by_pyoptinterface(case)
        model.set_raw_parameter("threads", 1)
    with phases.phase("hand-over"):
        pass

    def run() -> float:
        model.optimize()
        return float(model.get_model_attribute(poi.ModelAttribute.ObjectiveValue))

    return run


WAYS: dict[str, tuple[Callable[[Case, Phases], Callable[[], float]], str]] = {
    "arrays, HiGHS itself": (bare, "highspy"),
    "arrays, amopt": (amopt_arrays, "highspy"),
    "Pyomo rules, amopt": (amopt_rules, "pyomo"),
    "Pyomo rules, amopt, collector running": (amopt_collecting, "pyomo"),
    "Pyomo rules, its standard form": (standard_form, "pyomo"),
    "Pyomo templates, its standard form": (standard_templates, "pyomo"),
    "Pyomo rules, appsi_highs": (appsi, "pyomo"),
    "Pyomo rules, contrib.solver": (contrib, "pyomo"),
    "linopy": (linopy, "linopy"),
    "highspy's modelling": (highspy_model, "highspy"),
    "PyOptInterface": (pyoptinterface, "pyoptinterface"),
}
"""What each way is, and the package it needs; the first is what the others are compared with."""


def child(program: str, size: int, way: str, *, solve: bool) -> None:
    """Measure one way in this process, and print it as JSON."""
    make, _ = PROGRAMS[program]
    act, _ = WAYS[way]
    act(make(PROGRAMS[program][1][0]), Phases())()  # imports, and what is set up once
    case = make(size)
    gc.collect()
    before = _peak()
    phases = Phases()
    run = act(case, phases)
    memory = _peak() - before
    objective = None
    if solve:
        with phases.phase("solve"):
            objective = run()
    print(json.dumps({"seconds": phases.seconds, "MB": memory, "objective": objective}))


def _peak() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(program: str, size: int, way: str, *, solve: bool) -> dict[str, Any]:
    """Measure one way in a process of its own."""
    command = [sys.executable, __file__, "--child", json.dumps([program, size, way, solve])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise RuntimeError(f"{way} on {program}: {' '.join(last)}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(
    program: str, size: int, rounds: int, unsolved: frozenset[str], wanted: Sequence[str]
) -> list[list[str]]:
    """Return a row a way: seconds by phase, their sum and memory against arrays.

    Ways take turns, round by round; each figure is the median of the rounds, and each ratio the
    median of the ratios within a round.
    """
    ways = [way for way, (_, package) in WAYS.items() if way in wanted and find_spec(package)]
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            runs[way].append(measured(program, size, way, solve=way not in unsolved))
    reference = runs[ways[0]]
    rows = []
    for way, found in runs.items():
        for run, other in zip(found, reference, strict=True):
            if run["objective"] is None:  # the solver gets the same program and needs as long
                run["seconds"]["solve"] = other["seconds"]["solve"]
            elif abs(run["objective"] - other["objective"]) > 1e-6 * abs(other["objective"]):
                raise RuntimeError(f"{way} on {program}: {run['objective']}, {other['objective']}")
        spent = [_handed(run) for run in found]
        ratio = statistics.median(
            a / b for a, b in zip(spent, map(_handed, reference), strict=True)
        )
        whole = statistics.median(
            sum(run["seconds"].values()) / sum(other["seconds"].values())
            for run, other in zip(found, reference, strict=True)
        )
        build, handed, solve = (
            statistics.median(run["seconds"][phase] for run in found)
            for phase in ("build", "hand-over", "solve")
        )
        memory = statistics.median(run["MB"] for run in found)
        rows.append(
            [way, f"{build:.3f}", f"{handed:.3f}", f"{solve:.2f}" if found[0]["objective"] else "",
             f"{ratio:.1f}", f"{whole:.2f}", f"{memory:.0f}"]
        )  # fmt: skip
    return rows


def _handed(run: dict[str, Any]) -> float:
    return float(run["seconds"]["build"] + run["seconds"]["hand-over"])


HEAD = ("way", "build s", "hand-over s", "solve s", "build + hand-over", "with solve", "MB")


def table(rows: list[list[str]]) -> str:
    """Return rows as a table in Markdown."""
    lines = [HEAD, ["---"] * len(HEAD), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(asked: argparse.Namespace) -> None:
    """Print a table for each program and size."""
    texts = []
    for program in ["placement"] if asked.smoke else asked.programs or PROGRAMS:
        make, sizes = PROGRAMS[program]
        for place in [0] if asked.smoke else asked.sizes:
            nonzeros = make(sizes[place]).arrays().matrix.nnz
            rounds, wanted = (1, [*WAYS][:3]) if asked.smoke else (asked.rounds, asked.ways)
            rows = compare(program, sizes[place], rounds, frozenset(asked.unsolved), wanted)
            texts.append(f"{program}, {nonzeros:,} nonzeros\n\n{table(rows)}\n")
            print(texts[-1], flush=True)
    if asked.markdown:
        asked.markdown.write_text("\n".join(texts), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", nargs="*", choices=[[], *PROGRAMS])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 2], help="1, 2, 3")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", nargs="*", choices=[*WAYS], default=[*WAYS], help="arrays too")
    parser.add_argument("--unsolved", nargs="*", default=[], help="ways that only hand over")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--smoke", action="store_true", help="small cases, once")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.ways = [next(iter(WAYS)), *given.ways]
    if given.child:
        program, size, way, solve = json.loads(given.child)
        child(program, size, way, solve=solve)
    else:
        main(given)
