"""What all commands share: their options, how groups of them are found, and how they end."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_group_from_info
from typer.models import TyperInfo

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from amopt.errors import AmoptError
    from amopt.instance.common import Instance
    from amopt.program.solver.run import Progress
    from amopt.report.document import Document, Grid
    from amopt.scenarios.sweep.pools import Pool
    from amopt.solution import Solution

File = Annotated[
    str,
    typer.Argument(help="An instance: yaml, json, toml, xlsx, a folder of csv, or a shipped name."),
]
Out = Annotated[
    Path | None,
    typer.Option(help="Write solution.json and one csv a table to this folder.", metavar="FOLDER"),
]
Html = Annotated[
    Path | None,
    typer.Option(help="Write the answer as one HTML page (report extra).", metavar="FILE"),
]
HtmlLight = Annotated[
    Path | None,
    typer.Option(help="The page below 300 kB, its pictures as SVG (report extra).", metavar="FILE"),
]
Xlsx = Annotated[
    Path | None,
    typer.Option(help="Write the answer's tables as a workbook (excel extra).", metavar="FILE"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log what is done.")]
Answer = Annotated[
    Path | None,
    typer.Option(help="Take the answer from this folder instead of solving.", metavar="FOLDER"),
]
SolveSeconds = Annotated[float | None, typer.Option(help="Seconds for each solve.", metavar="S")]
SolveGap = Annotated[
    float | None, typer.Option(help="Relative gap at which each solve stops.", metavar="G")
]
Quotes = Annotated[
    Path | None, typer.Option(help="Quote log (sourcing), for offers with quotes: log.")
]
AsOf = Annotated[
    str | None,
    typer.Option(
        help="The time whose quotes count (sourcing), with its zone, or a day: its end in UTC.",
        metavar="T",
    ),
]
Workers = Annotated[int, typer.Option(help="Processes that solve side by side.")]
Scheduler = Annotated[
    str | None,
    typer.Option(help="A Dask cluster instead: tcp://host:8786.", metavar="ADDRESS"),
]
INTERRUPTED = 130
"""Exit code where Ctrl-C left no answer."""

Kind = Annotated[str, typer.Argument(help="A decision: see amopt list.")]


def on_record(quotes: Path | None, as_of: str | None) -> dict[str, Any] | None:
    """Return what the options say of quotes, as a file says it; None where they say nothing."""
    if quotes is None and as_of is None:
        return None
    from amopt.sourcing.quotes.freeze import said

    return said(quotes, as_of)


class Late(TyperGroup):
    """A group of commands in a file of its name, imported when one of them is asked for.

    To build the options of all commands takes longer than to read a small instance, and a command
    line has one command.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands."""
        self._fetch()
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; None where there is none of that name."""
        self._fetch()
        return super().get_command(ctx, cmd_name)

    def _fetch(self) -> None:
        """Import the file, unless it is there."""
        if self.commands:
            return
        own = get_group_from_info(
            TyperInfo(importlib.import_module(f"amopt.cli.{self.name}").app),
            pretty_exceptions_short=False,
            rich_markup_mode=self.rich_markup_mode,
            suggest_commands=self.suggest_commands,
        )
        self.commands.update(own.commands)


def pool_of(
    workers: int, scheduler: str | None, at_solve: Callable[[Progress], None] | None
) -> Pool | None:
    """Return what gives the executor of ``--workers`` or ``--scheduler``; None where work is here.

    Raises
    ------
    UsageError
        When there is to be less than one worker, or the ``dask`` extra is not installed.
    """
    from amopt.kinds import require

    require(workers >= 1, "--workers must be 1 or more")
    if scheduler is not None:
        from amopt.scenarios.sweep.cluster import on_cluster

        return on_cluster(scheduler)
    if workers == 1:
        return None
    from amopt.scenarios.workers import processes

    return lambda: processes(workers, at_solve)


@contextmanager
def executing(
    workers: int, scheduler: str | None, at_solve: Callable[[Progress], None] | None
) -> Iterator[Executor | None]:
    """Give the executor of ``--workers`` or ``--scheduler``, and say it where it is lost."""
    from concurrent.futures import BrokenExecutor, CancelledError

    from amopt.errors import NoAnswerError

    pool = pool_of(workers, scheduler, at_solve)
    try:
        with nullcontext() if pool is None else pool() as executor:
            yield executor
    except Exception as error:
        lost = isinstance(error, BrokenExecutor | CancelledError)
        if not lost and type(error).__name__ != "KilledWorker":
            raise
        raise NoAnswerError(f"a worker died, or all were lost ({error})") from error


def only_for(instance: Instance, kind: str, option: str) -> None:
    """Refuse an option of one decision for an instance of another.

    Raises
    ------
    UsageError
        When the instance is of another decision.
    """
    if instance.kind != kind:
        from amopt.errors import UsageError

        raise UsageError(f"{option} is for {kind}; this is a {instance.kind} instance")


@dataclass(frozen=True)
class Targets:
    """What an answer is written to; None for what was not asked for."""

    out: Path | None = None
    html: Path | None = None
    html_light: Path | None = None
    xlsx: Path | None = None

    def write_pages(self, document: Callable[[], Document]) -> None:
        """Write a page as it was asked for: with pictures that answer a pointer, or light."""
        for path, light in ((self.html, False), (self.html_light, True)):
            if path is not None:
                from amopt.report import page

                page.write_document(document(), path, light=light)

    def write_book(self, tables: Callable[[], tuple[Sequence[str], Sequence[Grid]]]) -> None:
        """Write what a study says and its tables as a workbook, if that was asked for."""
        if self.xlsx is not None:
            from amopt.report import workbook

            workbook.write_tables(*tables(), self.xlsx)

    def write_answer(self, solution: Solution, instance: Instance | None, *, quiet: bool) -> None:
        """Write an answer: its page, its workbook, and its folder."""
        if self.html is not None or self.html_light is not None:
            from amopt.report import page

            self.write_pages(lambda: page.document_of(instance, solution))
        if self.xlsx is not None:
            from amopt.report import workbook

            workbook.write_answer(solution, self.xlsx)
        if self.out is not None:
            from amopt.files import MARK

            replaced = (self.out / MARK).exists()
            solution.save(self.out)
            if replaced and not quiet:
                typer.echo(f"{self.out}: this answer replaced an earlier one", err=True)


def require_room(
    out: Path | None = None,
    html: Path | None = None,
    html_light: Path | None = None,
    xlsx: Path | None = None,
) -> Targets:
    """Return the targets; refuse what cannot be written before the work is done, not after."""
    from amopt import files

    if out is not None:
        files.require_writable_folder(out)
    for path in filter(None, (html, html_light)):
        from amopt.report import page

        page.require_writable(path)
    if xlsx is not None:
        from amopt.report import workbook

        workbook.require_writable(xlsx)
    return Targets(out, html, html_light, xlsx)


def give(
    solution: Solution,
    targets: Targets,
    *,
    json: bool,
    quiet: bool = False,
    instance: Instance | None = None,
) -> None:
    """Write and print an answer as it was asked for; all files come before the first word.

    Whoever reads standard output may stop reading, and has what he asked for all the same.
    """
    from amopt.errors import RefusedError
    from amopt.report import machine, terminal

    targets.write_answer(solution, instance, quiet=quiet)
    with stopping("the answer is known, and was not shown to its end"):
        if json:
            typer.echo(machine.pretty(solution.to_dict()), nl=False)
        elif not quiet:
            terminal.print_solution(solution)
    if not solution.verdict.accepted:
        raise typer.Exit(RefusedError.exit_code)


@contextmanager
def working(
    *, json: bool = False, quiet: bool = False, limit: float | None = None, of: str = "solving"
) -> Iterator[Callable[[Progress], None] | None]:
    """Show on a terminal that work goes on, which phase it is in, and what is left of a limit."""
    from amopt.report import waiting

    with waiting.watching(wanted=not json and not quiet, limit=limit, of=of) as progress:
        yield progress


def answered(instance: Instance, folder: Path | None) -> Solution:
    """Return the answer that a folder holds, or solve the instance where none is given."""
    from amopt import decisions

    return decisions.solve(instance) if folder is None else decisions.load_solution(folder)


def as_if_gone(suppliers: Sequence[str]) -> str:
    """Say that an answer is one as if some suppliers took no orders."""
    from amopt.phrases import listed

    names = listed(list(dict.fromkeys(repr(name) for name in suppliers)))
    return f"As if {names} took no orders; what is placed there stays."


@contextmanager
def as_if_without(suppliers: Sequence[str] | None) -> Iterator[None]:
    """Say of what has no plan, too, that some suppliers took no orders."""
    from amopt.errors import InfeasibleError

    try:
        yield
    except InfeasibleError as error:
        if suppliers:
            error.args = (f"{as_if_gone(suppliers)} {error}", *error.args[1:])
        raise


def cost_of_limits(
    solution: Solution,
    instance: Instance,
    *,
    always: bool,
    shown: bool,
    time_limit: float | None,
    given: dict[str, Any],
    options: dict[str, Any],
) -> Solution:
    """Return an answer of sourcing with what its limits cost, where it is asked for or quick."""
    from amopt import sourcing
    from amopt.program.solver.options import Options
    from amopt.report import waiting

    known = {name: value for name, value in options.items() if value is not None}
    left = None if time_limit is None else max(0.0, time_limit - solution.outcome.total_seconds)
    with waiting.counting(wanted=shown and always, limit=left) as progress:
        return sourcing.with_cost_of_limits(
            cast("Any", solution),
            cast("Any", instance),
            options=Options(time_limit=left, **known),
            only_if_quick=not always,
            progress=progress,
            **given,
        )


@contextmanager
def stopping(words: str) -> Iterator[None]:
    """Say what Ctrl-C leaves of a study, and end with the exit code of an interrupt."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"stopped: {words}", err=True)
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def reporting(*, json: bool = False, verbose: bool = False) -> Iterator[None]:
    """Turn what amopt raises into words, or one JSON object, and an exit code."""
    import logging

    from amopt.errors import AmoptError, NoAnswerError, UsageError

    form = "%(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.DEBUG if verbose else logging.ERROR, format=form)
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("stopped: there is no answer yet", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except AmoptError as error:
        stopped = getattr(getattr(error, "outcome", None), "stopped", None)
        ended = isinstance(error, NoAnswerError) and stopped == "interrupted"
        code = INTERRUPTED if ended else error.exit_code
        _report(error, code, json=json)
        raise typer.Exit(code) from error
    except OSError as error:
        if error.filename is None:  # standard output takes no more: whoever runs this says so
            raise
        cannot = UsageError(f"cannot use {error.filename}: {error.strerror or error}")
        _report(cannot, cannot.exit_code, json=json)
        raise typer.Exit(cannot.exit_code) from error


def _report(error: AmoptError, code: int, *, json: bool) -> None:
    """Print an error where it belongs: standard output as JSON, standard error as words."""
    from amopt.report import machine, terminal

    if json:
        typer.echo(machine.error_json(error, code), nl=False)
    else:
        terminal.print_error(error)
