"""Write a program to an LP or MPS file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from amopt.errors import UsageError
from amopt.files import write_text
from amopt.program.export.lp import lp_text
from amopt.program.export.mps import mps_text
from amopt.program.export.text import Written
from amopt.program.linear import LinearProgram

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["write_program"]


def write_program(program: LinearProgram | ConcreteModel, path: str | Path) -> None:
    """Write a program to an LP or MPS file, by the ending of its name.

    The same program gives the same bytes. An LP file holds a two-sided row as two rows, an MPS file
    where the range would not lead back to both sides. The file minimises, whatever the program
    does, and has no constant in its objective; its head says so.

    Parameters
    ----------
    program
        The program, or a linear Pyomo model.
    path
        A file name that ends in ``.lp`` or ``.mps``.

    Raises
    ------
    UsageError
        For another ending, a folder that cannot be written to, or a program that the format
        cannot hold.
    """
    path = Path(path)
    texts = {".lp": lp_text, ".mps": mps_text}
    if path.suffix.lower() not in texts:
        raise UsageError(f"cannot write {path}: the name must end in .lp or .mps")
    if not isinstance(program, LinearProgram):
        from amopt.program.pyomo import compile_model

        program = compile_model(program).program
    if 0 in program.shape:
        raise UsageError(f"cannot write {path}: {program.name!r} has no rows or no columns")
    written = Written.of(program)
    if not written.rows:
        raise UsageError(f"cannot write {path}: no row of {program.name!r} limits anything")
    write_text(path, texts[path.suffix.lower()](written))
