"""The command line: one short function a command, no logic.

Exit codes: 0 solved, 2 usage, 3 invalid instance, 4 infeasible, 5 no answer within the limits,
6 refused by the referee, 7 a number of the literature is not as recorded.
"""

from __future__ import annotations

import io
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from amopt.cli import comparing, converting, measured
from amopt.cli.common import (
    AsOf,
    File,
    Html,
    HtmlLight,
    Json,
    Kind,
    Late,
    Out,
    Quiet,
    Quotes,
    Verbose,
    Xlsx,
    as_if_gone,
    as_if_without,
    cost_of_limits,
    give,
    on_record,
    only_for,
    reporting,
    require_room,
    working,
)

__all__ = ["app", "main"]

app = typer.Typer(
    name="amopt",
    help="Optimisation models for supply chains with additive manufacturing.",
    epilog="Start with: amopt list, then amopt solve printing/mission",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
ROOMS = {
    "printing": "More about a printing instance.",
    "sourcing": "More about a sourcing instance.",
    "placement": "More about a placement instance.",
    "design": "More about a design instance.",
    "screening": "More about a screening instance.",
    "licensing": "More about a licensing instance.",
    "maintenance": "More about a maintenance instance.",
    "mdp": "Markov decision processes in files of others.",
}
"""The groups of commands: each has a file of its name, and what it is for."""

for room, purpose in ROOMS.items():
    app.add_typer(typer.Typer(cls=Late), name=room, help=purpose, no_args_is_help=True)


app.command()(converting.convert)
app.command()(comparing.show)
app.command()(comparing.compare)
app.command()(comparing.sensitivity)
app.command()(comparing.alternatives)
app.command()(measured.reproduce)
app.command()(measured.sweep)


@app.callback(invoke_without_command=True)
def root(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    """Optimisation models for supply chains with additive manufacturing."""
    if version:
        from amopt import __version__

        typer.echo(f"amopt {__version__}")
        raise typer.Exit


@app.command()
def solve(  # every option of the command line is a parameter
    file: File,
    *,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds that the solver may take.", metavar="S")
    ] = None,
    gap: Annotated[
        float | None, typer.Option(help="Relative gap at which to stop.", metavar="G")
    ] = None,
    threads: Annotated[int, typer.Option(help="Threads for the solver; 0: it chooses.")] = 1,
    seed: Annotated[int, typer.Option(help="Random seed of the solver.")] = 0,
    method: Annotated[
        str, typer.Option(help="auto, or a method of the decision.", metavar="M")
    ] = "auto",
    register: Annotated[
        Path | None, typer.Option(help="Licence register (sourcing): only what is left counts.")
    ] = None,
    quotes: Quotes = None,
    as_of: AsOf = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="As if this supplier took no orders, or conventional (sourcing).",
            metavar="SUPPLIER",
        ),
    ] = None,
    worth: Annotated[
        bool | None,
        typer.Option(
            "--worth/--no-worth",
            help="Tell what each limit costs (sourcing); left out, where that is quick.",
        ),
    ] = None,
    forms: Annotated[
        bool, typer.Option(help="Solve for the pure forms beside the plan, too (placement).")
    ] = True,
    certify: Annotated[
        bool, typer.Option("--certify", help="Let the linear program confirm it (printing).")
    ] = False,
    write_lp: Annotated[
        Path | None, typer.Option(help="Write the program as an LP file too.")
    ] = None,
    write_mps: Annotated[
        Path | None, typer.Option(help="Write the program as an MPS file too.")
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Solve an instance and show the answer."""
    with reporting(json=json, verbose=verbose):
        from amopt import decisions, files

        given = on_record(quotes, as_of)
        targets = require_room(out, html, html_light, xlsx)
        for path in filter(None, (write_lp, write_mps)):
            files.require_writable_file(path)
        with working(json=json, quiet=quiet, of="reading"):
            instance = decisions.load(file, given=given)
        asked = {"--register": register, "--without": without, "--worth": worth}
        for option in (option for option, value in asked.items() if value is not None):
            only_for(instance, "sourcing", option)
        if without:
            from amopt import sourcing

            instance = sourcing.without_suppliers(cast("Any", instance), without)
        more: dict[str, object] = {} if register is None else {"register": register}
        if not forms:
            only_for(instance, "placement", "--no-forms")
            more["forms"] = False
        if certify:
            only_for(instance, "printing", "--certify")
            more["certify"] = True
        for path in filter(None, (write_lp, write_mps)):
            decisions.write_program(instance, path, method=method)
        shown = working(json=json, quiet=quiet, limit=time_limit)
        with as_if_without(without), shown as progress:
            solution = decisions.solve(
                instance,
                method=method,
                time_limit=time_limit,
                gap=gap,
                threads=threads,
                seed=seed,
                progress=progress,
                **more,
            )
        if without:
            solution = replace(solution, notes=(*solution.notes, as_if_gone(without)))
        if worth or (worth is None and getattr(instance, "may_be_limited", False)):
            solution = cost_of_limits(
                solution,
                instance,
                always=worth is True,
                shown=not (json or quiet),
                time_limit=time_limit,
                given={"method": method, "register": register},
                options={"gap": gap, "threads": threads, "seed": seed},
            )
        give(solution, targets, json=json, quiet=quiet, instance=instance)


@app.command()
def check(file: File, *, quotes: Quotes = None, as_of: AsOf = None, json: Json = False) -> None:
    """Say everything that is wrong with an instance file, without solving it."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import machine, terminal

        given = on_record(quotes, as_of)
        with working(json=json, of="checking"):
            findings = decisions.check(file, given=given)
        if json:
            typer.echo(machine.findings_json(findings), nl=False)
        elif findings:
            terminal.print_findings(findings)
        else:
            typer.echo(f"{file}: nothing wrong")
        raise typer.Exit(machine.exit_code(findings))


@app.command()
def new(
    kind: Kind,
    file: Annotated[
        Path | None,
        typer.Argument(
            help="File to write: .yaml, .xlsx, or a folder of csv files; left out, it is printed."
        ),
    ] = None,
    *,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Write a workbook, KIND.xlsx.")] = False,
) -> None:
    """Give a commented template of an instance file."""
    with reporting():
        from amopt import decisions, files

        if file is None and xlsx:
            file = Path(f"{kind}.xlsx")
        if file is None:
            typer.echo(decisions.template(kind), nl=False)
            return
        if file.suffix.lower() in ("", ".xlsx"):
            decisions.write_template(kind, file)
        else:
            endings = (".yaml", ".yml", ".xlsx")
            files.write_new(file, decisions.template(kind), endings=endings)
        typer.echo(f"{file} written; edit it, then: amopt solve {file}")


@app.command()
def schema(kind: Kind) -> None:
    """Print the JSON Schema of a decision's instance file."""
    with reporting():
        from amopt import decisions
        from amopt.report import machine

        typer.echo(machine.pretty(decisions.schema(kind)), nl=False)


@app.command(name="list")
def list_(*, json: Json = False) -> None:
    """List the decisions and the instances that ship with amopt."""
    with reporting(json=json):
        from amopt import decisions
        from amopt.report import machine

        shipped = decisions.shipped()
        if json:
            typer.echo(machine.listing_json("instances", shipped), nl=False)
            return
        typer.echo("Decisions:")
        for kind, question in decisions.questions().items():
            typer.echo(f"  {kind:<32} {question}")
        typer.echo("Instances that ship with amopt:")
        for entry in shipped:
            typer.echo(f"  {entry['instance']:<32} {entry['name']}")


def main() -> None:
    """Run the command line.

    An interrupt ends it with code 130, being terminated with 143, a closed pipe silently; what the
    terminal cannot show is shown as an escape.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        sys.exit(_cannot_print(error))
    except SystemExit as end:
        _explain(end)
        raise


def _cannot_print(error: OSError) -> int:
    """Say that standard output takes nothing more, and return the exit code."""
    typer.echo(f"error  cannot write the answer: {error.strerror or error}", err=True)
    sys.stdout = None  # or it is flushed once more, in vain
    return 2


def _explain(end: SystemExit) -> None:
    """Print one JSON object for a command line that could not be parsed, where JSON is wanted."""
    if end.code != 2 or "--json" not in sys.argv:
        return
    from amopt.errors import AmoptError, UsageError

    if not isinstance(getattr(end.__context__, "__cause__", None), AmoptError):
        from amopt.report import machine

        words = "the command line could not be understood; standard error says why"
        typer.echo(machine.error_json(UsageError(words)), nl=False)
