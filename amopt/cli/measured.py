"""``amopt reproduce``: the numbers of the literature computed again."""

from __future__ import annotations

from typing import Annotated

import typer

from amopt.cli.common import Html, HtmlLight, Json, Quiet, reporting, require_room, write_pages

__all__ = ["reproduce"]

NOT_AS_RECORDED = 7
"""Exit code where a verdict is not the recorded one."""


def reproduce(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Names of sources; left out, all.", metavar="SOURCE")
    ] = None,
    *,
    long: Annotated[bool, typer.Option("--long", help="Tables that take minutes, too.")] = False,
    json: Json = False,
    html: Html = None,
    html_light: HtmlLight = None,
    quiet: Quiet = False,
) -> None:
    """Compute the printed numbers of the literature, with a verdict on each."""
    with reporting(json=json):
        from amopt.report import reproduced, terminal
        from amopt.reproduce import reproduce as computed

        require_room(None, html, html_light)
        with terminal.counting(wanted=not json and not quiet) as progress:
            found = computed(sources or None, long=long, progress=progress)
        write_pages(lambda: reproduced.document_of(found), html, html_light)
        if json:
            typer.echo(reproduced.as_json(found), nl=False)
        elif not quiet:
            reproduced.print_numbers(found, everything=bool(sources))
        if not found.as_recorded:
            raise typer.Exit(NOT_AS_RECORDED)
