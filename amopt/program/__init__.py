"""Ground floor: mathematical programs and the only way to the solver.

``linear``
    A program as named sparse arrays.
``pyomo``
    A Pyomo model as the same arrays, and the answer back into it.
``solving``
    Solve whichever of the two a pipeline hands in.
``highs``
    The only way to the solver: :func:`~amopt.program.solver.highs.solve`, and
    :class:`~amopt.program.solver.highs.Solver` for sequences of solves.
``options``, ``scaling``, ``transfer``, ``run``, ``attempt``
    What may be asked for, the units in which the solver counts, and how it is run once.
``polishing``, ``refinement``, ``residuals``, ``dual_bound``, ``arithmetic``, ``validation``
    Whole numbers held, digits found, and what comes back recomputed before it is believed.
``answer``
    What leaves, with its :mod:`~amopt.outcome`.
``infeasible``
    Why a program is infeasible, and the least that would mend it:
    :func:`~amopt.program.infeasible.explain.explain` for a formulation, in the words of its
    families; ``search`` for whatever else has limits.
``family``, ``time``, ``magnitudes``
    A family of constraints, declared once; one budget of time; numbers that are too large.
``blocks``, ``builder``
    Programs that fall apart; programs built from arrays.
``export``
    LP and MPS files that common solvers read alike, and plain arrays.
"""
