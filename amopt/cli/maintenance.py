"""The commands of maintenance: a study of variants."""

from __future__ import annotations

from typing import Annotated

import typer

from amopt.cli.common import (
    File,
    Html,
    HtmlLight,
    Json,
    Xlsx,
    reporting,
    require_room,
)

__all__ = ["app"]

app = typer.Typer()


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
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds that all variants may take.", metavar="S")
    ] = None,
    json: Json = False,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Compare the policies over all variants that the file's factorial states."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.maintenance import study
        from amopt.report import waiting
        from amopt.report.studies import varied

        targets = require_room(None, html, html_light, xlsx)
        instance = decisions.load_of("maintenance", file)
        shown = waiting.counting(wanted=not json, limit=time_limit, of="working")
        with shown as progress:
            found = study.factorial(
                instance, method=method, time_limit=time_limit, progress=progress
            )
        said = [*filter(None, [found.ended_early()]), *study.summary(found.rows)]
        targets.write_pages(
            lambda: varied.document_of(instance.name, instance.currency, found.rows, said),
        )
        targets.write_book(lambda: (said, [varied.table_of(instance.currency, found.rows)]))
        if json:
            typer.echo(varied.as_json(found), nl=False)
        else:
            typer.echo("\n".join(said))
