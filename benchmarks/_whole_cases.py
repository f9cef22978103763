"""What whole runs are measured on: a file of each decision at three sizes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import design
import licensing
import printing_portfolio
import yaml
from _placement_network import service_network
from _screening_portfolio import portfolio as screened
from _sourcing_portfolio import portfolio as sourced

import amopt

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Case:
    """A decision at three sizes.

    Attributes
    ----------
    of
        What the size counts.
    sizes
        By name, ``smoke`` first.
    write
        Writes the file of a size to a folder, and returns its path.
    how
        How it is solved.
    """

    of: str
    sizes: Mapping[str, int]
    write: Callable[[int, Path], Path]
    how: Mapping[str, Any]


def _plain(make: Callable[[int], Any], size: int, folder: Path) -> Path:
    """Write plain data, or an instance, as yaml."""
    data = make(size)
    data = data if isinstance(data, dict) else data.to_dict()
    text = yaml.dump(data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False)
    path = folder / "instance.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def of_table(size: int, folder: Path) -> Path:
    """Write a portfolio for screening as csv, beside the file with its rules."""
    path = folder / "portfolio.yaml"
    shutil.copy(ROOT / "instances" / "screening" / path.name, path)
    screened(size).to_csv(folder / "portfolio.csv", index=False)
    return path


def placed(size: int) -> Any:
    return service_network(max(3, size // 10), size, max(2, size // 50))


def worn(days: int) -> Any:
    """Return a part with lives so many times ten days long: the grid of ages grows with them."""
    data = amopt.load("maintenance/example").to_dict()
    data["regular"]["life"]["scale_days"] = 10.0 * days
    data["printed"]["life"]["scale_days"] = 2.5 * days
    return data


def _sizes(smoke: int, usual: int, large: int) -> Mapping[str, int]:
    return {"smoke": smoke, "usual": usual, "large": large}


CASES: Mapping[str, Case] = {
    "screening": Case("parts", _sizes(300, 53_457, 198_638), of_table, {}),
    "sourcing": Case(
        "lines x 7 suppliers",
        _sizes(10, 2_000, 10_000),
        partial(_plain, partial(sourced, suppliers=7)),
        {"gap": 1e-3},
    ),
    "placement": Case(
        "places, a site for ten and a part for fifty of them",
        _sizes(20, 400, 1_000),
        partial(_plain, placed),
        {"gap": 1e-2},
    ),
    "printing": Case(
        "parts under five limits",
        _sizes(10, 2_000, 10_000),
        partial(_plain, printing_portfolio.limited),
        {"gap": 1e-4},
    ),
    "maintenance": Case("times ten days of life", _sizes(10, 60, 120), partial(_plain, worn), {}),
    "design": Case("components", _sizes(5, 50, 200), partial(_plain, design.system), {}),
    "licensing": Case("buyers", _sizes(5, 100, 200), partial(_plain, licensing.buyers), {}),
}
