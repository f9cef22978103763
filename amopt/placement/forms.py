"""The forms that a plan may have, each defined once: what it fixes, and which sites must print.

- *Central*: in every period exactly one site is open, and it can print: it has a machine of a type
  that prints something demanded, or sells hours of one.
- *Distributed*: every place is printed for by its own site alone, the one at the place or else the
  quickest to reach it; all of these sites are open, and can print.
- *Conventional*: nothing is printed.

Conventional supply stays allowed in all of them.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from amopt.placement.supply.columns import Columns
from amopt.placement.supply.fleet import Fleet
from amopt.placement.supply.supply import Supply

__all__ = ["FORMS", "NOT_KNOWN", "Form", "FormRules", "can_print"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

Form = Literal["optimum", "central", "distributed", "conventional"]
"""The form that the plan must have; ``"optimum"`` leaves it free."""

FORMS: tuple[Form, ...] = get_args(Form)

NOT_KNOWN = "not known"
"""What stands for the cheapest form where Ctrl-C came before it was known."""


class FormRules:
    """What a form asks of an instance.

    Parameters
    ----------
    supply, fleet
        What could be supplied, and where machines may stand.
    form
        The form.

    Attributes
    ----------
    least_open, most_open
        Bounds on whether each site is open, shape (sites,).
    exactly_one
        Whether exactly one site is open in every period.
    printing
        The sites that can print wherever they are open, indices.
    prints
        Of each unit, whether it can print something demanded for some place, shape (units,).
    """

    def __init__(self, supply: Supply, fleet: Fleet, form: Form) -> None:
        sites = supply.instance.sites
        self.form = form
        self.least_open = np.array([float(site.state == "open") for site in sites])
        self.most_open = np.array([float(site.state != "closed") for site in sites])
        self.exactly_one = form == "central"
        self.printing = np.empty(0, dtype=np.int64)
        self.prints = np.zeros(fleet.unit_site.size, dtype=bool)
        if form == "distributed":
            self._own = fleet.own_site(supply)
            self.printing = np.unique(self._own[self._own >= 0])
            self.least_open[self.printing] = 1.0
        elif form == "central":
            self.printing = np.arange(len(sites))
        if self.printing.size:
            self.prints = can_print(supply, fleet)
            sellers = np.unique(fleet.unit_site[self.prints & (fleet.stand < 0)])
            self.printing = np.setdiff1d(self.printing, sellers)

    def most_supplied(self, columns: Columns) -> Floats:
        """Return the largest share that each column may have, shape (n,)."""
        upper = np.ones(len(columns))
        printed = columns.site >= 0
        if self.form == "conventional":
            upper[printed] = 0.0
        elif self.form == "distributed":
            upper[printed & (columns.site != self._own[columns.pair])] = 0.0
        return upper


def can_print(supply: Supply, fleet: Fleet) -> Flags:
    """Return of each unit whether it can print something demanded for some place, (units,)."""
    instance, able = supply.instance, np.zeros(fleet.unit_site.size, dtype=bool)
    for part in instance.parts:
        types = [supply.machine_index[option.machine] for option in part.print]
        units = np.flatnonzero(np.isin(fleet.unit_machine, types))
        places = [supply.pairs[pair][0] for pair in supply.covered(None, part.name)]
        if not units.size or not places:
            continue
        table = supply.routes(instance.routes[0], part.kg)
        row = {name: index for index, name in enumerate(table.sources)}
        column = {name: index for index, name in enumerate(table.targets)}
        rows = [row[instance.sites[site].place] for site in fleet.unit_site[units]]
        weeks = table.weeks[np.ix_(rows, [column[place] for place in places])]
        able[units] |= np.isfinite(weeks).any(axis=1)
    return able
