"""Ground floor: finite Markov decision processes in general.

States, state-action pairs and their costs come in as sparse arrays; a policy, its value and a
proven bound come out, by linear programming or by iteration.

``process``, ``checks``, ``decision_process``
    The arrays, what they must be, and the class that callers have.
``formulation``, ``linear_program``
    The linear programs in Pyomo, to read and extend, and the same as arrays.
``methods``, ``lp_solve``, ``extension``
    Which method answers; by linear programming, with side constraints or what a caller adds.
``iteration``
    Sweeps over whole periods: value and policy iteration, and pairs that are priced in.
``decomposition``
    Average cost that depends on the first state, and total cost, by end components.
``policy``, ``solution``, ``infeasibility``
    The chain of a policy, evaluated exactly; what comes out; why no policy meets limits.
``converters``, ``exchange``
    Arrays and files of other tools.
"""

from __future__ import annotations

from amopt.mdp.decision_process import MarkovDecisionProcess
from amopt.mdp.linear_program import SideConstraint, dual_program, primal_program
from amopt.mdp.process import METHODS
from amopt.mdp.solution import MarkovSolution

__all__ = [
    "METHODS",
    "MarkovDecisionProcess",
    "MarkovSolution",
    "SideConstraint",
    "dual_program",
    "primal_program",
]
