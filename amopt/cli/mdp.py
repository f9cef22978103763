"""The commands of decision processes: those of a part to others' files, and others' solved here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amopt.cli.common import (
    File,
    Html,
    HtmlLight,
    Json,
    Out,
    Quiet,
    Xlsx,
    give,
    reporting,
    require_room,
    working,
)

__all__ = ["app"]

app = typer.Typer()


@app.command()
def export(
    file: File,
    part: Annotated[str, typer.Argument(help="The part whose decision process is written.")],
    *,
    form: Annotated[str, typer.Option("--format", help="umb, npz or prism.")],
    to: Annotated[
        Path | None,
        typer.Option(help="The file to write; left out, the part's name.", metavar="FILE"),
    ] = None,
    process: Annotated[
        str, typer.Option(help="full, or factored: one order or print at a time, in no time.")
    ] = "full",
    durations_as_rewards: Annotated[
        bool, typer.Option("--durations-as-rewards", help="Write durations, too (umb).")
    ] = False,
) -> None:
    """Write the decision process of one part of a printing instance."""
    with reporting():
        from amopt import decisions, files
        from amopt.printing.methods.export import exported, file_name

        target = file_name(part, form) if to is None else to
        files.require_writable_file(target)
        instance = decisions.load_of("printing", file)
        with working(of="writing the process"):
            written = exported(
                instance,
                part,
                target,
                form,
                process=process,
                durations_as_rewards=durations_as_rewards,
            )
        for path in written:
            typer.echo(f"{path} written")
        typer.echo(f"solve it with: amopt mdp solve {written[0]}{_criterion(instance, form)}")


def _criterion(instance: object, form: str) -> str:
    """Return the options without which a file does not say its criterion."""
    if form != "prism":
        return ""
    discount = getattr(getattr(instance, "criterion", None), "discount_per_day", None)
    return " --average" if discount is None else f" --discount {discount!r}"


@app.command()
def solve(
    arrays: Annotated[Path, typer.Argument(help="A process: .npz, .umb, or PRISM's .tra.")],
    *,
    method: Annotated[
        str,
        typer.Option(
            help="lp, policy_iteration, modified_policy_iteration or value_iteration.", metavar="M"
        ),
    ] = "lp",
    discount: Annotated[
        float | None, typer.Option(help="Discount factor a period; left out, the file's.")
    ] = None,
    average: Annotated[bool, typer.Option("--average", help="Average cost a period.")] = False,
    reward: Annotated[
        str | None, typer.Option(help="Which reward of the file is the cost; else 'cost'.")
    ] = None,
    maximise: Annotated[
        bool, typer.Option("--maximise", help="The file's reward is to be maximised.")
    ] = False,
    form: Annotated[str, typer.Option(help="Linear program: dual or primal.")] = "dual",
    start: Annotated[
        str, typer.Option(help="Linear program: policy_iteration, column_generation or cold.")
    ] = "policy_iteration",
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds that the solver may take.", metavar="S")
    ] = None,
    json: Json = False,
    out: Out = None,
    html: Html = None,
    html_light: HtmlLight = None,
    xlsx: Xlsx = None,
    quiet: Quiet = False,
) -> None:
    """Solve a decision process from a file, by linear programming or by iteration."""
    with reporting(json=json):
        from amopt.mdp.exchange.solving import solve as solve_file

        targets = require_room(out, html, html_light, xlsx)
        with working(json=json, quiet=quiet, limit=time_limit):
            solution = solve_file(
                arrays,
                method=method,
                discount=discount,
                average=average,
                reward=reward,
                maximise=maximise,
                form=form,
                start=start,
                time_limit=time_limit,
            )
        give(solution, targets, json=json, quiet=quiet)
