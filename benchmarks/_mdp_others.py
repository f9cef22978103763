"""Storm and mdpax on the same arrays as every other way: each takes them in another form.

Storm has no discount: it is handed the process that ends after each period with probability
1 - discount, in a file of its own exchange format. mdpax has no arrays: it is handed a problem
whose transitions are looked up in tables, one random event a successor.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from _mdp_ways import ACCURACY, Answer, Clock, Task, Way
from numpy.typing import NDArray


def ending(process: Any) -> tuple[Any, float]:
    """Return the process that ends with probability 1 - discount, and what was added to costs.

    Its expected total cost is the discounted one; what is added makes every cost at least 0, as
    Storm asks, and adds itself divided by 1 - discount to every value.
    """
    from amopt.mdp import MarkovDecisionProcess

    alpha, states = process.discount, process.states
    added = float(max(0.0, -process.cost.min()))
    over = sp.csr_array(np.full((process.pairs, 1), 1 - alpha))
    last = sp.csr_array(([1.0], ([0], [states])), shape=(1, states + 1))
    matrix = sp.vstack([sp.hstack([alpha * process.transition, over]), last], format="csr")
    cost = np.append(process.cost + added, 0.0)
    owner = np.append(process.state_of_pair, states)
    return MarkovDecisionProcess(matrix, cost, owner, None, criterion="total"), added


def storm(method: str, equations: str | None = None) -> Way:
    """Return a method of Storm, through stormpy."""

    def run(task: Task, clock: Clock) -> Answer:
        with clock.phase("import"):
            import stormpy
            from stormpy import environments

            from amopt.mdp.exchange import write
        process = task.process()
        other, added = ending(process)
        file = task.folder / "ending.umb"
        write(other, file, "umb", initial=np.eye(1, other.states)[0])
        del other
        with clock.phase("load"):
            model = stormpy.build_model_from_umb(str(file))
        environment = environments.default(model)
        solver = environment.solver()
        solver.min_max().method = getattr(environments.MinMaxMethod, method)
        for part in (solver.min_max(), solver.native()):
            part.precision = stormpy.Rational(f"{ACCURACY:.0e}")
            part.relative_termination_criterion = True
        if equations is not None:
            kind = getattr(environments.EquationSolverType, equations)
            solver.set_linear_equation_solver_type(kind)
        asked = stormpy.parse_properties('R{"cost"}min=? [C]')[0]
        with clock.phase("solve"):
            found = stormpy.model_checking(model, asked, environment=environment)
        value = np.array([found.get_value(state) for state in range(process.states)])
        return value - added / (1 - process.discount), "discount as a chance to end"

    return run


def tables(process: Any) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Return successors and probabilities by (state, action, event), and cost by (state, action).

    A state with fewer actions than others has its first one again, a pair with fewer successors
    events of probability 0.
    """
    owner = process.state_of_pair
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(process.states + 1))
    counts = np.diff(starts)
    position = np.arange(counts.max())
    pair = order[starts[:-1, None] + np.where(position < counts[:, None], position, 0)]
    matrix = sp.csr_array(process.transition)
    width = np.diff(matrix.indptr)
    successor = np.zeros((process.pairs, width.max()), dtype=np.int32)
    chance = np.zeros(successor.shape)
    row = np.repeat(np.arange(process.pairs), width)
    column = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], width)
    successor[row, column], chance[row, column] = matrix.indices, matrix.data
    return successor[pair], chance[pair], process.cost[pair]


def mdpax(solver: str) -> Way:
    """Return a solver of mdpax, in double precision."""

    def run(task: Task, clock: Clock) -> Answer:
        with clock.phase("import"):
            import jax

            jax.config.update("jax_enable_x64", True)
            import jax.numpy as jnp
            from mdpax import solvers
            from mdpax.core.problem import Problem
        with clock.phase("load"):
            process = task.process()

        class Tables(Problem):  # type: ignore[misc] # mdpax is not typed
            """A process looked up in tables."""

            name = "tables"

            def _construct_state_space(self) -> Any:
                return jnp.arange(process.states)

            def _construct_action_space(self) -> Any:
                return jnp.arange(cost.shape[1])

            def _construct_random_event_space(self) -> Any:
                return jnp.arange(chance.shape[2])

            def state_to_index(self, state: Any) -> Any:
                return state[0]

            def random_event_probability(self, state: Any, action: Any, event: Any) -> Any:
                return chance[state[0], action[0], event[0]]

            def transition(self, state: Any, action: Any, event: Any) -> Any:
                after = successor[state[0], action[0], event[0]]
                return after[None], -cost[state[0], action[0]]

        with clock.phase("build"):
            successor, chance, cost = (jnp.asarray(table) for table in tables(process))
            made = getattr(solvers, solver)(
                Tables(),
                gamma=process.discount,
                epsilon=ACCURACY * task.scale,
                convergence_test="max_diff",
                verbose=0,
            )
        with clock.phase("solve"):
            found = made.solve(max_iterations=1_000_000)
            value = np.asarray(found.values)
        return -value, f"{found.info.iteration} iterations, compiled in them"

    return run
