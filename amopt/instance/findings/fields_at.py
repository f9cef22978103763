"""Which models and fields of an instance class may stand at a key path."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Literal, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from amopt.instance.findings import Key

__all__ = ["choices", "fields_at", "fields_of", "homes", "keys_of", "models_at"]


_MODELS = 100
"""How many models are looked at, should they hold each other."""


@cache
def models_in(annotation: Any) -> tuple[type[BaseModel], ...]:
    """Return the models that stand anywhere within an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(model for part in get_args(annotation) for model in models_in(part))


def fields_of(models: Sequence[type[BaseModel]], key: str) -> list[FieldInfo]:
    """Return the fields that a key may mean."""
    return [
        field
        for model in models
        for name, field in model.model_fields.items()
        if key in (field.alias, name)
    ]


@cache
def keys_of(models: tuple[type[BaseModel], ...]) -> Collection[str]:
    """Return the keys that models know."""
    return tuple(
        dict.fromkeys(
            field.alias or name for model in models for name, field in model.model_fields.items()
        )
    )


def models_at(instance_type: type[BaseModel], key: Key) -> tuple[type[BaseModel], ...]:
    """Return the models that may stand at a key path."""
    models: tuple[type[BaseModel], ...] = (instance_type,)
    for part in key:
        if isinstance(part, str):
            fields = fields_of(models, part)
            models = tuple(
                model for field in fields for model in models_in(cast("Any", field.annotation))
            )
    return models


def fields_at(instance_type: type[BaseModel], key: Key) -> list[FieldInfo]:
    """Return the fields that may stand at a key path; none for the entries of a list."""
    if not key or not isinstance(key[-1], str):
        return []
    return fields_of(models_at(instance_type, key[:-1]), key[-1])


@cache
def homes(instance_type: type[BaseModel]) -> Mapping[str, str]:
    """Return the keys of the entries of an instance, each with where it belongs."""
    found: dict[str, str] = {}
    level: list[tuple[str, type[BaseModel]]] = [("", instance_type)]
    for path, model in level:
        for name, field in model.model_fields.items():
            below = f"{path}.{field.alias or name}".lstrip(".")
            for held in models_in(cast("Any", field.annotation)):
                for key in keys_of((held,)):
                    found.setdefault(key, below)
                if len(level) < _MODELS:
                    level.append((below, held))
    return found


def choices(fields: Sequence[FieldInfo]) -> tuple[Any, ...]:
    """Return the words that fields allow."""
    return tuple(dict.fromkeys(word for field in fields for word in _words(field.annotation)))


def _words(annotation: Any) -> tuple[Any, ...]:
    """Return the words of the literals within an annotation."""
    parts = get_args(annotation)
    if get_origin(annotation) is Literal:
        return parts
    return tuple(word for part in parts for word in _words(part))
