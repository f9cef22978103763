"""A program for other solvers: LP and MPS files, and plain arrays.

``writing``, ``text``, ``lp``, ``mps``, ``names``
    Files that HiGHS, SCIP, GLPK and CBC read alike.
``arrays``, ``archive``
    Plain arrays, and archives of them.
"""

from amopt.program.export.arrays import read_npz, to_arrays, write_npz
from amopt.program.export.names import original_name, safe_names
from amopt.program.export.writing import write_program

__all__ = [
    "original_name",
    "read_npz",
    "safe_names",
    "to_arrays",
    "write_npz",
    "write_program",
]
