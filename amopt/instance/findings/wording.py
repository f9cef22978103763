"""What the validator found wrong with fields, in a planner's words."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from amopt.instance.findings import Key, Problem
from amopt.instance.findings.fields_at import (
    choices,
    fields_at,
    fields_of,
    homes,
    keys_of,
    models_at,
)
from amopt.instance.formats.numerals import as_date, converted, hundredth, not_a_date, rewritten
from amopt.instance.formats.positions import HIDDEN as HIDDEN_CHARACTERS
from amopt.instance.formats.positions import hidden
from amopt.instance.suggest import Suggestions, closest, did_you_mean, shown

__all__ = ["field_problems"]

HIDDEN = re.compile(f"[{HIDDEN_CHARACTERS}]")
_NOTHING = {"none", "no", "nothing", "null", "nil", "n/a", "na", "-", "?", "unknown"}


@dataclass(frozen=True, slots=True)
class _Fault:
    """One error of the validator, with the branches of unions taken out of its path.

    ``branches`` holds, for each union on the way, how many keys lead to it and which of its
    alternatives was tried.
    """

    key: Key
    branches: tuple[tuple[int, str], ...]
    error: Mapping[str, Any]
    of_key: bool = False


def field_problems(
    instance_type: type[BaseModel], data: Mapping[str, Any], error: ValidationError
) -> list[Problem]:
    """Return what is wrong with the fields of raw data, one problem a value.

    Parameters
    ----------
    instance_type
        The class that refused the data.
    data
        The raw data.
    error
        What the class said.
    """
    told = (one for one in error.errors(include_url=False) if not _follows(one))
    faults = [_fault(data, one) for one in told]
    suggestions = Suggestions()
    problems = [_problem(instance_type, fault, suggestions) for fault in _settle(faults)]
    misspelt = {(one.key[:-1], one.advice) for one in problems if one.code == "unknown-key"}
    return [
        one
        for one in problems
        if one.code != "missing-key" or (one.key[:-1], did_you_mean(one.key[-1])) not in misspelt
    ]


def _follows(error: Mapping[str, Any]) -> bool:
    """Tell whether a list is called too short only because the validator left entries out."""
    if error["type"] != "too_short":
        return False
    return len(error["input"]) >= int(error["ctx"]["min_length"])


def _fault(data: Any, error: Mapping[str, Any]) -> _Fault:
    """Tell the keys of an error's path from the names of union branches."""
    key: list[str | int] = []
    branches = []
    holder, of_key = data, False
    parts = error["loc"]
    for place, part in enumerate(parts):
        name = part if isinstance(part, int) and not isinstance(holder, Mapping) else str(part)
        last = place == len(parts) - 1
        if isinstance(holder, Mapping) and part in holder:
            holder = holder[part]
        elif isinstance(holder, (list, tuple)) and isinstance(part, int):
            holder = holder[part] if part < len(holder) else None
        elif last and error["type"] == "missing":
            pass
        elif part == "[key]":
            of_key = True
            continue
        elif isinstance(holder, BaseModel) and hasattr(holder, str(part)):
            holder = getattr(holder, str(part))
        else:
            branches.append((len(key), str(part)))
            continue
        key.append(name)
    return _Fault(tuple(key), tuple(branches), error, of_key)


def _settle(faults: Sequence[_Fault]) -> Iterator[_Fault]:
    """Yield one fault a value: of each union, the alternative that the planner seems to mean."""
    unions: dict[Key, list[_Fault]] = {}
    for fault in faults:
        if not fault.branches:
            yield fault
        else:
            unions.setdefault(fault.key[: fault.branches[0][0]], []).append(fault)
    for key, tried in unions.items():
        alternatives: dict[str, list[_Fault]] = {}
        for fault in tried:
            inner = replace(fault, branches=fault.branches[1:])
            alternatives.setdefault(fault.branches[0][1], []).append(inner)
        meant = [inner for inner in alternatives.values() if not _mismatch(inner, key)]
        if meant:
            yield from _settle(min(meant, key=len))
        else:
            yield _Fault(key, (), _any_of(tried))


def _any_of(tried: Sequence[_Fault]) -> Mapping[str, Any]:
    """Return the error of a value that is none of the alternatives of a union."""
    first = tried[0].error
    *several, last = dict.fromkeys(_wanted(fault.error) for fault in tried)
    wanted = f"{', '.join(several).replace(' or ', ', ')} or {last}" if several else last
    words = any(fault.error["type"] == "literal_error" for fault in tried)
    kind = "words" if words and isinstance(first["input"], str) else "union"
    return {**first, "type": kind, "ctx": {"expected": wanted}}


def _mismatch(faults: Sequence[_Fault], key: Key) -> bool:
    """Tell whether an alternative was refused as a whole, for its type or its word."""
    return all(
        fault.key == key and str(fault.error["type"]).endswith(("_type", "literal_error", "words"))
        for fault in faults
    )


_WANTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "date_type": "a date such as 2026-01-31",
    "wrong-date": "a date such as 2026-01-31",
}


def _wanted(error: Mapping[str, Any]) -> str:
    """Say what would have been right."""
    if error["type"] in ("literal_error", "words", "union"):
        return str(error["ctx"]["expected"])
    return _WANTED.get(error["type"], "another value")


def _problem(instance_type: type[BaseModel], fault: _Fault, suggestions: Suggestions) -> Problem:
    """Put one fault into words."""
    kind = str(fault.error["type"])
    if fault.of_key or kind == "invalid_key":
        code = "key-not-text" if kind in ("string_type", "invalid_key") else "invalid-value"
        message = f"the key {shown(fault.key[-1])} is not a name."
        return Problem(code, fault.key, message, "Write a name, in quotes.")
    if kind in ("missing", "extra_forbidden"):
        models = models_at(instance_type, fault.key[:-1])
        if kind == "missing":
            return _missing(fault, models)
        return _unknown(instance_type, fault, models, suggestions)
    if kind in ("literal_error", "words"):
        return _not_a_choice(fault.key, fault.error, _nearest_fields(instance_type, fault.key))
    if kind in ("union", "finite_number") or kind in _WANTED.keys() - _WORDS.keys():
        return _wrong_type(fault.key, fault.error, fields_at(instance_type, fault.key))
    return _WORDS.get(kind, _other)(fault.key, fault.error)


def _missing(fault: _Fault, models: Sequence[type[BaseModel]]) -> Problem:
    key = str(fault.key[-1])
    meaning = next((field.description for field in fields_of(models, key) if field.description), "")
    words = f" ({meaning[:1].lower()}{meaning[1:].rstrip('.')})" if meaning else ""
    advice = f"Add `{shown(key)[1:-1]}:`{words}."
    return Problem("missing-key", fault.key, f"the key {shown(key)} is missing.", advice)


def _unknown(
    instance_type: type[BaseModel],
    fault: _Fault,
    models: Sequence[type[BaseModel]],
    suggestions: Suggestions,
) -> Problem:
    key = fault.key[-1]
    known = keys_of(tuple(models))
    if not isinstance(key, str):
        return Problem("key-not-text", fault.key, f"the key {shown(key)} is not text.")
    within = "here" if len(fault.key) > 1 else "at the top"
    message = f"there is no key {shown(key)} {within}."
    if found := HIDDEN.search(key):
        message = f"the key {shown(key)} holds a {hidden(found[0])}."
    for other in known:
        if said := converted(key, other, fault.error["input"]):
            return Problem("unknown-key", fault.key, message, f"{did_you_mean(other)} {said}")
    home = homes(instance_type).get(key)
    otherwise = f"Keys {within}: {', '.join(known)}."
    if home is not None:
        otherwise = f"It is a key of {home}; check its indentation. {otherwise}"
    advice = suggestions.advice(key, known, otherwise)
    return Problem("unknown-key", fault.key, message, advice)


def _nearest_fields(instance_type: type[BaseModel], key: Key) -> list[FieldInfo]:
    """Return the fields that hold the value at a key path, itself or as an entry of a list."""
    while key and not isinstance(key[-1], str):
        key = key[:-1]
    return fields_at(instance_type, key)


_HEAD: dict[Key, str] = {("kind",): "unknown-kind", ("amopt",): "unsupported-version"}


def _not_a_choice(key: Key, error: Mapping[str, Any], fields: Sequence[FieldInfo]) -> Problem:
    """Name the words that are allowed, and the closest."""
    value, allowed = error["input"], choices(fields)
    expected = str(error["ctx"]["expected"])
    if error["type"] == "literal_error" and allowed:
        expected = " or ".join(", ".join(map(shown, allowed)).rsplit(", ", 1))
    words = tuple(word for word in allowed if isinstance(word, str))
    advice = _closest_choice(value, words) if isinstance(value, str) else ""
    code = _HEAD.get(key, "not-a-choice")
    name = next((shown(part)[1:-1] for part in reversed(key) if isinstance(part, str)), "the value")
    return Problem(code, key, f"{name} is {shown(value)}, not {expected}.", advice)


@lru_cache(maxsize=256)
def _closest_choice(word: str, choices: tuple[str, ...]) -> str:
    """Return advice on a word that is none of a few."""
    match = closest(word, choices)
    return did_you_mean(match) if match else ""


def _out_of_range(key: Key, error: Mapping[str, Any]) -> Problem:
    """Name the bound that a number breaks."""
    sign, words = {
        "greater_than": ("gt", "above"),
        "greater_than_equal": ("ge", "at least"),
        "less_than": ("lt", "below"),
        "less_than_equal": ("le", "at most"),
        "multiple_of": ("multiple_of", "a multiple of"),
    }[error["type"]]
    bound = error["ctx"][sign]
    number = f"{bound:,.0f}" if abs(bound) >= 1000 or bound == int(bound) else f"{bound:g}"
    if sign == "ge" and 0 < bound < 1 and error["input"] <= 0:
        words, number = "above", f"0 (at least {number})"
    message = f"{shown(error['input'])} is out of range: the number must be {words} {number}."
    advice = "Check its sign and its unit."
    if sign in ("lt", "le") and bound == 1 and error["input"] <= 100:
        advice += f" A percentage? {shown(error['input'])} % is {hundredth(error['input'])}."
    return Problem("out-of-range", key, message, advice)


def _not_finite(key: Key, value: object, fields: Sequence[FieldInfo]) -> Problem:
    optional = any(not field.is_required() for field in fields)
    advice = "Write a number, or leave the key out." if optional else "Write a number."
    return Problem("not-finite", key, f"{shown(value)} is not a finite number.", advice)


def _text_length(key: Key, error: Mapping[str, Any]) -> Problem:
    if error["type"] == "string_too_short":
        return Problem("empty-text", key, "the text is empty.", "Write a name.")
    limit = error["ctx"]["max_length"]
    message = f"the text has {len(error['input'])} characters; {limit} are allowed."
    return Problem("text-too-long", key, message, "Shorten it.")


def _list_length(key: Key, error: Mapping[str, Any]) -> Problem:
    context = error["ctx"]
    if error["type"] == "too_short":
        limit, words, advice = context["min_length"], "at least", "Add one."
    else:
        limit, words, advice = context["max_length"], "at most", "Remove some."
    count = len(error["input"]) or "no"
    message = f"the list has {count} entries; {words} {limit} must be there."
    return Problem("wrong-length", key, message, advice)


def _date(key: Key, error: Mapping[str, Any]) -> Problem:
    message = f"{shown(error['input'])} is not a calendar date."
    return Problem("wrong-date", key, message, as_date(error["input"]))


_WORDS: dict[str, Callable[[Key, Mapping[str, Any]], Problem]] = {
    **dict.fromkeys(
        ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of"),
        _out_of_range,
    ),
    **dict.fromkeys(("string_too_short", "string_too_long"), _text_length),
    **dict.fromkeys(("too_short", "too_long"), _list_length),
    **dict.fromkeys(("wrong-date", "date_type"), _date),
}


def _wrong_type(key: Key, error: Mapping[str, Any], fields: Sequence[FieldInfo]) -> Problem:
    """Say what type is wanted, and how to write this very value."""
    value, wanted = error["input"], _wanted(error)
    if error["type"] == "finite_number":
        return _not_finite(key, value, fields)
    if value is None:
        optional = any(not field.is_required() for field in fields)
        advice = f"Write {wanted}, or leave the key out." if optional else f"Write {wanted}."
        return Problem("wrong-type", key, "the value is empty.", advice)
    message = f"{_seen(value)} stands where {wanted} is wanted."
    advice = _how_to_write(value, wanted)
    if isinstance(value, datetime.date) and "number" in wanted:
        advice = not_a_date(key[-1] if key else "")
    if isinstance(value, str) and "number" in wanted:
        advice = _number(value.strip(), wanted, key, fields)
        if found := HIDDEN.search(value):
            message = f"{message[:-1]}; it holds a {hidden(found[0])}."
    return Problem("wrong-type", key, message, advice)


def _number(text: str, wanted: str, key: Key, fields: Sequence[FieldInfo]) -> str:
    """Say how to write a number, or that there need be none."""
    whole = wanted == "a whole number"
    share = any(getattr(bound, "le", None) == 1 for field in fields for bound in field.metadata)
    advice = rewritten(text, key[-1] if key else "", whole=whole, share=share)
    nothing = text.casefold() in _NOTHING
    if nothing and any(not field.is_required() for field in fields):
        return f"{advice[:-1]}, or leave the key out."
    return advice


def _seen(value: object) -> str:
    """Say what a value is."""
    if isinstance(value, bool):
        return f"{shown(value)} (a truth value)"
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, (int, float)):
        return f"the number {shown(value)}"
    if isinstance(value, datetime.date):
        return f"the date {value}"
    if isinstance(value, (dict, list, tuple)):
        return shown(value)
    return f"a {type(value).__name__}"


def _how_to_write(value: object, wanted: str) -> str:
    """Say how to write a value in the type that is wanted."""
    if wanted in ("a list", "a mapping of keys to values"):
        return _brackets(value, wanted)
    if isinstance(value, str) and wanted == "true or false":
        return _as_truth(value.strip().casefold())
    if isinstance(value, float) and wanted == "a whole number":
        whole = value.is_integer() and abs(value) < 2**53
        return f"Write {value:.0f}." if whole else "Write a number without a fraction."
    if wanted == "text" and isinstance(value, (int, float, datetime.date)):
        exact = type(value) is int and abs(value) < 10**20
        return f'Write it in quotes: "{value}".' if exact else "Write it in quotes."
    return f"Write {wanted}."


def _brackets(value: object, wanted: str) -> str:
    """Say how to write a list or a mapping."""
    if wanted == "a list":
        if isinstance(value, dict) and value and not any(value.values()):
            names = ", ".join(shown(str(key))[1:-1] for key in list(value)[:3])
            return f"Square brackets hold a list: [{names}]."
        return "Begin each entry with '- ', or put the entries in [ ]."
    if isinstance(value, (list, tuple)):
        return "Put keys with their values in braces, or one to a line without '- '."
    return f"Write {wanted}."


def _as_truth(word: str) -> str:
    """Say how to write a truth value that was written as text."""
    said = "true" if word in ("yes", "y", "on", "true", "1") else "true or false"
    return f"Write {'false' if word in ('no', 'n', 'off', 'false', '0') else said}."


def _other(key: Key, error: Mapping[str, Any]) -> Problem:
    """Pass on what a validator of amopt said in its own words."""
    kind = str(error["type"])
    context = error.get("ctx", {})
    advice = str(context.get("advice", ""))
    message = str(context.get("error", error["msg"]))
    message = message[:1].lower() + message[1:]
    code = kind if "-" in kind else "invalid-value"
    return Problem(code, key, message if message.endswith(".") else f"{message}.", advice)
