"""``amopt reproduce`` and ``amopt sweep``: the literature again, and one instance many times."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amopt.cli.common import (
    Html,
    HtmlLight,
    Json,
    Quiet,
    Scheduler,
    SolveGap,
    SolveSeconds,
    Workers,
    Xlsx,
    executing,
    pool_of,
    reporting,
    require_room,
    stopping,
)

__all__ = ["reproduce", "sweep"]

if TYPE_CHECKING:
    from amopt.scenarios.sweep import Point

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
    xlsx: Xlsx = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    quiet: Quiet = False,
) -> None:
    """Compute the printed numbers of the literature, with a verdict on each."""
    with reporting(json=json):
        from amopt.report import waiting
        from amopt.report.studies import reproduced
        from amopt.reproduce import reproduce as computed

        targets = require_room(None, html, html_light, xlsx)
        with (
            executing(workers, scheduler, None) as executor,
            waiting.counting(wanted=not json and not quiet) as progress,
        ):
            found = computed(sources or None, long=long, executor=executor, progress=progress)
        targets.write_pages(lambda: reproduced.document_of(found))
        targets.write_book(lambda: reproduced.tables_of(found))
        if json:
            typer.echo(reproduced.as_json(found), nl=False)
        elif not quiet:
            reproduced.print_numbers(found, everything=bool(sources))
        if not found.as_recorded:
            raise typer.Exit(NOT_AS_RECORDED)


def sweep(
    files: Annotated[list[str], typer.Argument(help="An instance, or several.", metavar="FILE...")],
    *,
    vary: Annotated[
        list[str] | None,
        typer.Option(help="Values of a path, set or scaled: parts.*.print_cost=0.5x,1x,2x."),
    ] = None,
    each: Annotated[
        Path | None,
        typer.Option("--list", help="A csv file instead: paths as headings, a row a solve."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Keep each row here at once, so that a run can go on.", metavar="FOLDER"),
    ] = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    time_limit: SolveSeconds = None,
    gap: SolveGap = None,
    table: Annotated[
        Path | None,
        typer.Option(help="Write the table: .csv, .json or .parquet.", metavar="FILE"),
    ] = None,
    json: Json = False,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
    quiet: Quiet = False,
) -> None:
    """Solve instances under a grid or a list of changes, here, side by side, or on a cluster."""
    with reporting(json=json):
        from amopt.report import waiting
        from amopt.report.studies import swept
        from amopt.scenarios.sweep import sweep as solved

        targets = require_room(None, html, html_light, xlsx)
        if table is not None:
            swept.require_writable(table)
        points = _points(vary, each, several=len(files) > 1)
        instance = _instances(files)
        left = (
            "no row is kept for another run; with --out FOLDER each is, and a second run goes on"
            if out is None
            else f"what was solved is kept in {out}; the same command goes on from there"
        )
        following = waiting.following(wanted=not json and not quiet)
        with stopping(left), following as told:
            found = solved(
                instance,
                points,
                time_limit=time_limit,
                gap=gap,
                pool=pool_of(workers, scheduler, told.hear),
                folder=out,
                progress=told.count,
                at_solve=told.hear,
            )
        targets.write_pages(lambda: swept.document_of(found))
        targets.write_book(lambda: swept.tables_of(found))
        if table is not None:
            swept.write_table(found, table)
        if json:
            typer.echo(swept.as_json(found), nl=False)
        elif not quiet:
            swept.print_rows_of(found)
        if found.pieces.stopped == "interrupted":
            typer.echo(f"stopped: {left}", err=True)


def _points(vary: list[str] | None, each: Path | None, *, several: bool) -> tuple[Point, ...]:
    """Return the points of the options."""
    from amopt.errors import UsageError
    from amopt.scenarios.sweep import from_list, grid, variation

    if several and not vary and each is None:
        return grid([])
    if bool(vary) == (each is not None):
        raise UsageError("say what changes: either --vary PATH=VALUES, or --list FILE")
    return from_list(each) if each is not None else grid([variation(one) for one in vary or ()])


def _instances(files: list[str]) -> Any:
    """Return the instance, or several by the names of their files, refused ones as their error."""
    from amopt import decisions
    from amopt.errors import InvalidInstanceError, UsageError

    if len(files) == 1:
        return decisions.load(files[0])
    if len(set(files)) < len(files):
        raise UsageError("a file is named twice")
    found: dict[str, Any] = {}
    for file in files:
        try:
            found[file] = decisions.load(file)
        except InvalidInstanceError as error:
            found[file] = error
    return found
