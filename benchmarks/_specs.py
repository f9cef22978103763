"""Specs: what can be done in several ways, measured by phase and size."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import design
import mdp_methods
import numpy as np
import printing_forms
import program_transfer
import yaml
from _registry import Spec, Ways
from _sourcing_portfolio import portfolio

import amopt
from amopt import decisions
from amopt.printing.decision import solve as solve_printing
from amopt.program.pyomo import compile_model
from amopt.program.solver import highs

Phases = Mapping[str, Ways]


def _transfer(customers: int) -> Phases:
    """Return the ways to build and hand over a location program of so many customers."""
    rng = np.random.default_rng(0)
    cost = rng.uniform(1, 9, (customers, max(2, customers // 10)))
    opening = rng.uniform(20, 40, cost.shape[1])
    program = program_transfer.arrays(cost, opening)
    model = program_transfer.rules(cost, opening)
    return {
        "build": {
            "arrays": partial(program_transfer.arrays, cost, opening),
            "Pyomo rules": partial(program_transfer.rules, cost, opening),
        },
        "transfer": {
            "arrays": partial(highs.Solver, program),
            "Pyomo rules": lambda: highs.Solver(compile_model(model).program),
        },
    }


def _process(systems: int) -> Phases:
    """Return the ways to solve the process of one part of so many systems."""
    process = mdp_methods.printing_process(systems)
    ways: dict[str, dict[str, Any]] = {
        "policy iteration": {"method": "policy_iteration"},
        "modified policy iteration": {"method": "modified_policy_iteration"},
        "value iteration": {"method": "value_iteration"},
        "linear program from a policy": {"method": "lp"},
        "linear program, cold": {"method": "lp", "start": "cold"},
    }
    return {"solve": {name: partial(process.solve, **how) for name, how in ways.items()}}


def _forms(systems: int) -> Phases:
    """Return the ways to answer for one part of so many systems."""
    case = printing_forms.instance(systems)
    ways = ("closed", "prices", "collapsed")
    return {"solve": {way: partial(solve_printing, case, method=way) for way in ways}}


def _lines(parts: int) -> Phases:
    """Return what sourcing does with a portfolio of so many parts, by phase."""
    data = portfolio(parts, 7)
    instance: Any = amopt.load(data)
    program = compile_model(amopt.formulate(instance)).program
    options = highs.Options(gap=1e-3, time_limit=120)
    return {
        "check": {"amopt": partial(amopt.load, data)},
        "formulate": {"amopt": partial(amopt.formulate, instance)},
        "solve": {
            "HiGHS alone": partial(highs.solve, program, options),
            "amopt": partial(amopt.sourcing.solve, instance, options=options),
        },
    }


def _roots(levels: int) -> Phases:
    """Return the ways to find break-even points over so many levels of each axis."""
    instance: Any = amopt.load("design/factorial")
    axes = {name: values[:levels] for name, values in design.AXES.items()}
    return {
        "solve": {
            "all at once": partial(amopt.design.factorial, instance, axes),
            "27 one by one": partial(design.one_by_one, 27),
        }
    }


def _files(parts: int) -> Phases:
    """Return the ways to read a portfolio of so many parts."""
    data = {"amopt": 1, **portfolio(parts, 7)}
    texts = {"json": json.dumps(data), "yaml": yaml.safe_dump(data, sort_keys=False)}

    def read(suffix: str) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"instance.{suffix}"
            path.write_text(texts[suffix], encoding="utf-8")
            return decisions.load(path)

    ways: dict[str, Callable[[], object]] = {name: partial(read, name) for name in texts}
    return {"read and check": ways}


SPECS = (
    Spec(
        "transfer",
        "a location program by bare arrays and by Pyomo's rules, built and handed over",
        {"smoke": 40, "usual": 300, "large": 580},
        ("build", "transfer"),
        _transfer,
    ),
    Spec(
        "process",
        "one decision process by iterations and by its linear program",
        {"smoke": 3, "usual": 12, "large": 20},
        ("solve",),
        _process,
    ),
    Spec(
        "forms",
        "one printed part by the closed form, by prices, and by the collapsed program",
        {"smoke": 8, "usual": 42, "large": 1000},
        ("solve",),
        _forms,
    ),
    Spec(
        "lines",
        "sourcing of a portfolio; its solve beside HiGHS alone on the same arrays",
        {"smoke": 10, "usual": 100, "large": 1000},
        ("check", "formulate", "solve"),
        _lines,
    ),
    Spec(
        "roots",
        "break-even points of a factorial of seven axes at once, and 27 of them one by one",
        {"smoke": 1, "usual": 2, "large": 3},
        ("solve",),
        _roots,
    ),
    Spec(
        "files",
        "the same instance as text in two formats, read and checked",
        {"smoke": 10, "usual": 200, "large": 2000},
        ("read and check",),
        _files,
    ),
)
