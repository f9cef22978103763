"""The commands of printing: what to do with one part."""

from __future__ import annotations

import typer

from amopt.cli.common import File, Json, Out, Quiet, give, reporting

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


@app.command()
def uncertainty(file: File, *, json: Json = False, out: Out = None, quiet: Quiet = False) -> None:
    """Show what failure rates that are not known well cost, and which plans withstand them."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.cli.common import require_room
        from amopt.printing.uncertainty import study

        require_room(out, None)
        give(study(decisions.load_of("printing", file)), json=json, out=out, quiet=quiet)
