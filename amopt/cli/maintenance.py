"""The commands of maintenance: a study of variants."""

from __future__ import annotations

from typing import Annotated

import typer

from amopt.cli.common import File, Json, reporting, working

__all__ = ["app"]

app = typer.Typer(help="More about a maintenance instance.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """More about a maintenance instance."""


@app.command()
def factorial(
    file: File,
    *,
    method: Annotated[
        str,
        typer.Option(
            help="How the best plans are found: policy_iteration, all at once, or arrays, by the "
            "linear program of each, on all cores."
        ),
    ] = "policy_iteration",
    json: Json = False,
) -> None:
    """Compare the policies over all variants that the file's factorial states."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.maintenance import study
        from amopt.report import machine

        with working(json=json):
            rows = study.variants(decisions.load_of("maintenance", file), method=method)
        if json:
            typer.echo(machine.listing_json("variants", rows), nl=False)
        else:
            typer.echo("\n".join(study.summary(rows)))
