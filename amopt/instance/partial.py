"""What can be told of an instance some of whose fields are wrong.

Each wrong value becomes :data:`UNKNOWN`, which raises as soon as anybody asks anything of it. A
check that ends without doing so holds whatever is written there instead; one that does is not told,
so that no finding is a guess, and none follows from an entry that was left out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import SchemaValidator, core_schema

from amopt.instance.findings import Key, Problem
from amopt.instance.findings.fields_at import keys_of, models_at
from amopt.instance.loadable import Loadable
from amopt.instance.suggest import did_you_mean

__all__ = ["UNKNOWN", "partial_instance", "told"]

_logger = logging.getLogger(__name__)
_Kind = TypeVar("_Kind", bound=Loadable)


class _UnknownValueError(Exception):
    """A check asked for a value that is wrong in the file."""


def _raise(*_: Any) -> Any:
    raise _UnknownValueError


class _Unknown:
    """The value of a field that is wrong: it can be held, and no more."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        raise _UnknownValueError


_ASKED = (
    "eq ne lt le gt ge hash bool len iter contains getitem call str repr format bytes "
    "int float complex index round trunc floor ceil neg pos abs invert array "
    "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow "
    "matmul rmatmul and rand or ror xor rxor lshift rlshift rshift rrshift divmod rdivmod"
)
for _name in _ASKED.split():
    setattr(_Unknown, f"__{_name}__", _raise)

UNKNOWN: Final = _Unknown()
"""Stands for every value that is wrong."""

_WRONG: Final = object()
"""What no field takes."""


def partial_instance(
    instance_type: type[_Kind], data: Mapping[str, Any], problems: Iterable[Problem]
) -> _Kind | None:
    """Return the instance of data with :data:`UNKNOWN` for all that is wrong; None where all is.

    Parameters
    ----------
    instance_type
        The class of the instance.
    data
        The raw data.
    problems
        What was found wrong with its fields, names and references.
    """
    wrong: list[Key] = []
    for problem in problems:
        above = problem.key[:-1]
        if problem.code != "unknown-key":
            wrong.append(problem.key)
        elif above:  # it may be the key that it looks like, misspelt, else any
            known = keys_of(models_at(instance_type, above))
            meant = [name for name in known if problem.advice.startswith(did_you_mean(name))]
            wrong.append((*above, *meant[:1]))
        else:  # it may be any of the keys that are not there, misspelt
            wrong += [(name,) for name in keys_of((instance_type,)) if name not in data]
    known = _marked(data, wrong)
    instance = instance_type.__new__(instance_type)
    try:
        _validator(instance_type).validate_python(known, self_instance=instance)
    except ValidationError:
        return None
    return instance


def told(checks: Iterable[Iterator[Problem]]) -> Iterator[Problem]:
    """Yield what checks find in a partial instance before they ask for what is unknown."""
    each = iter(checks)
    while True:
        try:
            check = next(each, None)
            if check is None:
                return
            yield from check
        except _UnknownValueError:
            continue
        except Exception:
            _logger.debug("a check cannot be made while fields are wrong", exc_info=True)


def _marked(data: Any, wrong: Iterable[Key]) -> Any:
    """Return a copy of data with what no field takes at keys, which need not be there."""
    below: dict[str | int, list[Key]] = {}
    for key in wrong:
        if not key or not isinstance(data, (Mapping, list, tuple)):
            return _WRONG
        below.setdefault(key[0], []).append(key[1:])
    if not below:
        return data
    if isinstance(data, Mapping):
        names = {str(name): name for name in data}
        told = {names.get(str(part), part): keys for part, keys in below.items()}
        return {**data, **{at: _marked(data.get(at, _WRONG), keys) for at, keys in told.items()}}
    copy = list(data)
    for part, keys in below.items():
        if not isinstance(part, int) or part >= len(copy):
            return _WRONG
        copy[part] = _marked(copy[part], keys)
    return copy


@cache
def _validator(instance_type: type[BaseModel]) -> SchemaValidator:
    """Return what reads the data of a class with :data:`UNKNOWN` where a field refuses."""
    make: Any = SchemaValidator
    instance_type.model_rebuild()  # built when first needed, which may be here
    schema = _lenient(instance_type.__pydantic_core_schema__)
    try:  # the strict validators of the classes are not to be taken for their lenient schemas
        lenient: SchemaValidator = make(schema, None, _use_prebuilt=False)
    except TypeError:  # versions that take none have no such parameter
        lenient = make(schema)
    return lenient


def _or_unknown(value: Any, handler: Callable[[Any], Any]) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return UNKNOWN


def _lenient(schema: Any) -> Any:
    """Return a schema whose fields and entries may be unknown; the branches of unions may not."""
    kind = schema["type"]
    changed = dict(schema)
    if "ref" in schema:
        changed["ref"] = _named(schema["ref"])
    if kind == "definitions":
        changed["schema"] = _lenient(schema["schema"])
        lenient = [_lenient(one) for one in schema["definitions"]]
        changed["definitions"] = [*schema["definitions"], *lenient]
    elif kind == "definition-ref":
        changed["schema_ref"] = _named(schema["schema_ref"])
    elif kind == "model":
        changed.update(schema=_lenient(schema["schema"]), custom_init=False)
    elif kind == "model-fields":
        fields = {name: _field(field) for name, field in schema["fields"].items()}
        changed.update(fields=fields, extra_behavior="ignore")
    elif kind == "tuple":
        changed["items_schema"] = [_wrapped(_lenient(one)) for one in schema["items_schema"]]
    elif kind == "dict" and "values_schema" in schema:
        changed["values_schema"] = _wrapped(_lenient(schema["values_schema"]))
    elif kind in ("nullable", "default"):
        changed["schema"] = _lenient(schema["schema"])
    return changed


def _field(field: Any) -> Any:
    """Return a field that is unknown where its value is refused or lacks."""
    schema = _lenient(field["schema"])
    if schema["type"] == "default":
        schema["schema"] = _wrapped(schema["schema"])
    else:
        schema = core_schema.with_default_schema(_wrapped(schema), default=UNKNOWN)
    return {**field, "schema": schema}


def _wrapped(schema: Any) -> Any:
    return core_schema.no_info_wrap_validator_function(_or_unknown, schema)


def _named(ref: str) -> str:
    """Return the name of the lenient copy of a definition."""
    return f"{ref}, or unknown"
