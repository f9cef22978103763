"""Compare the forms of the printing decision, in one run.

One part with the costs of the source's worked example (Westerweel 2019, table 3.1), a weekly cycle
and more and more systems; each form solves the same part from scratch, building included. The
error is that of the cost of a cycle, against the closed form; the gap is the referee's proof for
the policy that the form found. Seconds are those of the processor, compared within the run, never
between runs.

    python benchmarks/printing_forms.py
    python benchmarks/printing_forms.py --full 42 --json results.json
    python benchmarks/printing_forms.py --smoke     # a few seconds
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from _markdown import power, short, table, write

from amopt.outcome import versions
from amopt.printing import Instance, closed_form
from amopt.printing.decision import WAYS, solve
from amopt.printing.instance import Discounted, Part, System

SIZES = (8, 20, 42, 100, 1_000, 5_000)
SMOKE = (4, 200)
LARGEST = {  # systems up to which a form is run: beyond, it takes minutes or does not fit
    "closed": 10**9,
    "prices": 10**9,
    "collapsed": 10**9,
    "factored": 60,
    "policy_iteration": 60,
    "value_iteration": 60,
    "modified_policy_iteration": 60,
    "full": 20,
}


@dataclass(frozen=True)
class Row:
    """What one form needed for one size."""

    systems: int
    form: str
    seconds: float
    ratio_to_closed: float
    relative_error: float
    proven_gap: float
    base_stock: int


def instance(systems: int) -> Instance:
    """Return one part of so many systems."""
    return Instance(
        amopt=1,
        kind="printing",
        name=f"{systems} systems",
        cycle_days=7,
        criterion=Discounted(discount_per_day=0.9995),
        systems=(System(name="machine", count=systems, backorder_cost_per_day=30.0),),
        parts=(
            Part(
                name="part",
                system="machine",
                order_cost=100.0,
                print_cost=50.0,
                failure_probability_per_day=0.001,
                printed_failure_probability_per_day=0.2,
                holding_cost_per_day=1.0,
            ),
        ),
    )


def rows(sizes: tuple[int, ...], largest: dict[str, int]) -> Iterator[Row]:
    """Yield a row a size and form."""
    for systems in sizes:
        case = instance(systems)
        exact = closed_form.cycle_cost(case.parameters, closed_form.best_policy(case.parameters))[0]
        closed = 0.0
        for form in (way.name for way in WAYS):
            if systems > largest[form]:
                continue
            began = time.process_time()
            answer = solve(case, method=form)
            seconds = time.process_time() - began
            closed = closed or seconds
            yield Row(
                systems=systems,
                form=form,
                seconds=seconds,
                ratio_to_closed=seconds / closed,
                relative_error=answer.outcome.residuals["objective"] / exact,
                proven_gap=answer.outcome.gap or 0.0,
                base_stock=answer.rows["parts"][0]["base_stock"],
            )


def markdown(rows: Sequence[Row]) -> list[str]:
    """Return a sentence and the table: a row a form, a column a size."""
    found = {(row.form, row.systems): row for row in rows}
    sizes = list(dict.fromkeys(row.systems for row in rows))
    cells = []
    for form in dict.fromkeys(row.form for row in rows):
        mine = [found.get((form, size)) for size in sizes]
        told = [f"{short(row.seconds)} ({row.ratio_to_closed:,.3g})" if row else "" for row in mine]
        error = max(row.relative_error for row in mine if row)
        gap = max(row.proven_gap for row in mine if row)
        cells.append([f"`{form}`", *told, power(error), power(gap)])
    lead = (
        "Seconds of the processor, in brackets how many times those of the closed form, from the "
        "instance to an answer that the referee has proven, with the printer and without; columns "
        "by the number of systems. The error is the largest of the cost of a cycle, against the "
        "closed form; the gap the largest that the referee left. What is left blank was not "
        "tried: it takes long, or does not fit."
    )
    return [lead, table(["form", *(f"{size:,}" for size in sizes), "error", "gap"], cells)]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a few seconds only")
    parser.add_argument("--full", type=int, default=LARGEST["full"], help="largest full process")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--markdown", type=Path, help="where to write the tables of the docs")
    options = parser.parse_args()
    for way in WAYS:  # what is imported late is not part of the comparison
        solve(instance(2), method=way.name)
    found = []
    print(
        f"{'systems':>8} {'form':<26} {'seconds':>9} {'ratio':>8} {'error':>9} {'gap':>9} {'S':>4}"
    )
    for row in rows(SMOKE if options.smoke else SIZES, {**LARGEST, "full": options.full}):
        found.append(row)
        print(
            f"{row.systems:>8,} {row.form:<26} {row.seconds:>9.4f} {row.ratio_to_closed:>8.1f} "
            f"{row.relative_error:>9.1e} {row.proven_gap:>9.1e} {row.base_stock:>4}",
            flush=True,
        )
    if options.markdown:
        write(options.markdown, *markdown(found))
    if options.json:
        record = {
            "versions": versions("amopt", "highspy", "numpy", "scipy"),
            "rows": [asdict(row) for row in found],
        }
        options.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
