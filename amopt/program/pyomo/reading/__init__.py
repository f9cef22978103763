"""The constraints and variables of a Pyomo model as arrays, a million of them at once.

What a Python call for each object would cost most is read in passes over all of them, by functions
that Python runs in C. Where an object holds anything else than most do (parameters, products, two
sides), it is asked by itself, as Pyomo's own interfaces ask each.

``terms``
    Expressions as rows, variables and numbers.
``columns``, ``domains``
    The variables: where each stands, its name, bounds and integrality.
``rows``
    The constraints: sides, and what stands between them.
"""
