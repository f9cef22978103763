"""The commands of screening: why one part is what it is."""

from __future__ import annotations

import typer

from amopt.cli.common import File, Json, reporting

__all__ = ["app"]

app = typer.Typer(help="More about a screening instance.", no_args_is_help=True)


@app.command()
def part(file: File, part: str, *, json: Json = False) -> None:
    """Show what is known of one part, and why it is eligible or not."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import machine, terminal
        from amopt.screening.answer.solution import FACTS, ScreeningSolution

        solution = decisions.solve(decisions.load_of("screening", file))
        assert isinstance(solution, ScreeningSolution)
        if json:
            typer.echo(machine.listing_json("part", [dict(solution.part(part))]), nl=False)
        else:
            terminal.print_rows(solution.facts(part), FACTS, title=part)
