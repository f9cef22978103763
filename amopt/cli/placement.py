"""The commands of placement: maps of forms."""

from __future__ import annotations

from typing import Annotated

import typer

from amopt.cli.common import File, Html, Json, Out, give, reporting, require_room

__all__ = ["app"]

app = typer.Typer(help="More about a placement instance.", no_args_is_help=True)


@app.command(name="map")
def map_(
    file: File,
    *,
    x: Annotated[str, typer.Option(help="A parameter and its factors: machine_price=0.1,1,10.")],
    y: Annotated[str, typer.Option(help="Another parameter and its factors.")],
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds that each point may take.", metavar="S")
    ] = None,
    json: Json = False,
    out: Out = None,
    html: Html = None,
) -> None:
    """Scale two parameters, and tell at each point which form of placement is the cheapest."""
    with reporting(json=json):
        from amopt import decisions, placement
        from amopt.program.solver.options import Options

        instance = decisions.load_of("placement", file)
        require_room(out, html)
        found = placement.map_forms(
            instance,
            x=placement.axis(x),
            y=placement.axis(y),
            options=Options(time_limit=time_limit),
        )
        give(found, json=json, out=out)
        if html is not None:
            from amopt.report import page

            page.write_page(instance, found, html)
