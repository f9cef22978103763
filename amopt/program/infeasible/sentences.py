"""Why there is no plan, in one form of sentence for every decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from amopt.errors import Conflict, InfeasibleError, LeastChange, Limit, NoAnswerError
from amopt.phrases import listed

if TYPE_CHECKING:
    from amopt.outcome import Outcome
    from amopt.program.infeasible.search import Reasons

__all__ = ["NO_REASON", "no_plan"]

NO_REASON = "no plan was found, and no reason could be proven"

_SHOWN = 4
"""Most members of one family that are named in a sentence."""


def no_plan(reasons: Reasons, outcome: Outcome | None = None) -> InfeasibleError | NoAnswerError:
    """Return the error that says which limits clash, and what would mend it.

    ``These cannot hold together: a, b and c. Either x, or y, or z.``, one remedy a line.

    Parameters
    ----------
    reasons
        What was proven.
    outcome
        What the solver said.

    Returns
    -------
    InfeasibleError or NoAnswerError
        The latter where a plan was found that keeps all limits, after all.
    """
    if reasons.refuted:
        return NoAnswerError(
            f"{NO_REASON}: a plan that keeps every limit can be found after all", outcome=outcome
        )
    if reasons.hopeless:
        return InfeasibleError(
            f"{NO_REASON} among the limits: none was found without them either", outcome=outcome
        )
    if not reasons.conflicts:
        why = f" ({reasons.unfinished})" if reasons.unfinished else ""
        return InfeasibleError(f"{NO_REASON}{why}", outcome=outcome)
    remedies = [_remedy(changes) for changes in reasons.combinations]
    limits = [limit for conflict in reasons.conflicts for limit in conflict.limits]
    paragraphs = []
    for conflict in reasons.conflicts:
        paragraphs += [_clash(conflict.limits), "" if remedies else _alone(conflict)]
    if reasons.more:
        paragraphs.append("These are not all: when they are mended, others clash.")
    elif not reasons.complete:
        paragraphs.append("Whether more clashes is not known.")
    paragraphs.append(_remedies(remedies))
    if reasons.unfinished:
        paragraphs.append(f"Not everything was known in time: {reasons.unfinished}.")
    return InfeasibleError(
        "\n".join(paragraph for paragraph in paragraphs if paragraph),
        conflict=tuple(dict.fromkeys(limit.words for limit in limits)),
        remedies=remedies,
        outcome=outcome,
        conflicts=reasons.conflicts,
        combinations=reasons.combinations,
        complete=reasons.complete,
    )


def _clash(limits: Sequence[Limit]) -> str:
    """Return in a sentence that limits cannot hold together; of many alike, the number."""
    names = _shortened(limits)
    if len(limits) == 1:
        return f"This cannot hold: {names[0]}."
    return f"These cannot hold together: {listed(names)}."


def _shortened(limits: Sequence[Limit]) -> list[str]:
    """Return what limits are called, of each family a handful and the number of the others."""
    families: dict[str, list[str]] = {}
    for limit in limits:
        families.setdefault(limit.family, []).append(limit.words)
    shown = []
    for words in families.values():
        named = list(dict.fromkeys(words))
        if len(named) > _SHOWN:
            named = [*named[: _SHOWN - 1], f"{len(named) - _SHOWN + 1:,} more of this kind"]
        shown += named
    return shown


def _remedy(changes: Sequence[LeastChange]) -> str:
    """Return a combination of changes in words."""
    return " and ".join(change.words for change in changes)


def _remedies(remedies: Sequence[str]) -> str:
    """Return remedies in a sentence, one a line, joined by ``or``."""
    if not remedies:
        return ""
    if len(remedies) == 1:
        return f"{remedies[0][:1].upper()}{remedies[0][1:]}."
    return f"Either {f',{chr(10)}or '.join(remedies)}."


def _alone(conflict: Conflict) -> str:
    """Return what would mend a conflict if it were the only one."""
    words = _remedies([change.words for change in conflict.remedies])
    return f"For this alone: {words[0].lower()}{words[1:]}" if words else ""
