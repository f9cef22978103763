"""What is said of a part that a rule does not pass, or of which too little is known."""

from __future__ import annotations

from amopt.phrases import listed
from amopt.screening.instance.entries import Rule

__all__ = ["MACHINES", "TOO_LARGE", "WRONG_MATERIAL", "broken", "not_known"]

MACHINES = "a machine can make it"
"""What the rule is called that the list of machines stands for."""

WRONG_MATERIAL = "no machine works its material"
TOO_LARGE = "no machine that works its material is large enough"

MOST_WORDS = 6
"""Texts of a rule that a reason lists."""


def not_known(attribute: str) -> str:
    """Return the reason why nobody can tell."""
    return f"{attribute} is not known"


def broken(rule: Rule) -> str:
    """Return what is said of a part that the rule does not pass."""
    name = rule.attribute
    if rule.at_least is not None and rule.at_most is not None:
        return f"{name} is not between {rule.at_least:g} and {rule.at_most:g}"
    if rule.at_least is not None:
        return f"{name} is below {rule.at_least:g}"
    if rule.at_most is not None:
        return f"{name} is above {rule.at_most:g}"
    if rule.equals is not None:
        return f"{name} is {'no' if rule.equals else 'yes'}"
    if rule.one_of is not None:
        return f"{name} is none of {listed(rule.one_of, 'or', most=MOST_WORDS)}"
    return f"{name} is {listed(rule.none_of or (), 'or', most=MOST_WORDS)}"
