"""Decision processes in PRISM's explicit text files.

``NAME.tra`` holds the transitions: a line ``states choices transitions``, then ``state choice
target probability [action]`` each, all counted from 0. Beside it ``NAME.sta`` names the states,
``NAME.lab`` marks the first one, and ``NAME.srew`` and ``NAME.trew`` hold rewards of states and
transitions (PRISM manual, appendix "Explicit model files"). Discount, criterion and durations
have no place in these files.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.files import write_text
from amopt.mdp.exchange.arrays import Arrays, refusal
from amopt.mdp.exchange.names import numbers, told_apart
from amopt.mdp.process import Process
from amopt.phrases import counted

__all__ = ["read", "write"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_INITIAL = re.compile(r'(\d+)\s*=\s*"init"')


def write(
    process: Process,
    path: Path,
    *,
    initial: NDArray[np.float64] | None = None,
    variables: tuple[str, ...] = (),
) -> list[Path]:
    """Write a process; parameters as of :func:`amopt.mdp.exchange.write`.

    The cost of a pair stands, as the format has it, at each of its transitions.

    Raises
    ------
    UsageError
        When a pair does not last one period, or the first state is drawn.
    """
    if (process.duration != 1).any():
        raise UsageError(
            "in this format every pair lasts one period: take umb with the durations as rewards, "
            "or npz"
        )
    if initial is not None and np.count_nonzero(initial) != 1:
        raise UsageError("this format has one first state, not a distribution: use umb or npz")
    order = np.arange(process.pairs) if process.order is None else process.order
    matrix = process.transition[order]
    owner = process.state_of_pair[order]
    choice = np.arange(process.pairs) - process.starts[owner]
    sizes = np.diff(matrix.indptr)
    keys = [np.repeat(owner, sizes), np.repeat(choice, sizes), matrix.indices]
    names = None
    if process.pair_names is not None:
        names = np.repeat([_word(process.pair_names[pair]) for pair in order], sizes)
    cost = np.repeat(process.cost[order], sizes)
    size = f"{process.states} {process.pairs}"
    files = {".tra": (f"{size} {matrix.nnz}", _lines(keys, matrix.data, names))}
    paid = cost != 0
    rewards = _lines([column[paid] for column in keys], cost[paid], None)
    files[".trew"] = (f"{size} {np.count_nonzero(paid)}", rewards)
    found = numbers(process.state_names, variables)
    if found is not None:
        rows = (f"{at}:({','.join(map(str, row))})" for at, row in enumerate(found[0].tolist()))
        files[".sta"] = (f"({','.join(found[1])})", rows)
    if initial is not None:
        files[".lab"] = ('0="init" 1="deadlock"', iter([f"{int(np.argmax(initial))}: 0"]))
    for ending, (head, lines) in files.items():
        write_text(path.with_suffix(ending), "\n".join([head, *lines]) + "\n")
    return [path.with_suffix(ending) for ending in files]


def _lines(keys: list[Any], values: Floats, names: Any) -> Iterator[str]:
    """Yield the lines of a file: three whole numbers, a number, perhaps a word."""
    columns = [column.tolist() for column in keys]
    numbers_ = [repr(value) for value in values.tolist()]
    if names is None:
        return (f"{i} {k} {j} {x}" for i, k, j, x in zip(*columns, numbers_, strict=True))
    rows = zip(*columns, numbers_, names.tolist(), strict=True)
    return (f"{i} {k} {j} {x} {name}" for i, k, j, x, name in rows)


def _word(name: Any) -> str:
    """Return a name as an identifier, which the format asks for."""
    return re.sub(r"\W+", "_", str(name)).strip("_") or "_"


def read(path: Path, reward: str | None = None) -> Arrays:
    """Return what the files tell, unchecked: rewards of states and transitions added up.

    Parameters
    ----------
    path
        The ``.tra`` file.
    reward
        Must be left out: the files hold one reward.

    Raises
    ------
    UsageError
        When the file is missing, or a reward is asked for by name.
    InvalidInstanceError
        When a file is not of this format.
    """
    if reward is not None:
        raise UsageError("these files hold one reward; it has no name to choose it by")
    (states, pairs, count), table = _table(path, 3, names=True)
    if len(table) != count:
        raise refusal(
            path.name, "wrong-shape", f"its head tells {count:,} lines, it has {len(table):,}."
        )
    keys = table[["state", "choice", "target"]].to_numpy(dtype=np.int64)
    order = np.lexsort(keys.T[::-1])
    keys, table = keys[order], table.iloc[order]
    data = table["number"].to_numpy(dtype=np.float64)
    first = np.ones(len(keys), dtype=bool)
    first[1:] = (keys[1:, :2] != keys[:-1, :2]).any(axis=1)
    at = np.flatnonzero(first)
    if len(at) != pairs:
        raise refusal(
            path.name, "wrong-shape", f"its head tells {pairs:,} choices, it has {len(at):,}."
        )
    owner = keys[at, 0]
    cost = _of_transitions(path.with_suffix(".trew"), keys, data, np.cumsum(first) - 1, pairs)
    earned = _of_states(path.with_suffix(".srew"), states)
    cost += earned[np.clip(owner, 0, states - 1)]  # a state that there is not is told later
    names = None
    if table["action"].notna().any():
        labels = table["action"].fillna("").astype(str).to_numpy()[at].tolist()
        names = told_apart(labels, owner.tolist())
    return Arrays(
        file=path.name,
        data=data,
        indices=keys[:, 2],
        indptr=np.append(at, len(keys)),
        states=states,
        cost=cost,
        state_of_pair=owner,
        initial=_initial(path.with_suffix(".lab"), states),
        state_names=_state_names(path.with_suffix(".sta"), states),
        pair_names=names,
    )


def _of_transitions(
    path: Path, keys: Ints, probability: Floats, pair: NDArray[np.intp], pairs: int
) -> Floats:
    """Return the expected reward of each pair's transitions, shape (pairs,)."""
    if not path.exists():
        return np.zeros(pairs)
    _, table = _table(path, 3)
    known = pd.DataFrame(keys, columns=["state", "choice", "target"]).assign(place=range(len(keys)))
    joined = table.merge(known, on=["state", "choice", "target"], how="left")
    if joined["place"].isna().any() or table.duplicated(["state", "choice", "target"]).any():
        raise refusal(
            path.name, "wrong-shape", "it has a reward twice, or where there is no transition."
        )
    place = joined["place"].to_numpy(dtype=np.int64)
    earned = probability[place] * joined["number"].to_numpy(dtype=np.float64)
    return np.bincount(pair[place], weights=earned, minlength=pairs).astype(np.float64)


def _of_states(path: Path, states: int) -> Floats:
    """Return the rewards of the states, shape (states,)."""
    total = np.zeros(states)
    if path.exists():
        _, table = _table(path, 1)
        at = table["state"].to_numpy(dtype=np.int64)
        if ((at < 0) | (at >= states)).any():
            raise refusal(path.name, "no-such-state", f"there are {states:,} states.")
        np.add.at(total, at, table["number"].to_numpy(dtype=np.float64))
    return total


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise refusal(path.name, "not-this-format", "it is no text.") from error


def _table(path: Path, keys: int, *, names: bool = False) -> tuple[list[int], pd.DataFrame]:
    """Return the numbers of the head, and the lines that follow; comments (#) are left out."""
    text = _text(path)
    head, _, rest = re.sub(r"(?m)^\s*#.*\n?", "", text).partition("\n")
    columns = ["state", "choice", "target"][:keys] + ["number"] + (["action"] if names else [])
    try:
        counts = [int(word) for word in head.split()]
        if len(counts) != (3 if keys == 3 else 2) or min(counts) < 0:
            raise ValueError(head)
        table = pd.read_csv(
            io.StringIO(rest),
            sep=r"\s+",
            header=None,
            names=columns,
            dtype={**dict.fromkeys(columns[:keys], np.int64), "number": str, "action": str},
            keep_default_na=False,
            na_values={"action": [""]},
        )
        if not isinstance(table.index, pd.RangeIndex):
            raise ValueError("more columns than there are")
        table["number"] = np.array(table["number"].tolist(), dtype=np.float64)  # to the last digit
    except (ValueError, OverflowError) as error:
        said = _other_width(text, columns, keys + 1)
        said = said or f"a head of counts and lines of numbers: {error!s:.120}"
        raise refusal(path.name, "not-this-format", said) from error
    return counts, table


def _other_width(text: str, columns: Sequence[str], least: int) -> str:
    """Say which line has too few or too many columns, and what it should hold; else nothing."""
    lines = ((number, line.split()) for number, line in enumerate(text.splitlines(), 1))
    told = [(number, words) for number, words in lines if words and words[0][0] != "#"]
    for number, words in told[1:]:
        if not least <= len(words) <= len(columns):
            there = f"line {number} has {counted(len(words), 'column')}"
            return f"{there}; {least} are wanted: {', '.join(columns[:least])}."
    return ""


def _initial(path: Path, states: int) -> Floats | None:
    """Return the first state's distribution; None where none or several are marked."""
    if not path.exists():
        return None
    head, _, rest = _text(path).partition("\n")
    label = _INITIAL.search(head)
    marked = [
        int(state)
        for state, _, labels in (line.partition(":") for line in rest.splitlines())
        if label and label[1] in labels.split() and state.strip().isdecimal()
    ]
    if len(marked) != 1 or marked[0] >= states:
        return None
    return np.asarray(np.eye(1, states, marked[0])[0], dtype=np.float64)


def _state_names(path: Path, states: int) -> list[tuple[Any, ...]] | None:
    """Return the values of the states' variables, None where there are none."""
    if not path.exists():
        return None
    found: list[tuple[Any, ...] | None] = [None] * states
    for line in _text(path).splitlines()[1:]:
        state, _, values = line.partition(":")
        if state.strip().isdecimal() and int(state) < states:
            words = values.strip().strip("()").split(",")
            found[int(state)] = tuple(int(w) if re.fullmatch(r"-?\d+", w) else w for w in words)
    return None if None in found else found  # type: ignore[return-value]
