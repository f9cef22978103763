"""Read OR-Library's warehouse location files as placement instances.

The format (Beasley, 1988; http://people.brunel.ac.uk/~mastjjb/jeb/orlib/capinfo.html) is a list of
numbers: the numbers m of warehouses and n of customers; for each warehouse its capacity and fixed
cost; for each customer its demand and the cost of serving all of it from each warehouse.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from amopt.errors import InvalidInstanceError, UsageError
from amopt.instance.findings import Finding, Where

__all__ = ["read_orlib_cap"]


def read_orlib_cap(
    path: str | Path, *, capacity: float | None = None, capacitated: bool = True
) -> dict[str, Any]:
    """Return the instance of a file in OR-Library's capacitated warehouse format.

    One part, printed in one hour; the warehouses sell hours. A customer without demand is left
    out, and its serving costs with it: they must be zero.

    Parameters
    ----------
    path
        The file.
    capacity
        Capacity of each warehouse where the file says ``capacity`` in place of a number, as the
        library's large files do.
    capacitated
        False leaves the capacities out.

    Raises
    ------
    InvalidInstanceError
        When the file is not in that format, or says ``capacity`` and none is given.
    UsageError
        When the capacity is no amount of 0 or more, or the file has numbers of its own.
    """
    path = Path(path)
    if capacity is not None and not 0 <= capacity < math.inf:
        raise UsageError(f"the capacity of a warehouse must be 0 or more, not {capacity:g}")
    tokens = _Tokens(path, capacity)
    count, customers = tokens.count("warehouses"), tokens.count("customers")
    tokens.expect(2 * count + customers * (count + 1))
    width = len(str(count))
    sites = [f"warehouse {i + 1:0{width}}" for i in range(count)]
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "placement",
        "name": path.stem,
        "source": "OR-Library warehouse location file (Beasley, 1988)",
        "currency": "money",
        "network": {
            "places": [{"name": site, "role": "warehouse"} for site in sites],
            "lanes": [],
        },
        "parts": [{"name": "unit", "print": [{"machine": "warehouse", "hours": 1.0}]}],
        "machines": [{"name": "warehouse", "utilisation_limit": 1.0, "queue_allowance_weeks": 0.0}],
        "sites": [_site(site, tokens, capacitated) for site in sites],
        "demand": [],
        "single_source": False,
    }
    _read_customers(tokens, sites, customers, data)
    tokens.end()
    if capacity is not None and not tokens.asked_for_capacity:
        raise UsageError(
            f"{path.name} states the capacity of each warehouse: leave out capacity={capacity:g}"
        )
    return data


def _read_customers(
    tokens: _Tokens, sites: list[str], customers: int, data: dict[str, Any]
) -> None:
    """Read demand and serving costs of every customer into the instance."""
    network, places = data["network"], len(str(customers))
    for j in range(customers):
        name = f"customer {j + 1:0{places}}"
        demand = tokens.amount(f"demand of {name}")
        costs = [tokens.amount(f"cost of serving {name} from {site}") for site in sites]
        if not demand:
            if any(costs):
                raise tokens.wrong(f"{name} has no demand and serving it costs money.")
            continue
        network["places"].append({"name": name, "role": "customer"})
        data["demand"].append({"place": name, "part": "unit", "per_year": demand})
        network["lanes"] += [
            {"from": site, "to": name, "cost_per_part": cost / demand}
            for site, cost in zip(sites, costs, strict=True)
        ]


def _site(name: str, tokens: _Tokens, capacitated: bool) -> dict[str, Any]:
    hours = tokens.amount(f"capacity of {name}")
    contract: dict[str, Any] = {"machine": "warehouse"}
    if capacitated:
        contract["hours_per_year"] = hours
    return {
        "place": name,
        "ownership": "contracted",
        "yearly_cost": tokens.amount(f"fixed cost of {name}"),
        "contracts": [contract],
    }


class _Tokens:
    """The numbers of a file, one after the other, each with its line."""

    def __init__(self, path: Path, capacity: float | None) -> None:
        self.path, self.capacity = path, capacity
        self.asked_for_capacity = False
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            raise self.wrong(f"the file cannot be read: {why}.") from error
        self.words = [(word, n) for n, line in enumerate(lines, 1) for word in line.split()]
        self.position = 0

    def wrong(self, message: str, line: int | None = None) -> InvalidInstanceError:
        """Return the error that says what is wrong, and where."""
        where = Where(file=str(self.path), line=line)
        advice = "The file must hold OR-Library's format for capacitated warehouse location."
        return InvalidInstanceError([Finding("wrong-format", where, message, advice)])

    def _next(self, what: str) -> tuple[str, int]:
        if self.position >= len(self.words):
            raise self.wrong(f"the file ends where the {what} should stand.")
        self.position += 1
        return self.words[self.position - 1]

    def amount(self, what: str) -> float:
        """Return the next number, which is an amount."""
        word, line = self._next(what)
        if word == "capacity":
            self.asked_for_capacity = True
            if self.capacity is None:
                raise self.wrong(
                    "the file says 'capacity' in place of a number: give the capacity of each "
                    "warehouse, as in --capacity 8000.",
                    line,
                )
            return self.capacity
        try:
            number = float(word)
        except ValueError:
            raise self.wrong(f"{word!r} stands where the {what} should.", line) from None
        if not math.isfinite(number) or number < 0:
            raise self.wrong(f"the {what} is {word}.", line)
        return number

    def count(self, what: str) -> int:
        """Return the next number, which counts something."""
        number = self.amount(f"number of {what}")
        if number != int(number) or not number:
            raise self.wrong(f"the number of {what} is {number:g}.", 1)
        return int(number)

    def expect(self, wanted: int) -> None:
        """Refuse a file that does not hold as many numbers as it says, before reading them."""
        left = len(self.words) - self.position
        if left != wanted:
            raise self.wrong(
                f"after the first two numbers {wanted} more should follow, and {left} do."
            )

    def end(self) -> None:
        """Refuse what is left over."""
        if self.position != len(self.words):
            raise self.wrong("the file goes on after its end.", self.words[self.position][1])
