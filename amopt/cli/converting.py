"""``amopt convert``: from one format to another, and to and from files of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amopt.cli.common import Answer, Json, answered, reporting, working

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amopt.anura import Remark

__all__ = ["convert"]

_OPTIONS = {
    "--from anura": ("kind", "life_years", "co2_unit", "am", "lossy", "more"),
    "--from orlib-cap": ("capacity", "uncapacitated"),
    "--from table": ("columns",),
    "--to anura": ("answer", "scenario"),
    "--to graph": ("answer",),
}
"""The options that only one conversion has."""


def convert(
    context: typer.Context,
    file: Path,
    out: Path,
    *,
    source_format: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="orlib-cap: OR-Library's warehouses; anura: the schema of Cosmic Frog; table: a "
            "workbook or folder of csv with other headings, which --columns tells.",
        ),
    ] = None,
    target_format: Annotated[
        str | None,
        typer.Option(
            "--to",
            help="anura: write the answer into output tables of that schema; graph: the answer on "
            "its network, .geojson, .graphml or .json (node-link).",
        ),
    ] = None,
    capacity: Annotated[
        float | None, typer.Option(help="Capacity where the file says 'capacity' (orlib-cap).")
    ] = None,
    uncapacitated: Annotated[
        bool, typer.Option(help="Leave the capacities out (orlib-cap).")
    ] = False,
    columns: Annotated[
        Path | None,
        typer.Option(help="What stands in which table and column (table).", metavar="FILE"),
    ] = None,
    kind: Annotated[str, typer.Option(help="placement or sourcing (anura).")] = "placement",
    life_years: Annotated[
        float | None, typer.Option(help="Life of machines (anura); left out, the horizon.")
    ] = None,
    co2_unit: Annotated[str, typer.Option(help="Unit of CO2 (anura): kg, t, g, lb.")] = "kg",
    am: Annotated[
        str, typer.Option(help="Suppliers that print, separated by commas (anura, sourcing).")
    ] = "",
    lossy: Annotated[
        bool, typer.Option("--lossy", help="Leave out what is refused (anura).")
    ] = False,
    more: Annotated[
        Path | None,
        typer.Option(
            "--with", help="A second file, merged by name: what the schema lacks (anura)."
        ),
    ] = None,
    answer: Answer = None,
    scenario: Annotated[str | None, typer.Option(help="Name of the scenario (--to anura).")] = None,
    json: Json = False,
) -> None:
    """Write an instance in another format: .yaml, .json, .xlsx, or a folder of csv files.

    With --from, the file is one of another program; with --to, the answer goes to one.
    """
    with reporting(json=json):
        from amopt.kinds import require

        known = target_format in (None, "anura", "graph")
        require(known, f"unknown format {target_format!r}; known: anura and graph")
        require(source_format is None or target_format is None, "give --from or --to, not both")
        _refuse_others(context, source_format, target_format)
        if target_format is None:
            from amopt.instance.workbook.rewriting import require_target

            require_target(out)
        if target_format == "graph":
            _write_graph(str(file), out, answer, json=json)
        elif target_format is not None:
            _write_back(str(file), out, answer, scenario, json=json)
        elif source_format == "anura":
            from amopt import anura

            suppliers = tuple(filter(None, map(str.strip, am.split(","))))
            with working(json=json, of="converting"):
                found = anura.convert(
                    file,
                    out,
                    kind=kind,
                    life_years=life_years,
                    co2_unit=co2_unit,
                    am=suppliers,
                    lossy=lossy,
                    more=more,
                )
            _report(found.remarks, out, json=json)
        elif source_format == "table":
            from amopt.kinds import convert_tables

            require(columns is not None, "--from table needs --columns FILE: what stands where")
            assert columns is not None
            with working(json=json, of="converting"):
                convert_tables(file, columns, out)
            _report([], out, json=json)
        elif source_format is None:
            from amopt import decisions

            with working(json=json, of="converting"):
                decisions.convert(file, out)
                moved = out.absolute().parent != file.absolute().parent
                wrong = decisions.check(out) if moved else []
            _report(
                [], out, json=json, lacks=[one.message for one in wrong if one.severity == "error"]
            )
        else:
            from amopt.placement.instance.conversion import convert as of_library

            with working(json=json, of="converting"):
                of_library(
                    file, out, source_format, capacity=capacity, capacitated=not uncapacitated
                )
            _report([], out, json=json)


def _refuse_others(context: typer.Context, source: str | None, target: str | None) -> None:
    """Refuse the options of other conversions than the one that is asked for."""
    from amopt.kinds import require

    asked = f"--to {target}" if target else f"--from {source}" if source else ""
    for conversion, names in _OPTIONS.items():
        for name in set(names) - set(_OPTIONS.get(asked, ())):
            said = context.get_parameter_source(name)
            option = "--with" if name == "more" else f"--{name.replace('_', '-')}"
            wrong = said is not None and said.name != "DEFAULT"
            require(not wrong, f"{option} is for {conversion}; leave it out")


def _write_graph(file: str, out: Path, answer: Path | None, *, json: bool) -> None:
    """Write an answer on its network, for a GIS tool or another library of graphs."""
    from amopt import decisions, files
    from amopt.network import write_graph

    files.require_writable_file(out)
    with working(json=json):
        instance = decisions.load(file)
        graph = decisions.graph_of(instance, answered(instance, answer))
    write_graph(graph, out)
    if json:
        _say_as_json({"written": str(out), "nodes": len(graph), "edges": graph.number_of_edges()})
        return
    typer.echo(f"{out} written: {len(graph)} nodes, {graph.number_of_edges()} edges")


def _write_back(
    file: str, out: Path, answer: Path | None, scenario: str | None, *, json: bool
) -> None:
    """Write an answer into output tables of the schema."""
    from amopt import anura, decisions
    from amopt.anura.outputs.writing import require_target

    require_target(out)
    with working(json=json):
        instance = decisions.load(file)
        tables = anura.write_back(instance, answered(instance, answer), out, scenario=scenario)
    if json:
        _say_as_json({"written": str(out), "tables": list(tables)})
        return
    typer.echo(f"{out}: {len(tables)} tables written: {', '.join(tables)}")


def _report(remarks: Sequence[Remark], out: Path, *, json: bool, lacks: Sequence[str] = ()) -> None:
    """Print what was left out and assumed, as a table or as JSON, and what has to follow it."""
    from amopt.report import terminal
    from amopt.solution import Column

    if json:
        told = [remark.to_dict() for remark in remarks]
        more = {"lacks": list(lacks)} if lacks else {}
        _say_as_json({"written": str(out), "remarks": told, **more})
        return
    names = ("sort", "table", "column", "row", "rows", "reason")
    columns = [Column(name, "", "") for name in names]
    if remarks:
        rows = [remark.to_dict() for remark in remarks]
        terminal.print_rows(rows, columns, title="not taken as it stands", all_of_it="--json")
    if lacks:
        typer.echo(f"{out} written; copy what it names to its folder: {' '.join(lacks)}")
        return
    typer.echo(f"{out} written; solve it with: amopt solve {out}")


def _say_as_json(said: dict[str, Any]) -> None:
    from amopt.report import machine

    typer.echo(machine.pretty(said), nl=False)
