"""A Dask cluster as the place where solves run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Any

from amopt.errors import UsageError

__all__ = ["on_cluster"]


def on_cluster(
    address: str, *, seconds: float = 10.0
) -> Callable[[], AbstractContextManager[Executor]]:
    """Return what gives an executor on a Dask cluster, whose workers have amopt installed.

    The scheduler gives the solves of a worker that died to another one, and gives a point up that
    has killed several.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://host:8786``.
    seconds
        How long to wait for its answer.

    Raises
    ------
    UsageError
        When the ``dask`` extra is not installed, or, once the executor is asked for, nobody answers
        at the address.
    """
    try:
        distributed: Any = import_module("distributed")
    except ModuleNotFoundError as error:
        raise UsageError(
            "a cluster needs one more package: python -m pip install distributed"
        ) from error

    @contextmanager
    def pool() -> Iterator[Executor]:
        try:
            client = distributed.Client(address, timeout=seconds, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageError(f"no Dask scheduler answers at {address}: {error}") from error
        with client, client.get_executor() as executor:
            yield executor

    return pool
