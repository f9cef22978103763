"""The commands of screening: why one part is what it is, and the road to the next decision."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amopt.cli.common import Answer, File, Json, answered, reporting, working

__all__ = ["app"]

app = typer.Typer()


@app.command()
def part(file: File, part: str, *, json: Json = False) -> None:
    """Show what is known of one part, and why it is eligible or not."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import machine, terminal
        from amopt.screening.answer.solution import FACTS, ScreeningSolution

        with working(json=json):
            solution = decisions.solve(decisions.load_of("screening", file))
        assert isinstance(solution, ScreeningSolution)
        if json:
            typer.echo(machine.listing_json("part", [dict(solution.part(part))]), nl=False)
        else:
            terminal.print_rows(solution.facts(part), FACTS, title=part)


@app.command(name="hand-over")
def hand_over(
    file: File,
    template: Annotated[
        str, typer.Argument(help="An instance of the next decision; its part * is the pattern.")
    ],
    out: Annotated[
        Path | None, typer.Argument(help="File to write; left out, it is printed.")
    ] = None,
    *,
    to: Annotated[
        str | None, typer.Option(help="sourcing, printing or placement: what the template must be.")
    ] = None,
    years: Annotated[
        float, typer.Option(help="Years of demand that a line of sourcing is for.")
    ] = 1.0,
    answer: Answer = None,
) -> None:
    """Make an instance of sourcing, printing or placement of the parts that were chosen."""
    with reporting():
        from amopt import decisions, files, road

        if out is not None:
            files.require_new(out, (".yaml", ".yml"))
        pattern = decisions.load(template) if to is None else decisions.load_of(to, template)
        instance = decisions.load_of("screening", file)
        with working():
            chosen = answered(instance, answer)
        found = road.hand_over(instance, chosen, pattern, years=years)
        if out is None:
            typer.echo(found.to_yaml(), nl=False)
        else:
            files.write_new(out, found.to_yaml(), endings=(".yaml", ".yml"))
            typer.echo(f"{out} written; look at it, then: amopt solve {out}")
