"""What a readable model costs: build and hand-over by several roads, against bare arrays.

A facility-location LP: ``size`` customers, a tenth as many sites. Only the ratios
within one run mean something.

    python benchmarks/program_transfer.py [size] [--markdown FILE]
    python benchmarks/program_transfer.py --smoke
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _layer_pyomo
import numpy as np
from _layer_programs import Placement
from pyomo.common.gc_manager import PauseGC

from amopt.program.linear import LinearProgram
from amopt.program.pyomo import compile_model, to_pyomo
from amopt.program.solver.highs import Solver


def arrays(cost: np.ndarray, opening: np.ndarray) -> LinearProgram:
    """Build min sum c_ij x_ij + f_j y_j with sum_j x_ij = 1 and x_ij <= y_j as arrays."""
    return Placement(cost, opening).arrays()


def rules(cost: np.ndarray, opening: np.ndarray) -> Any:
    """Build the same with Pyomo rules."""
    with PauseGC():
        return _layer_pyomo.rules(Placement(cost, opening))


def seconds(task: Callable[[], Any]) -> tuple[float, Any]:
    """Return the best of three runs, and the result."""
    best, result = np.inf, None
    for _ in range(3):
        begun = time.process_time()
        result = task()
        best = min(best, time.process_time() - begun)
    return best, result


def main(size: int = 580, markdown: Path | None = None) -> None:
    """Print seconds and ratios; write them as a table where asked."""
    rng = np.random.default_rng(0)
    cost = rng.uniform(1, 9, (size, max(2, size // 10)))
    opening = rng.uniform(20, 40, cost.shape[1])
    bare, program = seconds(lambda: arrays(cost, opening))
    handed, _ = seconds(lambda: Solver(program))
    built, model = seconds(lambda: rules(cost, opening))
    compiled, result = seconds(lambda: compile_model(model))
    turned, _ = seconds(lambda: to_pyomo(program))
    assert result.program.matrix.nnz == program.matrix.nnz
    print(
        f"{program.matrix.nnz:,} nonzeros, {program.shape[0]:,} rows, {program.shape[1]:,} columns"
    )
    rows = [
        (name, value, value / (bare + handed))
        for name, value in (
            ("arrays: build", bare),
            ("arrays: hand-over to HiGHS", handed),
            ("Pyomo rules: build", built),
            ("Pyomo rules: compile", compiled),
            ("arrays to a Pyomo model", turned),
        )
    ]
    for name, value, ratio in rows:
        print(f"{name:28} {value:8.4f} s {ratio:8.1f} x")
    if markdown:
        from amopt.files import write_text

        m, n = program.shape
        lines = [
            "Seconds of the processor, the best of three, and times what bare arrays take to build "
            f"and to hand over: a location program of {program.matrix.nnz:,} nonzeros, {m:,} rows "
            f"and {n:,} columns.",
            "",
            "| step | s | times bare arrays |",
            "|---|---|---|",
            *(f"| {name} | {value:.4f} | {ratio:.1f} |" for name, value, ratio in rows),
        ]
        write_text(markdown, "\n".join(lines) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int, nargs="?", default=580, help="customers")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    parser.add_argument("--smoke", action="store_true", help="a small case, in a second")
    asked = parser.parse_args()
    main(60 if asked.smoke else asked.size, asked.markdown)
