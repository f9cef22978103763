"""The commands of sourcing: frontiers, Pareto answers, replays, registers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amopt.cli.common import (
    AsOf,
    File,
    Html,
    HtmlLight,
    Json,
    Out,
    Quotes,
    Xlsx,
    give,
    on_record,
    reporting,
    require_room,
    working,
)

if TYPE_CHECKING:
    from amopt.report.document import Document
    from amopt.solution import Solution

__all__ = ["app"]

app = typer.Typer()


@app.command()
def frontier(
    file: File,
    *,
    asset_exists: Annotated[
        bool | None,
        typer.Option(
            "--asset-exists/--no-asset",
            help="Suppose that all tooling exists, or none; left out, as the file says.",
        ),
    ] = None,
    quotes: Quotes = None,
    as_of: AsOf = None,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Compare every offer with conventional supply: savings, scenarios, switchover quantities."""
    with reporting(json=json):
        from amopt import decisions, sourcing

        targets = require_room(out, html, html_light, xlsx)
        instance = decisions.load_of("sourcing", file, given=on_record(quotes, as_of))
        with working(json=json):
            found = sourcing.frontier(instance, asset_exists=asset_exists)
        give(found, targets, json=json, instance=instance)


@app.command()
def pareto(
    file: File,
    *,
    by: Annotated[
        str, typer.Option(help="Two of cost, downtime, weeks, kg_co2.", metavar="A,B")
    ] = "cost,weeks",
    most: Annotated[int, typer.Option(help="Most answers.", min=1)] = 100,
    time_limit: Annotated[
        float,
        typer.Option(help="Seconds that the whole search may take.", metavar="S", min=0),
    ] = 300.0,
    quotes: Quotes = None,
    as_of: AsOf = None,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Find the answers that no other answer beats in both of two criteria."""
    with reporting(json=json):
        from amopt import decisions, sourcing
        from amopt.program.solver.options import Options

        targets = require_room(out, html, html_light, xlsx)
        instance = decisions.load_of("sourcing", file, given=on_record(quotes, as_of))
        criteria = tuple(by.split(","))
        with working(json=json, limit=time_limit) as progress:
            options = Options(time_limit=time_limit)
            found = sourcing.pareto(
                instance, criteria, most=most, options=options, progress=progress
            )
        give(found, targets, json=json, instance=instance)


@app.command()
def worth(
    file: File,
    *,
    limits: Annotated[
        str, typer.Option(help="Only these: prints, machine_hours ..., suppliers.", metavar="A,B")
    ] = "",
    step: Annotated[
        list[str] | None,
        typer.Option(
            help="How much one more of a limit is, in its unit; left out, one.",
            metavar="LIMIT=AMOUNT",
        ),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds that all solves may take.", metavar="S")
    ] = None,
    quotes: Quotes = None,
    as_of: AsOf = None,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Tell what each limit costs, what one unit more is worth, and what a supplier's loss costs."""
    with reporting(json=json):
        from amopt import decisions, sourcing
        from amopt.program.solver.options import Options
        from amopt.report import waiting
        from amopt.sourcing.worth.steps import steps_of

        targets = require_room(out, html, html_light, xlsx)
        instance = decisions.load_of("sourcing", file, given=on_record(quotes, as_of))
        wanted = [name.strip() for name in limits.split(",") if name.strip()]
        steps, options = steps_of(step or ()), Options(time_limit=time_limit)
        with waiting.counting(wanted=not json, limit=time_limit) as progress:
            found = sourcing.worth_of_limits(
                instance, wanted, steps=steps, options=options, progress=progress
            )
        give(found, targets, json=json, instance=instance)


@app.command()
def ranges(
    file: File,
    *,
    supplier: Annotated[str | None, typer.Option(help="Only this supplier; left out, all.")] = None,
    chosen: Annotated[
        bool, typer.Option("--chosen", help="Only offers that get an order.")
    ] = False,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds that all solves may take.", metavar="S")
    ] = None,
    quotes: Quotes = None,
    as_of: AsOf = None,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Tell up to which price chosen offers stay chosen, and from which others would be."""
    with reporting(json=json):
        from amopt import decisions, sourcing
        from amopt.program.solver.options import Options
        from amopt.report import waiting

        targets = require_room(out, html, html_light, xlsx)
        instance = decisions.load_of("sourcing", file, given=on_record(quotes, as_of))
        options = Options(time_limit=time_limit)
        with waiting.counting(wanted=not json, limit=time_limit) as progress:
            found = sourcing.price_ranges(
                instance, supplier, others=not chosen, options=options, progress=progress
            )
        give(found, targets, json=json, instance=instance)


@app.command()
def orders(
    solution: Annotated[Path, typer.Argument(help="An answer that --out wrote, or its json.")],
    *,
    out: Annotated[Path, typer.Option(help="A new folder: one csv a supplier.", metavar="FOLDER")],
    html: Html = None,
    html_light: HtmlLight = None,
) -> None:
    """Write one purchase order a supplier, as a table that can be mailed.

    It says what the supplier is paid; what is paid to others is said here, and not in it.
    """
    with reporting():
        from amopt import decisions
        from amopt.sourcing.answer.purchase_orders import in_words, write_purchase_orders

        targets = require_room(out, html, html_light)
        answer = decisions.load_solution(solution)
        written = write_purchase_orders(answer, out)
        targets.write_pages(lambda: _orders_page(answer))
        for file in written:
            typer.echo(f"{file} written")
        typer.echo(in_words(answer))


def _orders_page(answer: Solution) -> Document:
    """Return the purchase orders of an answer as a page, a supplier a part."""
    from amopt.report.document import Document, Grid, Section
    from amopt.sourcing.answer.purchase_orders import COLUMNS, in_words, purchase_orders

    return Document(
        f"Purchase orders: {answer.name}",
        sections=[
            Section(
                supplier,
                f"{rows[-1]['amount']:,.2f} {answer.currency} in all.",
                table=Grid(f"orders at {supplier}", rows, COLUMNS, answer.currency),
            )
            for supplier, rows in purchase_orders(answer).items()
        ]
        + [Section("What the plan costs", in_words(answer))],
    )


@app.command()
def quotes(
    file: File,
    *,
    log: Annotated[
        Path | None,
        typer.Option(help="The quote log: csv, parquet or SQLite; left out, that of the file."),
    ] = None,
    sources: Annotated[
        Path | None, typer.Option(help="A file of sources to ask now; left out, nobody is asked.")
    ] = None,
    freeze: Annotated[
        Path | None, typer.Option(help="Write the instance with its quotes to this new file.")
    ] = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Ask for quotes and log the answers; freeze them into an instance."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import machine, terminal, waiting
        from amopt.sourcing.quotes.desk import COLUMNS, desk

        doing = "reading quotes" if sources is None else "asking for quotes"
        with waiting.counting(wanted=not json, of=doing) as progress:
            told = desk(
                decisions.locate(file),
                log=log,
                sources=sources,
                freeze=freeze,
                as_of=as_of,
                progress=progress,
            )
        if json:
            typer.echo(
                machine.listing_json("quotes", told.rows, told.findings, pieces=told.pieces),
                nl=False,
            )
        else:
            terminal.print_rows(told.rows, COLUMNS, all_of_it="--json has all of it")
            terminal.print_findings(told.findings)
            typer.echo(told.said)


@app.command()
def replay(
    file: File,
    events: str,
    *,
    quotes: Annotated[
        Path | None, typer.Option(help="A quote log, read at each time of the replay.")
    ] = None,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
) -> None:
    """Replay a file of events: at each one the open lines are decided again."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import waiting
        from amopt.sourcing.rolling.replay import load_events
        from amopt.sourcing.rolling.replay import replay as replay_events

        targets = require_room(out, html, html_light, xlsx)
        instance = decisions.load_of("sourcing", file)
        happening = load_events(decisions.locate(events), instance)
        if quotes is not None:
            from amopt.sourcing.quotes.events import with_quotes_on_record

            happening = with_quotes_on_record(instance, happening, quotes)
        with waiting.counting(wanted=not json) as progress:
            found = replay_events(instance, happening, at_event=progress)
        give(found, targets, json=json, instance=instance)


@app.command()
def commit(
    solution: Annotated[Path, typer.Argument(help="An answer that --out wrote, or its json.")],
    *,
    register: Annotated[Path, typer.Option(help="The register; made where there is none.")],
    instance: Annotated[
        str | None, typer.Option(help="The instance: the referee checks the answer again.")
    ] = None,
    reference: Annotated[
        str, typer.Option(help="What tells two wanted orders of the same plan apart.")
    ] = "",
    json: Json = False,
) -> None:
    """Record the licensed prints of an answer in a register, all of them or none."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import machine
        from amopt.sourcing.register.register import commit as commit_plan

        with working(json=json, of="checking"):
            receipt = commit_plan(
                decisions.load_solution(solution),
                register,
                instance=None if instance is None else decisions.load_of("sourcing", instance),
                reference=reference,
            )
        words = "".join(f"{sentence}\n" for sentence in receipt.headline())
        typer.echo(machine.pretty(receipt.to_dict()) if json else words, nl=False)
