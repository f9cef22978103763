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
``diagnose``, ``elastic``, ``limits``
    Why a program is infeasible, and the least that would mend it, in an instance's words.
``export``, ``archive``
    LP and MPS files, and plain arrays.
"""
