"""The commands of placement: maps of forms, and the road to printing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amopt.cli.common import (
    Answer,
    File,
    Html,
    HtmlLight,
    Json,
    Out,
    Scheduler,
    Workers,
    Xlsx,
    answered,
    executing,
    give,
    reporting,
    require_room,
    working,
)

__all__ = ["app"]

app = typer.Typer()


@app.command(name="map")
def map_(
    file: File,
    *,
    x: Annotated[str, typer.Option(help="A parameter and its factors: machine_price=0.1,1,10.")],
    y: Annotated[str, typer.Option(help="Another parameter and its factors.")],
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds that each point may take.", metavar="S")
    ] = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Scale two parameters, and tell at each point which form of placement is the cheapest."""
    with reporting(json=json):
        from amopt import decisions, placement
        from amopt.program.solver.options import Options
        from amopt.report import waiting

        targets = require_room(out, html, html_light, xlsx)
        instance = decisions.load_of("placement", file)
        across, up = placement.axis(x), placement.axis(y)
        with (
            waiting.following(wanted=not json) as told,
            executing(workers, scheduler, told.hear) as executor,
        ):
            found = placement.map_forms(
                instance,
                x=across,
                y=up,
                executor=executor,
                options=Options(time_limit=time_limit),
                progress=told.count,
                at_point=told.hear,
            )
        give(found, targets, json=json, instance=instance)


@app.command(name="hand-over")
def hand_over(
    file: File,
    template: Annotated[
        str, typer.Argument(help="An instance of printing; its part * is the pattern.")
    ],
    folder: Annotated[Path, typer.Argument(help="Folder for a file a site.")],
    *,
    period: Annotated[
        str | None, typer.Option(help="Period of the plan; left out, the first.")
    ] = None,
    answer: Answer = None,
) -> None:
    """Make an instance of printing of each site that the plan opens and prints at."""
    with reporting():
        from amopt import decisions, files, road

        files.require_writable_file(folder / "site.yaml")
        pattern = decisions.load_of("printing", template)
        instance = decisions.load_of("placement", file)
        with working():
            plan = answered(instance, answer)
        found = road.printing_at_sites(instance, plan, pattern, period=period)
        texts = {folder / road.file_name(site): one.to_yaml() for site, one in found.items()}
        for path in texts:
            files.require_new(path)
        for path, text in texts.items():
            files.write_new(path, text, endings=(".yaml",))
            typer.echo(f"{path} written; look at it, then: amopt solve {path}")
