"""Ground floor: finite Markov decision processes in general.

States, state-action pairs and their costs come in as sparse arrays; a policy, its value and a
proven bound come out, by linear programming or by iteration.
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
