"""One run from the file to the judged answer, in a process of its own, for the growth with size.

python benchmarks/_scale_run.py WORK FILE HOW
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from whole_runs import Meter, judged

PHASES = ("read", "check", "build", "solve", "referee", "answer")


def _table(file: str, how: Mapping[str, Any], meter: Meter) -> None:
    """Solve the table of parts that an instance names."""
    time.perf_counter = time.process_time  # what a solve tells of its phases is the processor's
    from amopt.printing.many.answer import solve_table
    from amopt.printing.many.reading import named_table

    meter.add("start", time.process_time())
    with meter.phase("check"):
        place, table = named_table(Path(file))
    with meter.phase("answer"):
        told = solve_table(place, table, **how).outcome.seconds
    for phase, name in (("read", "read"), ("solve", "solve"), ("referee", "check")):
        meter.seconds[phase] += told[name]
        meter.seconds["answer"] -= told[name]


def _process(file: str, how: Mapping[str, Any], meter: Meter) -> None:
    """Solve a decision process; the proof of its values is part of the solve."""
    from amopt.mdp.exchange.archive import load

    meter.add("start", time.process_time())
    with meter.phase("read"):
        process = load(Path(file))
    with meter.phase("solve"):
        process.solve(**how)


def _prices(file: str, how: Mapping[str, Any], meter: Meter) -> None:
    """Take rounds of the prices that bound a network; they alone are timed."""
    import amopt
    from amopt.placement.methods.prices.climbing import Prices
    from amopt.placement.methods.pricing import DenseSupply
    from amopt.placement.supply.supply import Supply

    meter.add("start", 0.0)
    prices = Prices(DenseSupply(Supply(amopt.load(file))))
    with meter.phase("solve"):
        for _ in range(how["rounds"]):
            prices.climb(float("inf"))


WORK: Mapping[str, Callable[[str, Mapping[str, Any], Meter], Any]] = {
    "file": judged,
    "table": _table,
    "process": _process,
    "prices": _prices,
}


def main() -> None:
    """Run, and print what it took."""
    work, file, how = sys.argv[1:]
    meter = Meter()
    WORK[work](file, json.loads(how), meter)
    most = max(meter.megabytes.values()) - meter.megabytes["start"]
    print(json.dumps({"seconds": {name: meter.seconds[name] for name in PHASES}, "memory": most}))


def run(work: str, write: Callable[[Path], Path], how: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a process of its own takes for the file that ``write`` makes."""
    with tempfile.TemporaryDirectory() as folder:
        file = write(Path(folder))
        held = sum(path.stat().st_size for path in Path(folder).iterdir())
        command = [sys.executable, __file__, work, str(file), json.dumps(how)]
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return {"file": held / 1e6, **json.loads(ended.stdout)}


if __name__ == "__main__":
    main()
