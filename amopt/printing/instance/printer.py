"""What having the printer costs: a price a year, or a purchase spread over its life."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pydantic import Field

from amopt.instance.common import Factor, InstanceModel, Money, Years
from amopt.instance.findings import Problem

__all__ = ["Printer"]

LIKELY_INTEREST = 1.0
"""Interest a year above which its unit is in doubt."""


class Printer(InstanceModel):
    """What having the printer costs, beside what each print costs.

    Either ``price_per_year``, or ``purchase_cost`` with the years and the interest over which it is
    spread.
    """

    price_per_year: Money | None = Field(
        default=None,
        description="What having the printer costs in a year of 52 weeks, in money, such as rent.",
    )
    purchase_cost: Money | None = Field(
        default=None, description="What buying it costs, in money; in place of price_per_year."
    )
    life_years: Years | None = Field(
        default=None, description="Years for which it is used; with purchase_cost."
    )
    interest_per_year: Factor | None = Field(
        default=None,
        description="Interest on the purchase, as a share a year such as 0.05; with purchase_cost.",
    )
    upkeep_per_year: Money | None = Field(
        default=None,
        description="Upkeep in money a year, beside the purchase; left out, none.",
    )

    @property
    def annuity(self) -> float:
        r"""Money a year for one of purchase: :math:`i / (1 - (1 + i)^{-T})`.

        Without interest :math:`1 / T`; 0 where nothing is bought.
        """
        if self.purchase_cost is None or self.life_years is None:
            return 0.0
        interest = self.interest_per_year or 0.0
        growth = self.life_years * math.log1p(interest)
        # expm1 keeps what is left of a small interest, and the quotient tends to 1 / T.
        return interest / -math.expm1(-growth) if growth > 0 else 1.0 / self.life_years

    @property
    def yearly_price(self) -> float:
        """What having the printer costs a year, in money."""
        if self.price_per_year is not None:
            return self.price_per_year
        return self.annuity * (self.purchase_cost or 0.0) + (self.upkeep_per_year or 0.0)

    def problems(self, key: tuple[str | int, ...]) -> Iterator[Problem]:
        """Yield what no single field can know."""
        given = [
            field
            for field in ("price_per_year", "purchase_cost")
            if getattr(self, field) is not None
        ]
        if len(given) != 1:
            yield Problem(
                "exactly-one",
                (*key, given[-1]) if given else key,
                f"the printer gives {'both' if given else 'neither'} of price_per_year and "
                "purchase_cost.",
                "Give exactly one of them.",
            )
            return
        terms = {field: getattr(self, field) for field in ("life_years", "interest_per_year")}
        if self.purchase_cost is not None:
            missing = [field for field, value in terms.items() if value is None]
            if missing:
                yield Problem(
                    "purchase-terms",
                    (*key, "purchase_cost"),
                    f"a purchase is spread over years with interest, and {' and '.join(missing)} "
                    f"{'is' if len(missing) == 1 else 'are'} missing.",
                    "Give life_years and interest_per_year (0 for none).",
                )
        else:
            terms["upkeep_per_year"] = self.upkeep_per_year
            for field, value in terms.items():
                if value is not None:
                    yield Problem(
                        "purchase-terms",
                        (*key, field),
                        f"{field} belongs to a purchase, and price_per_year is all that is paid.",
                        "Leave it out, or give purchase_cost in place of price_per_year.",
                    )
        if self.interest_per_year is not None and self.interest_per_year >= LIKELY_INTEREST:
            yield Problem(
                "implausible-interest",
                (*key, "interest_per_year"),
                f"{self.interest_per_year:g} is {100 * self.interest_per_year:g} % a year.",
                "Is it percent? Then divide it by 100; else leave it.",
            )
