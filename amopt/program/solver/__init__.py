"""The only way to the solver: options in, a validated answer out.

``highs``
    The door: attempts at a program, one after the other, until an answer stands.
``options``, ``scaling``, ``transfer``, ``run``
    What is asked, the units it is asked in, how it goes to the solver, and a run that is watched.
``attempt``, ``validation``, ``digits``
    One attempt: its answer is polished or refined, and recomputed before it is believed.
``answer``
    What leaves, with its :mod:`~amopt.outcome`.
"""
