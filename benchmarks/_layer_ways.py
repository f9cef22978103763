"""The ways from a program's data to HiGHS: by bare arrays, by amopt, by modelling layers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from _layer_programs import Case


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
    _leave_as_it_is(solver.update_config)
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
    _leave_as_it_is(solver.config.auto_updates)
    return lambda: float(solver.solve(model, threads=1).incumbent_objective)


def _leave_as_it_is(updates: Any) -> None:
    """Have an interface of Pyomo not look for changes of the model that it was just given."""
    for name in updates:
        if isinstance(updates[name], bool):
            updates[name] = False


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
