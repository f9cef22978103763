"""The commands of printing: what to do with one part, and what the policy does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from amopt.cli.common import (
    File,
    Html,
    HtmlLight,
    Json,
    Out,
    Quiet,
    Targets,
    Xlsx,
    give,
    reporting,
    require_room,
    working,
)

__all__ = ["app"]

Seed = Annotated[int, typer.Option(help="The same seed gives the same answer.", min=0)]

app = typer.Typer()


@app.command()
def policy(file: File, part: str, *, json: Json = False) -> None:
    """Show what to do with one part, by days to the replenishment and net stock."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import machine, terminal, words

        with working(json=json) as progress:
            instance = decisions.load_of("printing", file)
            solution = decisions.solve(instance, progress=progress)
        rows = solution.policy(part)
        if json:
            typer.echo(machine.listing_json("policy", rows, outcome=solution.outcome), nl=False)
        else:
            terminal.print_policy(rows)
            if solution.outcome.stopped != "finished":
                typer.echo(words.worth(solution))


@app.command()
def table(
    file: File,
    parts: Annotated[
        Path | None,
        typer.Argument(help="A .csv or .parquet file, a row a part; without it that of the file."),
    ] = None,
    *,
    out: Annotated[
        Path | None, typer.Option(help="Write the plans: .csv, .parquet or .json.", metavar="FILE")
    ] = None,
    json: Json = False,
    xlsx: Xlsx = None,
    quiet: Quiet = False,
) -> None:
    """Find what to do with very many parts, whose data are a table beside the instance."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.printing.many.answer import require_target, solve_table, write_table
        from amopt.printing.many.reading import named_table
        from amopt.report import waiting, workbook

        require_room(xlsx=xlsx)
        if out is not None:
            require_target(out)
        with waiting.counting(wanted=not json and not quiet) as progress:
            solution = solve_table(*named_table(decisions.locate(file), parts), progress=progress)
        if out is not None:
            write_table(solution, out)
        if xlsx is not None:
            workbook.write_answer(solution, xlsx)
        shown = solution.summary() if json else solution
        give(shown, Targets(), json=json, quiet=quiet)


@app.command()
def curve(
    file: File,
    limit: Annotated[str, typer.Argument(help="The name of a limit of the file.")],
    bounds: Annotated[list[float], typer.Argument(help="What it becomes, one after the other.")],
    *,
    json: Json = False,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Show what the best plans cost as one limit is tightened, with and without the printer."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.printing.limit_curve import columns_of, curve_in_words, limit_curve, limit_figure
        from amopt.program.pieces import Pieces
        from amopt.report import machine, waiting
        from amopt.report.document import Document, Grid, Section

        targets = require_room(None, html, html_light, xlsx)
        instance = decisions.load_of("printing", file)
        with waiting.following(wanted=not json) as told:
            pieces = Pieces(len(bounds), told.count)
            rows = limit_curve(instance, limit, bounds, pieces=pieces, at_solve=told.hear)
        ended_early = filter(None, [pieces.in_words("bound")])
        said = [*ended_early, *curve_in_words(instance, limit, rows)]
        whole = "in what --json prints"
        grid = Grid("curve", rows, columns_of(rows), instance.currency, whole)
        section = Section(
            "What the best plans cost",
            figure=limit_figure(instance, limit, rows) if html or html_light else None,
            table=grid,
        )
        document = Document(f"{instance.name}: {limit}", headline=said, sections=[section])
        targets.write_pages(lambda: document)
        targets.write_book(lambda: (said, [grid]))
        if json:
            typer.echo(machine.listing_json("curve", rows, pieces=pieces), nl=False)
        else:
            for sentence in said:
                typer.echo(sentence)


@app.command()
def uncertainty(
    file: File,
    *,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
    quiet: Quiet = False,
) -> None:
    """Show what failure rates that are not known well cost, and which plans withstand them."""
    from amopt.printing.uncertainty import study

    _tell(
        file,
        study,
        json=json,
        out=out,
        html=html,
        html_light=html_light,
        xlsx=xlsx,
        quiet=quiet,
    )


@app.command()
def distributions(
    file: File,
    *,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Tell exactly what the optimum does in a cycle and a year, beside what is done today."""
    from amopt.printing import distributions as study

    _tell(file, study, json=json, out=out, html=html, html_light=html_light, xlsx=xlsx)


@app.command()
def convoys(
    file: File,
    *,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Find what to do where replenishments may not come, and what the printer is then worth."""
    from amopt.printing.convoys.answer import convoys as study

    _tell(file, study, json=json, out=out, html=html, html_light=html_light, xlsx=xlsx)


@app.command()
def busy(
    file: File,
    *,
    cycles: Annotated[int, typer.Option(help="Cycles that are simulated.", min=2)] = 100_000,
    seed: Seed = 1,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Find what to do where the printer makes only most_prints_per_day, and what it costs."""
    from amopt.printing.busy.answer import busy as study

    counted = partial(study, cycles=cycles, seed=seed)
    _tell(file, counted, json=json, out=out, html=html, html_light=html_light, xlsx=xlsx)


@app.command()
def simulate(
    file: File,
    *,
    cycles: Annotated[int, typer.Option(help="Cycles of every part.", min=2)] = 100_000,
    seed: Seed = 1,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Simulate what the optimum does, and what is done today where the file says so."""
    from amopt.printing import simulate as study

    counted = partial(study, cycles=cycles, seed=seed)
    _tell(file, counted, json=json, out=out, html=html, html_light=html_light, xlsx=xlsx)


def _tell(
    file: File,
    study: Callable[..., Any],
    *,
    json: bool,
    out: Out,
    html: Html,
    html_light: HtmlLight,
    xlsx: Xlsx,
    quiet: bool = False,
) -> None:
    """Load an instance, study it, and give the answer as it is asked for."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import waiting

        targets = require_room(out, html, html_light, xlsx)
        instance = decisions.load_of("printing", file)
        with waiting.counting(wanted=not json and not quiet) as progress:
            found = study(instance, progress=progress)
        give(found, targets, json=json, quiet=quiet, instance=instance)
