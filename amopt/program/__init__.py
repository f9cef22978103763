"""Ground floor: mathematical programs and the one door to the solver.

``linear``
    A program as named sparse arrays.
``pyomo``, ``standard_form``
    A Pyomo model as the same arrays, and the answer back into it.
``highs``
    The one door to the solver: :func:`~amopt.program.solver.highs.solve`, and
    :class:`~amopt.program.solver.highs.Door` for sequences of solves.
``options``, ``handover``, ``run``, ``judge``, ``residuals``, ``answer``, ``outcome``
    What the door asks for, how it runs the solver, and how it judges what comes back.
``infeasible``
    Why a program is infeasible, and the least that would mend it:
    :func:`~amopt.program.infeasible.explain.explain` for a formulation, in the words of its
    families; ``search`` for whatever else has limits; ``conflict`` and ``least_change`` for arrays.
``family``, ``time``
    A family of constraints, declared once; one budget of time.
``export``, ``archive``
    LP and MPS files, and plain arrays.
"""
