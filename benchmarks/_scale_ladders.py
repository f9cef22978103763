"""What growth is measured on: each decision at sizes that grow by a constant factor."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import printing_table
from _placement_network import service_network
from _sourcing_portfolio import portfolio as sourced
from _whole_cases import of_table, worn
from design import system
from licensing import buyers
from printing_forms import instance as one_part
from printing_portfolio import limited

SITES, PLACES, PARTS = 40, 400, 8
"""The network: its sites while places grow, its places while sites grow, and its parts."""


@dataclass(frozen=True)
class Ladder:
    """A decision at growing sizes.

    Attributes
    ----------
    of
        What the sizes count.
    sizes
        Each the same number of times the one before.
    write
        Writes the file of a size to a folder, and returns its path.
    how
        How it is solved.
    work
        Which run of :mod:`_scale_run` it is.
    smoke
        Two sizes for a run of a few seconds.
    """

    of: str
    sizes: tuple[int, ...]
    write: Callable[[int, Path], Path]
    how: Mapping[str, Any] = field(default_factory=dict)
    work: str = "file"
    smoke: tuple[int, ...] = (2, 4)


def _json(make: Callable[[int], Any], size: int, folder: Path) -> Path:
    """Write plain data, or an instance, as JSON: yaml would take most of the time of large ones."""
    data = make(size)
    path = folder / "instance.json"
    path.write_text(json.dumps(data if isinstance(data, dict) else data.to_dict()), "utf-8")
    return path


def _table(size: int, folder: Path) -> Path:
    """Write printed parts as csv, and the place that names them."""
    printing_table.portfolio(size).to_csv(folder / "parts.csv", index=False)
    data = {**printing_table.place().to_dict(), "parts": {"table": "parts.csv"}}
    path = folder / "place.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def _process(size: int, folder: Path) -> Path:
    """Write a random process: five actions a state, ten states that may follow each."""
    import scipy.sparse as sp

    from amopt.mdp import MarkovDecisionProcess
    from amopt.mdp.exchange.archive import save

    rng = np.random.default_rng(1)
    pairs, following = 5 * size, 10
    steps = rng.integers(1, max(2, size // following), (pairs, following), dtype=np.int32)
    after = (steps.cumsum(axis=1) + rng.integers(0, size, (pairs, 1))) % size
    chance = rng.random((pairs, following)) + 0.1
    chance /= chance.sum(axis=1, keepdims=True)
    start = np.arange(0, pairs * following + 1, following)
    transition = sp.csr_array((chance.ravel(), after.ravel(), start), shape=(pairs, size))
    owner = np.repeat(np.arange(size), 5)
    path = folder / "process.npz"
    save(MarkovDecisionProcess(transition, rng.uniform(0, 100, pairs), owner, 0.99), path)
    return path


def _places(size: int) -> Any:
    return service_network(SITES, size, PARTS)


def _cells(size: int) -> Any:
    return service_network(SITES, size // SITES // PARTS, PARTS)


def _sites(size: int) -> Any:
    return service_network(size, PLACES, PARTS)


LADDERS: Mapping[str, Ladder] = {
    "screening": Ladder(
        "parts of a csv table", (15_625, 62_500, 250_000, 1_000_000), of_table, smoke=(300, 600)
    ),
    "printing, a table": Ladder(
        "parts of a csv table, no limits",
        (15_625, 62_500, 250_000, 1_000_000),
        _table,
        work="table",
        smoke=(300, 600),
    ),
    "printing, limits": Ladder(
        "parts under five limits",
        (500, 2_000, 8_000),
        partial(_json, limited),
        {"gap": 1e-4},
        smoke=(5, 10),
    ),
    "printing, systems": Ladder(
        "systems of one part",
        (6_250, 25_000, 100_000),
        partial(_json, one_part),
        smoke=(100, 200),
    ),
    "sourcing": Ladder(
        "lines x 7 suppliers",
        (625, 2_500, 10_000),
        partial(_json, partial(sourced, suppliers=7)),
        {"gap": 1e-3},
        smoke=(5, 10),
    ),
    "placement, places": Ladder(
        f"places, {SITES} sites, {PARTS} parts",
        (400, 1_600, 6_400),
        partial(_json, _places),
        {"gap": 2e-2},
        smoke=(200, 400),
    ),
    "placement, sites": Ladder(
        f"sites, {PLACES} places, {PARTS} parts",
        (20, 80, 320),
        partial(_json, _sites),
        {"gap": 2e-2},
        smoke=(80, 160),
    ),
    "placement, prices": Ladder(
        "sites x places x parts, 100 rounds of prices alone",
        (128_000, 512_000, 2_048_000),
        partial(_json, _cells),
        {"rounds": 100},
        work="prices",
        smoke=(12_800, 25_600),
    ),
    "maintenance": Ladder(
        "times ten days of life", (60, 120, 240, 480), partial(_json, worn), smoke=(5, 10)
    ),
    "design": Ladder("components", (50, 200, 800), partial(_json, system), smoke=(5, 10)),
    "licensing": Ladder("buyers", (50, 100, 200, 400), partial(_json, buyers)),
    "decision process": Ladder(
        "states, 5 actions, 10 that follow",
        (15_625, 62_500, 250_000, 1_000_000),
        _process,
        {"method": "modified_policy_iteration"},
        work="process",
        smoke=(300, 600),
    ),
}
