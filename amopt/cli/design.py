"""The commands of design: factorials."""

from __future__ import annotations

from typing import Annotated

import typer

from amopt.cli.common import (
    File,
    Html,
    HtmlLight,
    Json,
    Out,
    Xlsx,
    give,
    reporting,
    require_room,
)

__all__ = ["app"]

app = typer.Typer()


@app.command()
def factorial(
    file: File,
    *,
    vary: Annotated[
        list[str],
        typer.Option(help="A parameter and its values: part_cost=250,1000. May be repeated."),
    ],
    component: Annotated[
        str | None, typer.Option(help="A component; left out, the first one.", metavar="NAME")
    ] = None,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Vary parameters of one component, and tell when another version breaks even."""
    with reporting(json=json):
        from amopt import decisions, design
        from amopt.report import waiting

        targets = require_room(out, html, html_light, xlsx)
        instance = decisions.load_of("design", file)
        axes = dict(design.axis(text) for text in vary)
        with waiting.counting(wanted=not json, of="working") as progress:
            found = design.factorial(instance, axes, component=component, progress=progress)
        give(found, targets, json=json, instance=instance)
