"""Benchmarks by name.

python -m benchmarks list                     # what there is
python -m benchmarks run [NAMES] [--size S] [--out FOLDER]
python -m benchmarks run --smoke              # all, small, as continuous integration does
python -m benchmarks page [NAMES]             # the tables of the docs, one after the other
python -m benchmarks NAME ...                 # a script with options of its own
"""

from __future__ import annotations

import argparse
import datetime
import json
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import _protocol

_protocol.pin()

import _page  # noqa: E402
import _tables  # noqa: E402
from _registry import Script, Spec, registry, scripts  # noqa: E402


def main() -> None:
    """Run what the first argument names."""
    own = scripts()
    if len(sys.argv) > 1 and sys.argv[1] in own:
        name = sys.argv.pop(1)
        runpy.run_path(str(own[name].path), run_name="__main__")
        return
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list the benchmarks")
    run = commands.add_parser("run", help="run benchmarks and keep what they measure")
    run.add_argument("names", nargs="*", metavar="NAME", help="left out, all")
    run.add_argument("--smoke", action="store_true", help="the smallest size of each, one round")
    run.add_argument("--size", default="usual", choices=("smoke", "usual", "large"))
    run.add_argument("--rounds", type=int, default=7, help="rounds that count")
    run.add_argument("--limit", type=float, default=1800.0, help="seconds for each script")
    run.add_argument("--out", type=Path, help="folder for the results, a file a run")
    run.add_argument("--markdown", type=Path, help="write the rows of the specs as a table")
    page = commands.add_parser("page", help="measure anew what the docs show, and keep the tables")
    page.add_argument("names", nargs="*", metavar="NAME", help="left out, all")
    page.add_argument("--out", type=Path, default=_tables.RESULTS, help="folder of the tables")
    page.add_argument("--limit", type=float, default=1800.0, help="seconds for each script")
    page.add_argument("--list", action="store_true", help="say how long each took, and end")
    asked = parser.parse_args()
    if asked.command == "list":
        listed()
        return
    if asked.command == "page":
        known = _tables.tables()
        if unknown := sorted(set(asked.names) - set(known)):
            parser.error(f"no table: {', '.join(unknown)}; there are {', '.join(known)}")
        if asked.list:
            print("\n".join(_tables.listed(asked.out)))
            return
        chosen = [one for name, one in known.items() if name in (asked.names or known)]
        sys.exit(_tables.redone(chosen, asked.out, asked.limit))
    unknown = sorted(set(asked.names) - set(registry()))
    if unknown or asked.rounds < 1:
        parser.error(f"unknown: {', '.join(unknown)}" if unknown else "--rounds must be 1 or more")
    sys.exit(ran(asked))


def listed() -> None:
    """Print the benchmarks, with phases and sizes."""
    for name, one in registry().items():
        if isinstance(one, Spec):
            phases = ", ".join(one.phases)
            sizes = ", ".join(f"{size} {number:,}" for size, number in one.sizes.items())
            print(f"{name:20} {one.what}\n{'':20} phases: {phases}; sizes: {sizes}")
        else:
            print(f"{name:20} {one.what}\n{'':20} python -m benchmarks {name} --help")


def ran(asked: Any) -> int:
    """Run, print and keep; return 1 where a script failed."""
    chosen = [one for name, one in registry().items() if name in (asked.names or registry())]
    own = [one for one in chosen if isinstance(one, Script)]
    size, rounds = ("smoke", 1) if asked.smoke else (asked.size, asked.rounds)
    record: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": _protocol.machine(),
        "rows": [],
    }
    run = partial(_protocol.run_script, smoke=asked.smoke, limit=asked.limit)
    with ThreadPoolExecutor(2) as pool:
        # Smoke runs go side by side, because nobody looks at their times; else nothing does.
        started = pool.map(run, own) if asked.smoke else map(run, own)
        for spec in chosen:
            if isinstance(spec, Spec):
                record["rows"] += shown(spec, size, rounds)
        failed = False
        for row in started:
            record["rows"].append(row)
            failed |= row["exit"] != 0
            print(f"-- {row['benchmark']}: exit {row['exit']}, {row['seconds']:.1f} s")
            print("\n".join(f"   {line}" for line in row["said"]), flush=True)
    if asked.out:
        keep(record, asked.out)
    if asked.markdown:
        from amopt.files import write_text

        write_text(asked.markdown, _page.table([row for row in record["rows"] if "way" in row]))
    return int(failed)


def shown(spec: Spec, size: str, rounds: int) -> list[dict[str, Any]]:
    """Measure a spec and print its rows."""
    rows = list(_protocol.measured(spec, size, rounds))
    print(f"-- {spec.name}, {size} ({spec.sizes[size]:,}): {spec.what}")
    for row in rows:
        print(
            f"   {row['phase']:16} {row['way']:30} {row['seconds']:10.4f} s {row['ratio']:10.3f} x",
            flush=True,
        )
    return rows


def keep(record: dict[str, Any], folder: Path) -> None:
    """Write what was measured as a small file, named by release and date, whole or not at all."""
    from amopt.files import write_text

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record['machine']['amopt']}-{record['date']}.json"
    write_text(path, json.dumps(record, indent=1) + "\n")
    print(f"kept in {path}")


if __name__ == "__main__":
    main()
