"""Measure how time and memory grow with the size of each decision, and plan sizes beyond it.

From the file to the judged answer, each run in a process of its own, one thread, at sizes that grow
by a constant factor; the exponents of the growth; and what they come to for portfolios and networks
that no machine here holds.

    python benchmarks/scale.py                           # all, some five minutes
    python benchmarks/scale.py sourcing --markdown FILE  # the other runs of FILE stay
    python benchmarks/scale.py --smoke                   # two small sizes of each
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from _protocol import pin


def main() -> None:
    """Measure, print, and write the page where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="NAME", help="left out, all")
    parser.add_argument("--smoke", action="store_true", help="two small sizes of each")
    parser.add_argument(
        "--sizes", nargs="+", type=int, default=[], help="other sizes than the usual"
    )
    parser.add_argument(
        "--markdown", type=Path, help="write the tables to this file; with names, its others stay"
    )
    asked = parser.parse_args()
    pin()
    from _scale_growth import LADDERS, cells_of, markdown, rows_of
    from _scale_run import run

    if asked.sizes and min(asked.sizes) < 1:
        parser.error("sizes are 1 or more")
    unknown = sorted(set(asked.names) - set(LADDERS))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {'; '.join(LADDERS)}")
    kept = asked.markdown is not None and asked.names and asked.markdown.is_file()
    rows = rows_of(asked.markdown.read_text(encoding="utf-8")) if kept else []
    chosen = asked.names or list(LADDERS)
    rows = [row for row in rows if row[0] not in chosen]
    for name in chosen:
        ladder = LADDERS[name]
        # Few places leave the bound of placement far away: a smoke run does not wait for it.
        how = {**ladder.how, "gap": 0.9} if asked.smoke and "gap" in ladder.how else ladder.how
        for size in ladder.smoke if asked.smoke else sorted({*asked.sizes}) or ladder.sizes:
            found = run(ladder.work, partial(ladder.write, size), how)
            rows.append(cells_of(name, size, found))
            print(f"{name}, {size:,} {ladder.of}: {rows[-1][-2]} s, {rows[-1][-1]} MB", flush=True)
    rows.sort(key=lambda row: list(LADDERS).index(row[0]))
    text = markdown(rows, planned=not asked.smoke)
    print(text)
    if asked.markdown:
        from amopt.files import write_text

        write_text(asked.markdown, text)
        print(f"{asked.markdown} written")


if __name__ == "__main__":
    main()
