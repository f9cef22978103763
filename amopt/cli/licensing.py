"""The commands of licensing: maps of forms."""

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


@app.command(name="map")
def map_(
    file: File,
    *,
    x: Annotated[str, typer.Option(help="A parameter and its values: price_ratio=1,1.25,1.5.")],
    y: Annotated[str, typer.Option(help="Another parameter and its values.")],
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Vary two parameters, and tell at each point which form the supply chain takes."""
    with reporting(json=json):
        from amopt import decisions, licensing
        from amopt.report import waiting

        targets = require_room(out, html, html_light, xlsx)
        instance = decisions.load_of("licensing", file)
        with waiting.counting(wanted=not json, of="working") as progress:
            found = licensing.map_forms(
                instance, x=licensing.axis(x), y=licensing.axis(y), progress=progress
            )
        give(found, targets, json=json, instance=instance)
