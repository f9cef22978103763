"""Large files by themselves: read and checked, and written anew in each format."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from _markdown import table
from _sourcing_portfolio import portfolio

from amopt.instance.formats.yaml_writing import yaml_text

HERE = Path(__file__).parent
LARGE, USUAL, SMOKE = 10_000, 2_000, 20
"""Lines of sourcing: 43 MB of yaml, 8 MB, and few."""

Text = Callable[[Mapping[str, Any]], str]
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_dumped = partial(yaml.dump, Dumper=_DUMPER, sort_keys=False)
TEXTS: Mapping[str, tuple[str, Text]] = {
    "json": (".json", json.dumps),
    "yaml of PyYAML": (".pyyaml.yaml", _dumped),
    "yaml of amopt": (".yaml", yaml_text),
}
TARGETS = {"json": ".json", "yaml": ".yaml", "xlsx": ".xlsx", "csv": ""}
"""What an instance is written as; without an ending, a folder of csv files."""

READ = """
gc.disable()  # as where a file is loaded
begun = time.process_time()
document = document_of(sys.argv[1], kinds.instance_type, kinds.KINDS)
read = time.process_time() - begun
assert examined(document, kinds.instance_type, kinds.KINDS).instance is not None
check = time.process_time() - begun - read
print(json.dumps({"read": read, "check": check, "megabytes": peak() - idle}))
"""
CONVERT = """
begun = time.process_time()
kinds.convert(sys.argv[1], sys.argv[2])
print(json.dumps({"seconds": time.process_time() - begun, "megabytes": peak() - idle}))
"""
CHILD = f"""
import gc, json, sys, time
sys.path.insert(0, {str(HERE)!r})
from _memory import peak
from amopt import kinds
from amopt.instance.loader import examined
from amopt.instance.workbook.opening import document_of
import amopt.sourcing
idle = peak()
"""


def child(work: str, *words: str | Path) -> dict[str, Any]:
    """Return what a process of its own says of its work."""
    command = [sys.executable, "-c", CHILD + work, *map(str, words)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def held(path: Path) -> float:
    """Return the megabytes of a file or folder."""
    files: Iterable[Path] = [path] if path.is_file() else path.iterdir()
    return sum(file.stat().st_size for file in files) / 1e6


def written(folder: Path, lines: int) -> dict[str, Path]:
    """Write so many lines as text, as amopt and as others do; return the files by their names."""
    data, files = portfolio(lines, 7), {}
    for name, (ending, text) in TEXTS.items():
        files[name] = folder / f"{lines}{ending}"
        files[name].write_text(text(data), encoding="utf-8")
    return files


def reading(folder: Path, lines: int) -> Iterator[Sequence[str]]:
    """Yield a row a format: the megabytes, and the seconds to read and to check it."""
    for name, file in written(folder, lines).items():
        row = child(READ, file)
        spent = (row["read"], row["check"], row["read"] + row["check"])
        yield name, f"{held(file):.1f}", *(f"{each:.1f}" for each in spent), memory([row])


def converting(folder: Path, lines: int) -> Iterator[Sequence[str]]:
    """Yield a row a format: the megabytes, and the seconds to write it as each other one."""
    files = written(folder, lines)
    for source in (*files, "xlsx", "csv"):
        file, runs = files[source], {}
        for target, ending in TARGETS.items():
            if target != source:
                made = folder / f"{lines} of {source}{ending}"
                runs[target] = child(CONVERT, file, made)
                files.setdefault(target, made)
        seconds = (f"{runs[target]['seconds']:.1f}" if target in runs else "" for target in TARGETS)
        yield source, f"{held(file):.1f}", *seconds, memory(runs.values())


def memory(runs: Iterable[Mapping[str, float]]) -> str:
    """Return the most memory of runs."""
    return f"{max(run['megabytes'] for run in runs):,.0f}"


def tables(folder: Path, *, smoke: bool = False) -> Iterator[str]:
    """Yield sentences and tables of what large files take to be read and converted."""
    large, usual = (SMOKE, SMOKE + 1) if smoke else (LARGE, USUAL)
    yield (
        f"{large:,} lines of sourcing with seven suppliers, read and checked, each in a process of "
        "its own: seconds of the processor, and the most memory beyond that of the process before."
    )
    yield table(
        ["format", "MB of file", "read", "check", "both", "MB of memory"], reading(folder, large)
    )
    yield (
        f"{usual:,} lines from each format (rows) to each other one (columns) by `amopt convert`, "
        "which checks what it reads: seconds of the processor without the start, and the most "
        "memory of a row. Yaml is written in block style by PyYAML, and by amopt with an entry a "
        "line; csv is a folder of files."
    )
    heads = ["from", "MB", *(f"to {name}" for name in TARGETS), "MB of memory"]
    yield table(heads, converting(folder, usual))
