"""What the referee asks of a plan that is said to have a form: who is open, and can print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance
    from amopt.placement.referee.source import Sources
    from amopt.referee import Notebook

__all__ = ["check_form"]

Row = Mapping[str, Any]
Unit = tuple[str, str, str]
"""A place, a type of machine and a period."""


def check_form(
    form: str,
    instance: Instance,
    supply: Sequence[Row],
    *,
    opened: Mapping[tuple[str, str], bool],
    stands: Callable[[Unit], bool],
    sources: Sources,
    notebook: Notebook,
) -> None:
    """Check that a plan has the form that it is said to have.

    *Central*: in every period exactly one site is open, and it can print something demanded.
    *Distributed*: what is printed for a place is printed by its own site, the one there or else one
    of the quickest; in every period such a site is open and can print, for every place and part
    for which any could. *Conventional*: nothing is printed.

    Parameters
    ----------
    form
        ``"central"``, ``"distributed"`` or ``"conventional"``; of anything else nothing is asked.
    instance
        The instance.
    supply
        The plan's table ``supply``.
    opened
        Whether a site is open, by place and period.
    stands
        Whether a unit has a machine, or sells hours of one.
    sources
        The sources of the instance.
    notebook
        Where findings are noted.
    """
    printed = [row for row in supply if row["machine"]]
    periods = [period.name for period in instance.horizon]
    if form == "conventional":
        notebook.require(not printed, "the conventional plan prints")
    if form not in ("central", "distributed"):
        return
    wanted = _wanted(instance)
    able = {site.place: _able(instance, site.place, wanted, sources) for site in instance.sites}

    def prints(place: str, period: str) -> bool:
        there = any(stands((place, machine, period)) for machine in able[place])
        return opened[place, period] and there

    if form == "central":
        for period in periods:
            open_now = [place for place in able if opened[place, period]]
            count = len(open_now)
            notebook.require(count == 1, f"the central plan has {count} open sites in {period}")
            can = all(prints(place, period) for place in open_now)
            notebook.require(can, f"the central plan's site {open_now} cannot print in {period}")
        return
    parts = {part.name: part for part in instance.parts}
    for row in printed:
        own = sources.own_sites(row["place"], parts[row["part"]])
        what = f"the distributed plan prints for {row['place']!r} at {row['source']!r}"
        notebook.require(row["source"] in own, what)
    for demand in instance.demand:
        own = sources.own_sites(demand.place, parts[demand.part])
        if any(instance.rate(demand, t) for t in range(len(periods))) and own:
            for period in periods:
                notebook.require(
                    any(prints(place, period) for place in own),
                    f"the distributed plan has no site of {demand.place!r} that prints in {period}",
                )


def _wanted(instance: Instance) -> dict[str, list[str]]:
    """Return the places that need each part in some period."""
    found: dict[str, list[str]] = {}
    for demand in instance.demand:
        if any(instance.rate(demand, t) for t in range(len(instance.horizon))):
            found.setdefault(demand.part, []).append(demand.place)
    return found


def _able(
    instance: Instance, site: str, wanted: Mapping[str, list[str]], sources: Sources
) -> set[str]:
    """Return the types of machine that could print something at a site for some place."""
    found: set[str] = set()
    for part in instance.parts:
        if any(sources.reaches(site, place, part) for place in wanted.get(part.name, ())):
            found |= {option.machine for option in part.print}
    return found
