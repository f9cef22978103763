"""Benchmarks by name: ``python -m benchmarks mdp FILE PART --peers all``."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

NAMES = {
    path.stem: path for path in sorted(Path(__file__).parent.glob("*.py")) if path.stem[0] != "_"
}


def main() -> None:
    """Run the benchmark that the first argument names."""
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.exit(f"usage: python -m benchmarks NAME ...; NAME is one of {', '.join(NAMES)}")
    name = sys.argv.pop(1)
    sys.path.insert(0, str(Path(__file__).parent))
    runpy.run_path(str(NAMES[name]), run_name="__main__")


main()
