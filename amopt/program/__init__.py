"""Ground floor: mathematical programs and the only way to the solver.

``linear``
    A program as named sparse arrays.
``pyomo``, ``standard_form``
    A Pyomo model as the same arrays, and the answer back into it.
``highs``
    The only way to the solver: :func:`~amopt.program.solver.highs.solve`, and
    :class:`~amopt.program.solver.highs.Solver` for sequences of solves.
``options``, ``transfer``, ``run``, ``validation``, ``residuals``, ``answer``, ``outcome``
    What may be asked for, how the solver is run, and how it is validated what comes back.
``infeasible``
    Why a program is infeasible, and the least that would mend it:
    :func:`~amopt.program.infeasible.explain.explain` for a formulation, in the words of its
    families; ``search`` for whatever else has limits; ``conflict`` and ``least_change`` for arrays.
``family``, ``time``
    A family of constraints, declared once; one budget of time.
``export``, ``archive``
    LP and MPS files, and plain arrays.
"""
