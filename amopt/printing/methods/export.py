"""The decision process of one part in a file of others' formats."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from amopt.errors import UsageError
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.mdp import exchange
from amopt.printing.methods.by_process import MOST_ENTRIES
from amopt.printing.process.processes import entries, factored_process, full_process

if TYPE_CHECKING:
    from amopt.printing.instance import PrintingInstance

__all__ = ["exported", "file_name"]

PROCESSES = {
    "full": (full_process, ("n", "I", "P")),
    "factored": (factored_process, ("n", "I", "P", "half")),
}


def file_name(part: str, form: str) -> Path:
    """Return the file that a part's process is written to where none is named."""
    name = re.sub(r"[^\w-]+", "_", part)
    return Path(f"{name}{exchange.FORMATS.get(form, '')}")


def exported(
    instance: PrintingInstance,
    part: str,
    path: Path,
    form: str,
    *,
    process: str = "full",
    durations_as_rewards: bool = False,
) -> list[Path]:
    """Write the decision process of a part, and return the files.

    It begins with empty shelves at a replenishment; its states are the days to the replenishment
    ``n``, the net stock ``I`` and the printed parts in operation ``P``.

    Parameters
    ----------
    instance
        The instance.
    part
        Name of the part.
    path, form, durations_as_rewards
        As of :func:`amopt.mdp.exchange.write`.
    process
        ``"full"``: all parts of a day are decided in one go; ``"factored"``: one at a time, in
        steps that take no time.

    Raises
    ------
    UsageError
        When there is no such part, process or format, the process does not fit into memory, or the
        format cannot hold it.
    """
    names = [entry.name for entry in instance.parts]
    if part not in names:
        match = closest(part, names)
        raise UsageError(
            f"the instance has no part {shown(part)}.{f' {did_you_mean(match)}' if match else ''}"
        )
    if process not in PROCESSES:
        raise UsageError(f"unknown process {process!r}; choose one of {', '.join(PROCESSES)}")
    if form not in exchange.FORMATS:
        raise UsageError(f"unknown format {form!r}; choose one of {', '.join(exchange.FORMATS)}")
    parameters = instance.parameters.take([names.index(part)])
    expected = float(entries(parameters, process)[0])
    if expected > MOST_ENTRIES:
        raise UsageError(
            f"the process of part {shown(part)} would have about {expected:,.0f} probabilities, "
            f"and {MOST_ENTRIES:,} fit into memory"
        )
    build, variables = PROCESSES[process]
    made = build(parameters)
    return exchange.write(
        made.process,
        path,
        form,
        initial=np.eye(1, made.process.states, made.start)[0],
        variables=variables,
        durations_as_rewards=durations_as_rewards,
    )
