"""One way to solve one decision process, in a process of its own: seconds and memory by phase.

    python benchmarks/_mdp_ways.py WAY FOLDER

``FOLDER`` holds ``process.npz``, ``scale.json`` with the largest value and, for printing,
``instance.json``; the answer goes to ``answer.json`` and ``value.npy`` there.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

ACCURACY = 1e-6
"""Largest error of a value that is asked of every way, relative to the largest value."""

TIMES = 200
"""How often what takes milliseconds is done, to be timed."""


class Clock:
    """Seconds of the processor, and peak memory, by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.megabytes: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        began, clock = time.process_time(), time.perf_counter()
        yield
        spent, passed = time.process_time() - began, time.perf_counter() - clock
        # the processor's time is told in steps of up to 10 ms
        self.seconds[name] = self.seconds.get(name, 0.0) + (passed if passed < 0.1 else spent)
        status = Path(
            "/proc/self/status"
        )  # the peak that the system tells is that of a parent, too
        if status.exists():
            peak = next(
                (ln for ln in status.read_text().splitlines() if ln.startswith("VmHWM")), ""
            )
            if peak:
                self.megabytes[name] = int(peak.split()[1]) / 1024

    def median(self, name: str, what: Callable[[], Any]) -> Any:
        """Do what takes milliseconds many times, after a first time; its median counts."""
        what()
        spent = []
        with self.phase(name):
            for _ in range(TIMES):
                clock = time.perf_counter()
                found = what()
                spent.append(time.perf_counter() - clock)
        self.seconds[name] = float(np.median(spent))
        return found


class Task:
    """What is to be solved."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scale = json.loads((folder / "scale.json").read_text())

    def process(self) -> Any:
        """Return the process."""
        from amopt.mdp.exchange.archive import load

        return load(self.folder / "process.npz")

    def instance(self) -> Any:
        """Return the printing instance of one part."""
        import amopt

        return amopt.load(json.loads((self.folder / "instance.json").read_text()))


Answer = tuple[Any, str]
Way = Callable[[Task, Clock], Answer]


def own(method: str, **settings: Any) -> Way:
    """Return a way of ours on the full process."""

    def run(task: Task, clock: Clock) -> Answer:
        with clock.phase("import"):
            from amopt.mdp import MarkovDecisionProcess
            from amopt.program.solver.options import Options

            tiny = MarkovDecisionProcess([[0.5, 0.5], [0, 1], [0, 1]], [1, 2, 3], [0, 0, 1], 0.9)
            tiny.solve(method, **{k: v for k, v in settings.items() if k != "ipm"})  # late imports
        with clock.phase("load"):
            process = task.process()
        how = dict(settings)
        ipm = how.pop("ipm", False)
        cold = how.get("start") == "cold"
        options = Options(method="ipm" if ipm else "choose", presolve=ipm and cold)
        with clock.phase("build"):
            assert process.layers is not None
        with clock.phase("solve"):
            found = process.solve(method, tolerance=ACCURACY, options=options, **how)
        return found.value, f"{found.outcome.status}, {found.outcome.iterations or 0} iterations"

    return run


def factored(**settings: Any) -> Way:
    """Return the linear program of the factored process."""

    def run(task: Task, clock: Clock) -> Answer:
        with clock.phase("import"):
            import amopt.mdp.lp_solve  # noqa: F401 (late)
            from amopt.printing.process.processes import factored_process
            from amopt.program.solver.options import Options
        instance = task.instance()
        with clock.phase("build"):
            made = factored_process(instance.parameters)
            assert made.process.layers is not None
        how = dict(settings)
        options = Options(method="ipm" if how.pop("ipm", False) else "choose")
        first = np.eye(1, made.process.states, made.start)[0]
        with clock.phase("solve"):
            found = made.process.solve("lp", initial=first, options=options, **how)
        return float(found.value[made.start]), str(found.outcome.status)

    return run


def collapsed(task: Task, clock: Clock) -> Answer:
    """Solve the linear program of the collapsed process, from a Pyomo model."""
    with clock.phase("import"):
        from amopt.printing.methods import collapsed as room
        from amopt.program.solver.options import Options
    instance = task.instance()
    room.best_policy(instance, printer=True, options=Options())  # what is imported late
    with clock.phase("solve"):
        found = room.best_policy(instance, printer=True, options=Options())
    return _of_cycle(instance, found.cycle_cost[0]), "optimal; model built each time"


def collapsed_arrays(task: Task, clock: Clock, *, every_level: bool = True) -> Answer:
    """Solve the same program from its arrays, handed to the solver's checked door.

    Over every level that may be used up within a cycle; or, as the package's own method has it
    where nothing is added, over those that closed form does not show to be too high. It starts, as
    there, from the basis of a plan that keeps no stock and prints nothing.
    """
    with clock.phase("import"):
        from amopt.printing import closed_form
        from amopt.printing.formulation import build, formulate
        from amopt.printing.methods.collapsed import waiting_basis
        from amopt.program.pyomo import compile_model
        from amopt.program.solver import highs
    instance = task.instance()
    with clock.phase("build"):
        if every_level:
            model = formulate(instance)
        else:
            levels = closed_form.levels_to_try(instance.parameters).tolist()
            model = build(instance, instance.parameters, levels)
        program = compile_model(model).program
    found = clock.median("solve", lambda: highs.solve(program, basis=waiting_basis(program)))
    return _of_cycle(instance, found.outcome.objective), str(found.outcome.status)


def closed(task: Task, clock: Clock) -> Answer:
    """Evaluate the closed form."""
    with clock.phase("import"):
        from amopt.printing import closed_form
    parameters = task.instance().parameters

    def cheapest() -> Any:
        return closed_form.cycle_cost(parameters, closed_form.best_policy(parameters))[0]

    cost = clock.median("solve", cheapest)
    return _of_cycle(task.instance(), cost), "no program"


def _of_cycle(instance: Any, cost: float) -> float:
    parameters = instance.parameters
    return float(cost / -np.expm1(parameters.cycle_days * np.log(parameters.discount)))


def quantecon(method: str) -> Way:
    """Return a method of QuantEcon's DiscreteDP."""

    def run(task: Task, clock: Clock) -> Answer:
        with clock.phase("import"):
            from quantecon.markov import DiscreteDP

            from amopt.mdp.converters import to_quantecon
        with clock.phase("load"):
            a = to_quantecon(task.process())
        with clock.phase("build"):
            problem = DiscreteDP(a.rewards, a.transition, a.discount, a.states, a.actions)
            tiny = DiscreteDP(
                [1.0, 2.0, 3.0], [[0.5, 0.5], [0, 1], [0, 1]], 0.9, [0, 0, 1], [0, 1, 0]
            )
            tiny.solve(method=method)  # what is compiled late
        with clock.phase("solve"):
            epsilon = ACCURACY * task.scale
            found = problem.solve(method=method, epsilon=epsilon, max_iter=1_000_000)
        return -found.v, f"{found.num_iter} iterations"

    return run


def mdpsolver(algorithm: str, update: str) -> Way:
    """Return a method of mdpsolver, which takes lists."""

    def run(task: Task, clock: Clock) -> Answer:
        with clock.phase("import"):
            import mdpsolver as peer
        with clock.phase("load"):
            process = task.process()
        with clock.phase("build"):
            matrix, order = process.transition, process.order
            order = np.arange(process.pairs) if order is None else order
            data, indices, ends = matrix.data.tolist(), matrix.indices.tolist(), matrix.indptr
            starts = [*process.starts.tolist(), process.pairs]
            of = [order[a:b].tolist() for a, b in pairwise(starts)]
            model = peer.model()
            model.mdp(
                discount=process.discount,
                rewards=[[-float(process.cost[k]) for k in pairs] for pairs in of],
                tranMatProbs=[[data[ends[k] : ends[k + 1]] for k in pairs] for pairs in of],
                tranMatColumns=[[indices[ends[k] : ends[k + 1]] for k in pairs] for pairs in of],
            )
        with clock.phase("solve"):
            tolerance = ACCURACY * task.scale
            model.solve(algorithm=algorithm, update=update, tolerance=tolerance, parallel=False)
        return -np.array(model.getValueVector()), ""

    return run


def toolbox(package: str, solver: str) -> Way:
    """Return a method of pymdptoolbox, or of its descendant mdptoolbox-hiive."""

    def run(task: Task, clock: Clock) -> Answer:
        with clock.phase("import"):
            import importlib

            from amopt.mdp.converters import to_action_arrays

            room = importlib.import_module(package)
        with clock.phase("load"):
            process = task.process()
        with clock.phase("build"):
            matrices, rewards = to_action_arrays(process)
            more = {} if solver == "PolicyIteration" else {"epsilon": ACCURACY * task.scale}
            made = getattr(room, solver)(
                matrices, rewards, process.discount, max_iter=1_000_000, **more
            )
        with clock.phase("solve"):
            made.run()
        return -np.array(made.V), f"{made.iter} iterations"

    return run


def late(maker: str, *words: str) -> Way:
    """Return a way of the module beside this one, which takes long to import and imports this."""

    def run(task: Task, clock: Clock) -> Answer:
        import _mdp_others

        return getattr(_mdp_others, maker)(*words)(task, clock)

    return run


WAYS: dict[str, tuple[str, Way]] = {
    "closed form": ("printing", closed),
    "collapsed LP": ("printing", collapsed_arrays),
    "collapsed LP over levels worth trying": (
        "printing",
        partial(collapsed_arrays, every_level=False),
    ),
    "collapsed LP with its Pyomo model": ("printing", collapsed),
    "factored LP, cold": ("printing", factored(start="cold")),
    "factored LP, cold, interior point": ("printing", factored(start="cold", ipm=True)),
    "factored LP, cold, primal": ("printing", factored(start="cold", form="primal")),
    "factored LP from a policy": ("printing", factored()),
    "policy iteration": ("ours", own("policy_iteration")),
    "modified policy iteration": ("ours", own("modified_policy_iteration")),
    "value iteration": ("ours", own("value_iteration")),
    "full LP by column generation": ("ours", own("lp", start="column_generation")),
    "full LP from a policy": ("ours", own("lp")),
    "full LP from a policy, primal": ("ours", own("lp", form="primal")),
    "full LP, cold": ("ours", own("lp", start="cold")),
    "full LP, cold, primal": ("ours", own("lp", start="cold", form="primal")),
    "full LP, cold, interior point": ("ours", own("lp", start="cold", ipm=True)),
    "QuantEcon, policy iteration": ("quantecon", quantecon("policy_iteration")),
    "QuantEcon, modified policy iteration": ("quantecon", quantecon("modified_policy_iteration")),
    "QuantEcon, value iteration": ("quantecon", quantecon("value_iteration")),
    "mdpsolver, modified policy iteration": ("mdpsolver", mdpsolver("mpi", "standard")),
    "mdpsolver, the same by Gauss-Seidel": ("mdpsolver", mdpsolver("mpi", "gs")),
    "pymdptoolbox, policy iteration": (
        "pymdptoolbox",
        toolbox("mdptoolbox.mdp", "PolicyIteration"),
    ),
    "pymdptoolbox, value iteration": ("pymdptoolbox", toolbox("mdptoolbox.mdp", "ValueIteration")),
    "hiive, policy iteration": ("hiive", toolbox("hiive.mdptoolbox.mdp", "PolicyIteration")),
    "hiive, value iteration": ("hiive", toolbox("hiive.mdptoolbox.mdp", "ValueIteration")),
    "mdpax, value iteration": ("mdpax", late("mdpax", "ValueIteration")),
    "mdpax, semi-asynchronous value iteration": (
        "mdpax",
        late("mdpax", "SemiAsyncValueIteration"),
    ),
    "Storm, policy iteration": ("stormpy", late("storm", "POLICY_ITERATION", "GMMXX")),
    "Storm, optimistic value iteration": (
        "stormpy",
        late("storm", "OPTIMISTIC_VALUE_ITERATION"),
    ),
}
"""Every way: whose it is, and how it runs."""

PEERS = tuple(
    dict.fromkeys(group for group, _ in WAYS.values() if group not in ("printing", "ours"))
)
"""The packages of others."""


def main() -> None:
    """Run one way, and write down what came of it."""
    way, folder = sys.argv[1], Path(sys.argv[2])
    clock = Clock()
    said: dict[str, Any] = {}
    try:
        value, note = WAYS[way][1](Task(folder), clock)
        np.save(folder / "value.npy", np.asarray(value, dtype=float))
        said = {"stopped": note}
    except ImportError as problem:
        said = {"failed": f"not installed ({problem.name or problem})"}
    except (Exception, SystemExit) as problem:  # others raise anything
        said = {"failed": f"{type(problem).__name__}: {problem}"[:120]}
    said |= {"seconds": clock.seconds, "megabytes": clock.megabytes}
    (folder / "answer.json").write_text(json.dumps(said))


if __name__ == "__main__":
    main()
