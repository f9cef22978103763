"""``amopt reproduce`` and ``amopt sweep``: the literature again, and one instance many times."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amopt.cli.common import (
    File,
    Html,
    HtmlLight,
    Json,
    Quiet,
    SolveGap,
    SolveSeconds,
    Workers,
    Xlsx,
    reporting,
    require_room,
    stopping,
)

__all__ = ["reproduce", "sweep"]

if TYPE_CHECKING:
    from collections.abc import Callable

    from amopt.program.solver.run import Progress
    from amopt.scenarios.sweep import Point
    from amopt.scenarios.sweep.run import Pool

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
    quiet: Quiet = False,
) -> None:
    """Compute the printed numbers of the literature, with a verdict on each."""
    with reporting(json=json):
        from amopt.report import waiting
        from amopt.report.studies import reproduced
        from amopt.reproduce import reproduce as computed

        targets = require_room(None, html, html_light, xlsx)
        with waiting.counting(wanted=not json and not quiet) as progress:
            found = computed(sources or None, long=long, progress=progress)
        targets.write_pages(lambda: reproduced.document_of(found))
        targets.write_book(lambda: reproduced.tables_of(found))
        if json:
            typer.echo(reproduced.as_json(found), nl=False)
        elif not quiet:
            reproduced.print_numbers(found, everything=bool(sources))
        if not found.as_recorded:
            raise typer.Exit(NOT_AS_RECORDED)


def sweep(
    file: File,
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
    scheduler: Annotated[
        str | None,
        typer.Option(help="A Dask cluster instead: tcp://host:8786.", metavar="ADDRESS"),
    ] = None,
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
    """Solve an instance under a grid or a list of changes, here, side by side, or on a cluster."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.kinds import require
        from amopt.report import waiting
        from amopt.report.studies import swept
        from amopt.scenarios.sweep import sweep as solved

        targets = require_room(None, html, html_light, xlsx)
        if table is not None:
            swept.require_writable(table)
        require(workers >= 1, "--workers must be 1 or more")
        points = _points(vary, each)
        instance = decisions.load(file)
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
                pool=_pool(workers, scheduler, told.hear),
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


def _points(vary: list[str] | None, each: Path | None) -> tuple[Point, ...]:
    """Return the points of the options."""
    from amopt.errors import UsageError
    from amopt.scenarios.sweep import from_list, grid, variation

    if bool(vary) == (each is not None):
        raise UsageError("say what changes: either --vary PATH=VALUES, or --list FILE")
    return from_list(each) if each is not None else grid([variation(one) for one in vary or ()])


def _pool(
    workers: int, scheduler: str | None, at_solve: Callable[[Progress], None] | None
) -> Pool | None:
    """Return what gives the executor."""
    if scheduler is not None:
        from amopt.scenarios.sweep.cluster import on_cluster

        return on_cluster(scheduler)
    if workers == 1:
        return None
    from amopt.scenarios.workers import processes

    return lambda: processes(workers, at_solve)
