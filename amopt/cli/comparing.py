"""``amopt compare``: two instances or two answers side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amopt.cli.common import Html, Json, reporting

if TYPE_CHECKING:
    from amopt.comparison import Comparison
    from amopt.instance.common import Instance
    from amopt.solution import Solution

__all__ = ["compare"]

Side = Annotated[
    str, typer.Argument(help="An instance, or the folder of an answer (solve --out FOLDER).")
]


def compare(
    before: Side,
    after: Side,
    *,
    solve: Annotated[
        bool, typer.Option(help="Solve two instances and compare their answers, too.")
    ] = True,
    json: Json = False,
    html: Html = None,
) -> None:
    """Say what changed from one instance or answer to another, the largest change first."""
    with reporting(json=json):
        from amopt.cli.common import require_room
        from amopt.report import compared

        require_room(None, html)
        found = _compared(before, after, solve=solve)
        if json:
            typer.echo(compared.as_json(found), nl=False)
        else:
            compared.print_comparisons(found)
        if html is not None:
            compared.write_page(found, html)


def _compared(before: str, after: str, *, solve: bool) -> dict[str, Comparison]:
    """Return the comparisons by what is compared: data, answers."""
    from amopt import decisions
    from amopt.comparison import compare_answers, compare_instances
    from amopt.errors import UsageError
    from amopt.files import MARK

    answers = [(Path(side) / MARK).exists() for side in (before, after)]
    if all(answers):
        first, second = (decisions.load_solution(side) for side in (before, after))
        return {"answers": compare_answers(first, second)}
    if any(answers):
        raise UsageError("name two instances or two answers, not one of each")
    old, new = (decisions.load(side) for side in (before, after))
    found = {"data": compare_instances(old, new)}
    if solve:
        found["answers"] = compare_answers(_solved(old), _solved(new))
    return found


def _solved(instance: Instance) -> Solution:
    from amopt import decisions

    return decisions.solve(instance)
