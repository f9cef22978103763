"""The commands of printing: what to do with one part."""

from __future__ import annotations

import typer

from amopt.cli.common import File, Json, reporting

__all__ = ["app"]

app = typer.Typer(help="More about a printing instance.", no_args_is_help=True)


@app.command()
def policy(file: File, part: str, *, json: Json = False) -> None:
    """Show what to do with one part, by days to the replenishment and net stock."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import machine, terminal

        rows = decisions.solve(decisions.load_of("printing", file)).policy(part)
        if json:
            typer.echo(machine.listing_json("policy", rows), nl=False)
        else:
            terminal.print_policy(rows)
