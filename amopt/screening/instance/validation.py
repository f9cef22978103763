"""What is wrong with a screening instance across its fields, and between it and its table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from amopt.instance.findings import Key, Problem
from amopt.instance.suggest import did_you_mean, misspelt, shown
from amopt.phrases import listed
from amopt.screening.instance.attributes import DIMENSIONS, MACHINE, Attribute
from amopt.screening.instance.comparisons import GOALS, judgements, sets_of
from amopt.screening.instance.entries import (
    Contents,
    Criterion,
    Diversity,
    Effort,
    Goal,
    Rule,
    Share,
)
from amopt.screening.instance.headings import PART, unknown_attribute
from amopt.screening.instance.parts import Parts, folded

__all__ = ["field_problems", "missing_columns", "unmatched_texts"]

MOST_COMPARED = 2_000
"""Texts of a table that one of the instance is compared with, letter by letter."""


def field_problems(instance: Contents) -> Iterator[Problem]:
    """Yield what is wrong across the fields of an instance."""
    yield from _declarations(instance)
    for key, name in _named(instance):
        if name not in instance.known and not (name == MACHINE and key[0] == "examination"):
            yield unknown_attribute(name, tuple(instance.known), key)
    for index, rule in enumerate(instance.rules):
        yield from _rule(rule, instance.known.get(rule.attribute), ("rules", index))
    for g, goal in enumerate(instance.ranking.goals):
        for c, criterion in enumerate(goal.criteria):
            key = ("ranking", "goals", g, "criteria", c)
            yield from _criterion(criterion, instance.known.get(criterion.attribute), key)
    yield from _weights(instance)
    yield from _limits(instance)


def _declarations(instance: Contents) -> Iterator[Problem]:
    """Yield attributes of the planner's own that amopt knows."""
    for index, own in enumerate(instance.attributes):
        known = instance.known.get(own.name)
        if own.name in (MACHINE, PART) or (known is not None and known.meaning):
            message = f"amopt has {shown(own.name)} already."
            yield Problem("known-attribute", ("attributes", index, "name"), message)


def _named(instance: Contents) -> Iterator[tuple[Key, str]]:
    """Yield the attributes that an instance uses, each with its key."""
    for index, rule in enumerate(instance.rules):
        yield ("rules", index, "attribute"), rule.attribute
    for g, goal in enumerate(instance.ranking.goals):
        for c, criterion in enumerate(goal.criteria):
            yield ("ranking", "goals", g, "criteria", c, "attribute"), criterion.attribute
    limits: dict[str, Sequence[Effort | Diversity | Share]] = {
        "efforts": instance.examination.efforts,
        "diversity": instance.examination.diversity,
        "shares": instance.examination.shares,
    }
    for name, entries in limits.items():
        for index, entry in enumerate(entries):
            if entry.attribute is not None:
                yield ("examination", name, index, "attribute"), entry.attribute


def _rule(rule: Rule, attribute: Attribute | None, key: Key) -> Iterator[Problem]:
    """Yield what is wrong with the test of a rule."""
    tests = {
        "number": ("at_least", "at_most"),
        "text": ("one_of", "none_of"),
        "yes or no": ("equals",),
    }
    given = [name for names in tests.values() for name in names if getattr(rule, name) is not None]
    if not given:
        message = f"rule {shown(rule.name)} does not say what passes it."
        yield Problem("rule-without-test", key, message)
        return
    if rule.at_least is not None and rule.at_most is not None and rule.at_least > rule.at_most:
        message = f"no number is at least {rule.at_least:g} and at most {rule.at_most:g}."
        yield Problem("rule-without-test", (*key, "at_least"), message, "Swap the two.")
    for name in given if attribute is not None else ():
        assert attribute is not None
        if name not in tests[attribute.kind]:
            message = f"{attribute.name} is {_of_kind(attribute)}, which {name} does not suit."
            yield Problem("unsuited-attribute", (*key, name), message)


def _of_kind(attribute: Attribute) -> str:
    return attribute.kind if attribute.kind == "yes or no" else f"a {attribute.kind}"


def _criterion(criterion: Criterion, attribute: Attribute | None, key: Key) -> Iterator[Problem]:
    """Yield what is wrong with how a criterion values its attribute."""
    ways = ("linear", "logistic", "steps", "values")
    given = [way for way in ways if getattr(criterion, way) is not None]
    if len(given) != 1:
        message = f"criterion {shown(criterion.name)} has {listed(given) or 'none'} of "
        yield Problem("exactly-one-worth", key, f"{message}{listed(ways)}.")
        return
    (way,) = given
    if attribute is not None and (way == "values") == (attribute.kind == "number"):
        advice = "Give values." if way != "values" else "Give linear, logistic or steps."
        message = f"{attribute.name} is {_of_kind(attribute)}, which {way} does not suit."
        yield Problem("unsuited-attribute", (*key, way), message, advice)
    if criterion.linear is not None and criterion.linear.worst == criterion.linear.best:
        yield Problem("flat-worth", (*key, "linear"), "the worst value is the best one.")
    if criterion.logistic is not None and criterion.logistic.slope == 0:
        yield Problem("flat-worth", (*key, "logistic", "slope"), "the slope is 0.")
    starts = [step.from_ for step in criterion.steps or ()]
    if starts != sorted(starts):
        yield Problem("steps-not-rising", (*key, "steps"), "a step begins below the one before it.")
    if attribute is not None and attribute.kind == "yes or no" and criterion.values is not None:
        strange = [word for word in criterion.values if word.casefold() not in ("yes", "no")]
        if strange:
            message = f"{attribute.name} is yes or no, never {shown(strange[0])}."
            advice = "Write 'yes' and 'no', in quotes."
            yield Problem("unsuited-attribute", (*key, "values", strange[0]), message, advice)


def _weights(instance: Contents) -> Iterator[Problem]:
    """Yield what is wrong with weights and comparisons."""
    ranking = instance.ranking
    names = [name for members in sets_of(ranking).values() for name in members]
    twice = {name for name in names if names.count(name) > 1} | ({GOALS} & set(names))
    for name in sorted(twice):
        message = f"{shown(name)} names several goals or criteria."
        yield Problem("stray-comparison", ("ranking", "goals"), message, "Give each its own name.")
    if twice:
        return
    stray = list(_stray(instance))
    yield from stray
    if stray:
        return
    goals: dict[str, Sequence[Goal | Criterion]] = {GOALS: ranking.goals}
    goals.update({goal.name: goal.criteria for goal in ranking.goals})
    for name, entries in goals.items():
        yield from _set(instance, name, entries)


def _stray(instance: Contents) -> Iterator[Problem]:
    """Yield comparisons that are given twice, or of what is not in one set."""
    sets = list(sets_of(instance.ranking).values())
    seen = set()
    for index, one in enumerate(instance.ranking.comparisons):
        key, pair = ("ranking", "comparisons", index), frozenset((one.more, one.than))
        together = [members for members in sets if pair <= set(members)]
        if len(pair) == 1 or not together:
            message = (
                f"{shown(one.more)} and {shown(one.than)} are not two goals, nor two criteria "
            )
            yield Problem("stray-comparison", key, f"{message}of one goal.")
        elif pair in seen:
            message = f"{shown(one.more)} and {shown(one.than)} are compared already."
            yield Problem("stray-comparison", key, message, "Keep one of the two.")
        seen.add(pair)


def _set(instance: Contents, name: str, entries: Sequence[Goal | Criterion]) -> Iterator[Problem]:
    """Yield what is wrong with the weights of one set: of the goals, or of a goal's criteria."""
    key: Key = ("ranking", "goals")
    called = name if name == GOALS else f"the criteria of {shown(name)}"
    pairs = {frozenset((one.more, one.than)) for one in instance.ranking.comparisons}
    members = [entry.name for entry in entries]
    compared = [pair for pair in combinations(members, 2) if frozenset(pair) in pairs]
    weighed = [entry.name for entry in entries if entry.weight is not None]
    if weighed and (len(weighed) < len(entries) or compared):
        message = f"of {called}, {listed(list(map(shown, weighed)), most=4)} "
        message += "has a weight" if len(weighed) == 1 else "have weights"
        message += ", and there are comparisons." if compared else ", and others have none."
        yield Problem("weight-and-comparison", key, message)
        return
    if weighed:
        if sum(entry.weight or 0.0 for entry in entries) <= 0:
            yield Problem("no-weight", key, f"all weights of {called} are 0.")
        return
    lacking = [pair for pair in combinations(members, 2) if frozenset(pair) not in pairs]
    if lacking:
        words = [f"{shown(first)} with {shown(second)}" for first, second in lacking]
        message = f"of {called} nobody compares {listed(words, most=6)}."
        yield Problem("missing-comparison", ("ranking", "comparisons"), message)
        return
    found = judgements(instance.ranking, members)
    ratio, most = found.consistency_ratio, instance.ranking.largest_consistency_ratio
    if ratio > most:
        more, than, times, implied = found.odd_one
        message = (
            f"the judgements of {called} have the consistency ratio {ratio:.3g}, above {most:g}."
        )
        advice = (
            f"{shown(more)} is called {times:g} times as important as {shown(than)}, where all "
            f"judgements together say {implied:.2g}: judge again, or raise "
            "largest_consistency_ratio."
        )
        yield Problem("inconsistent-comparisons", ("ranking", "comparisons"), message, advice)


def _limits(instance: Contents) -> Iterator[Problem]:
    """Yield limits of the examination that limit nothing, or not what they say."""
    examination = instance.examination
    grouped: list[tuple[Key, str]] = []
    for index, effort in enumerate(examination.efforts):
        key: Key = ("examination", "efforts", index)
        if (effort.attribute is None) != (effort.one_of is None):
            message = f"{shown(effort.name)} has attribute or one_of, and not the other."
            yield Problem("limit-without-number", key, message, "Give both, or neither.")
        if effort.attribute is not None:
            grouped.append(((*key, "attribute"), effort.attribute))
    for index, diversity in enumerate(examination.diversity):
        key = ("examination", "diversity", index)
        grouped.append(((*key, "attribute"), diversity.attribute))
        if diversity.at_most is None and diversity.at_least_different is None:
            message = f"the diversity of {diversity.attribute} has no limit."
            advice = "Give at_most or at_least_different."
            yield Problem("limit-without-number", key, message, advice)
    for index, share in enumerate(examination.shares):
        key = ("examination", "shares", index)
        grouped.append(((*key, "attribute"), share.attribute))
        if share.at_least is None and share.at_most is None:
            message = f"the share of {shown(share.value)} has no limit."
            yield Problem("limit-without-number", key, message)
        elif share.at_most is not None and (share.at_least or 0) > share.at_most:
            message = f"no number is at least {share.at_least} and at most {share.at_most}."
            yield Problem("limit-without-number", key, message, "Swap the two.")
    for where, name in grouped:
        attribute = instance.known.get(name)
        if name == MACHINE and not instance.machines:
            message = "parts are grouped by machine, and no machines are listed."
            yield Problem("unsuited-attribute", where, message, "List machines.")
        if attribute is not None and attribute.kind != "text":
            message = f"{name} is {_of_kind(attribute)}; parts are grouped by texts."
            yield Problem("unsuited-attribute", where, message, "Name a text attribute.")


def missing_columns(instance: Contents, parts: Parts) -> Iterator[Problem]:
    """Yield the attributes that an instance uses and its table has no column of."""
    there = {*parts.attributes, MACHINE}
    asked: set[str] = set()
    for key, name in (*_named(instance), *_of_machines(instance)):
        if name in instance.known and name not in there and name not in asked:
            asked.add(name)
            message = f"the table has no column of {name}."
            yield Problem("missing-column", key, message)
    examination = instance.examination
    if examination.maximise != "expected_saving" or "expected_saving" in there:
        return
    needed = ["cost_per_part", "demand_per_year"]
    if examination.print_cost_share is None:
        needed.append("print_cost_per_part")
    lacking = [name for name in needed if name not in there and name not in asked]
    if lacking:
        message = (
            f"what printing saves cannot be told: the table has no column of {listed(lacking)}."
        )
        advice = "Add it, or a column expected_saving; or write maximise: score."
        if lacking == ["print_cost_per_part"]:
            advice = (
                "Give examination.print_cost_share, a share of the cost; or add the column, or one "
                "of expected_saving; or write maximise: score."
            )
        yield Problem("missing-column", ("examination",), message, advice)


def _of_machines(instance: Contents) -> Iterator[tuple[Key, str]]:
    """Yield the attributes by which machines take parts."""
    for index, machine in enumerate(instance.machines):
        if machine.materials:
            yield ("machines", index, "materials"), "material"
        if machine.build_envelope is not None:
            for name in DIMENSIONS:
                yield ("machines", index, "build_envelope"), name


def unmatched_texts(instance: Contents, parts: Parts) -> Iterator[Problem]:
    """Yield texts of an instance that no part has, where they are likely to be a slip.

    A list may name more than there is; what differs by a letter from a text that nothing in the
    instance names, and what stands alone, is told.
    """
    asked: dict[str, list[tuple[Key, str, bool]]] = {}
    for attribute, key, word, alone in _texts_of(instance):
        asked.setdefault(attribute, []).append((key, word, alone))
    for attribute, words in asked.items():
        known = _texts_there(instance, parts, attribute)
        there = {folded(text): text for text in known}
        named = {folded(word) for _, word, _ in words}
        strays = [text for text in known if folded(text) not in named][:MOST_COMPARED]
        for key, word, alone in words:
            if not there or folded(word) in there:
                continue
            message = f"no part has the {attribute} {shown(word)}."
            several = [one.strip() for one in re.split("[,/|]", word)]
            match = misspelt(word, strays)
            if len(several) > 1 and any(folded(one) in there for one in several):
                advice = (
                    f"Several? Write [{', '.join(several)}], or {'; '.join(several)} in a cell."
                )
                yield Problem("unmatched-text", key, message, advice)
            elif match or alone:
                advice = (
                    f"{did_you_mean(match)} Texts are compared letter by letter." if match else ""
                )
                yield Problem("unmatched-text", key, message, advice)


def _texts_there(instance: Contents, parts: Parts, attribute: str) -> list[str]:
    """Return the texts of an attribute that parts have, one by one, or the machines' names."""
    if attribute == MACHINE:
        return [one.name for one in instance.machines]
    texts = parts.texts.get(attribute)
    cells = () if texts is None else texts.words
    found = (entry.strip() for cell in cells for entry in cell.split(";"))
    return list({folded(text): text for text in found if text}.values())


def _texts_of(instance: Contents) -> Iterator[tuple[str, Key, str, bool]]:
    """Yield the texts that an instance names: attribute, key, text, and whether it stands alone."""
    for m, machine in enumerate(instance.machines):
        for k, word in enumerate(machine.materials):
            yield "material", ("machines", m, "materials", k), word, False
    for r, rule in enumerate(instance.rules):
        for test in ("one_of", "none_of"):
            for k, word in enumerate(getattr(rule, test) or ()):
                yield rule.attribute, ("rules", r, test, k), word, False
    for g, goal in enumerate(instance.ranking.goals):
        for c, criterion in enumerate(goal.criteria):
            key: Key = ("ranking", "goals", g, "criteria", c, "values")
            attribute = instance.known.get(criterion.attribute)
            if attribute is not None and attribute.kind == "text":
                for word in criterion.values or ():
                    yield criterion.attribute, (*key, word), word, False
    yield from _texts_of_limits(instance)


def _texts_of_limits(instance: Contents) -> Iterator[tuple[str, Key, str, bool]]:
    """Yield the same of the limits of the examination."""
    for e, effort in enumerate(instance.examination.efforts):
        words = effort.one_of or ()
        for k, word in enumerate(words):
            if effort.attribute is not None:
                key: Key = ("examination", "efforts", e, "one_of", k)
                yield effort.attribute, key, word, len(words) == 1
    for s, share in enumerate(instance.examination.shares):
        yield share.attribute, ("examination", "shares", s, "value"), share.value, True
