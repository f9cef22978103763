"""``amopt show``, ``compare``, ``sensitivity``, ``alternatives``: what is there, and what if."""

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
    Scheduler,
    SolveGap,
    SolveSeconds,
    Workers,
    Xlsx,
    executing,
    reporting,
    require_room,
    working,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amopt.instance.common import Instance
    from amopt.scenarios.comparison import Comparison, Solved

__all__ = ["alternatives", "compare", "sensitivity", "show"]

Side = Annotated[
    str, typer.Argument(help="An instance, or the folder of an answer (solve --out FOLDER).")
]


def show(
    file: File,
    *,
    json: Json = False,
    html: Html = None,
    html_light: HtmlLight = None,
) -> None:
    """Show an instance without solving it: network, demand, oddities, size of the program."""
    with reporting(json=json):
        from amopt import decisions, overview
        from amopt.report import machine, overviews

        targets = require_room(None, html, html_light)
        with working(json=json, of="reading"):
            found = overview.show(decisions.load(file))
        targets.write_pages(lambda: overviews.document_of(found))
        if json:
            typer.echo(machine.pretty(found.to_dict()), nl=False)
        else:
            overviews.print_overview(found)


def compare(
    before: Side,
    after: Side,
    *,
    solve: Annotated[
        bool, typer.Option(help="Solve two instances and compare their answers, too.")
    ] = True,
    time_limit: SolveSeconds = None,
    gap: SolveGap = None,
    json: Json = False,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Say what changed from one instance or answer to another, the largest change first."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.errors import UsageError
        from amopt.files import MARK
        from amopt.report import compared
        from amopt.scenarios.comparison import compare_answers, compare_instances

        targets = require_room(None, html, html_light, xlsx)
        answers = [(Path(side) / MARK).exists() for side in (before, after)]
        if any(answers) and not all(answers):
            raise UsageError("name two instances or two answers, not one of each")
        solves = None
        if all(answers):
            first, second = (decisions.load_solution(side) for side in (before, after))
            found = {"answers": compare_answers(first, second)}
        else:
            with working(json=json, of="reading"):
                old, new = (decisions.load(side) for side in (before, after))
                found = {"data": compare_instances(old, new)}
            if solve:
                sides = ((before, old), (after, new))
                solves = _solved(sides, time_limit, gap, shown=not json)
                if solves.both is not None:
                    found["answers"] = solves.both
        found = _told_apart(found, before, after)
        targets.write_pages(lambda: compared.document_of(found, solves))
        targets.write_book(lambda: compared.tables_of(found, solves))
        if json:
            typer.echo(compared.as_json(found, solves), nl=False)
        else:
            compared.print_comparisons(found, solves)


def _solved(
    sides: Sequence[tuple[str, Instance]],
    time_limit: float | None,
    gap: float | None,
    *,
    shown: bool,
) -> Solved:
    """Solve the two instances, and show how far they are."""
    from amopt.report import waiting
    from amopt.scenarios.comparison import solved

    with waiting.following(wanted=shown) as told:
        return solved(
            sides,
            time_limit=time_limit,
            gap=gap,
            progress=told.count,
            at_solve=told.hear,
        )


def _told_apart(found: dict[str, Comparison], before: str, after: str) -> dict[str, Comparison]:
    """Add where the two come from, should both have one name: a copy keeps that of the first."""
    from dataclasses import replace

    return {
        name: one
        if one.before != one.after or before == after
        else replace(one, before=f"{one.before} ({before})", after=f"{one.after} ({after})")
        for name, one in found.items()
    }


def sensitivity(
    file: File,
    *,
    step: Annotated[
        float, typer.Option(help="Share by which each input is lowered and raised.", metavar="S")
    ] = 0.1,
    time_limit: SolveSeconds = None,
    gap: SolveGap = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    json: Json = False,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
    quiet: Quiet = False,
) -> None:
    """Say which inputs move the answer most: each is changed by a step and solved again."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import tornado, waiting
        from amopt.scenarios.sensitivity import sensitivity as of_inputs

        targets = require_room(None, html, html_light, xlsx)
        instance = decisions.load(file)
        with (
            waiting.following(wanted=not json and not quiet) as told,
            executing(workers, scheduler, told.hear) as executor,
        ):
            found = of_inputs(
                instance,
                step=step,
                time_limit=time_limit,
                gap=gap,
                executor=executor,
                progress=told.count,
                at_solve=told.hear,
            )
        targets.write_pages(lambda: tornado.document_of(found))
        targets.write_book(lambda: tornado.tables_of(found))
        if json:
            typer.echo(tornado.as_json(found), nl=False)
        elif not quiet:
            tornado.print_sensitivity(found)


def alternatives(
    file: File,
    *,
    within: Annotated[
        str, typer.Option(help="Share beyond the optimum: 1% or 0.01.", metavar="S")
    ] = "1%",
    most: Annotated[int, typer.Option(help="How many other plans to look for.")] = 5,
    apart: Annotated[int, typer.Option(help="In how many choices plans differ at least.")] = 1,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds for everything together.", metavar="S")
    ] = None,
    json: Json = False,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
    quiet: Quiet = False,
) -> None:
    """Find other plans that cost little more than the best one, and what they would mean."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import waiting
        from amopt.report.studies import alternatives as report
        from amopt.scenarios.alternatives import alternatives as of_plans

        targets = require_room(None, html, html_light, xlsx)
        instance = decisions.load(file)
        with waiting.counting(wanted=not json and not quiet, limit=time_limit) as progress:
            found = of_plans(
                instance,
                within=_share(within),
                most=most,
                apart=apart,
                time_limit=time_limit,
                progress=progress,
            )
        targets.write_pages(lambda: report.document_of(found))
        targets.write_book(lambda: report.tables_of(found))
        if json:
            typer.echo(report.as_json(found), nl=False)
        elif not quiet:
            report.print_alternatives(found)


def _share(text: str) -> float:
    """Return a share that is written as hundredths or as a number.

    Raises
    ------
    UsageError
        When it is neither.
    """
    from amopt.errors import UsageError

    try:
        number = float(text.strip().removesuffix("%"))
    except ValueError:
        raise UsageError(f"--within is a share such as 1% or 0.01, not {text!r}") from None
    return number / 100.0 if text.strip().endswith("%") else number
