"""The JSON Schema of an instance class, for editors that complete and check as one types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

__all__ = ["also", "beside", "schema"]


def also(*others: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    """Return the ``json_schema_extra`` of a field for which a file may say something else.

    Parameters
    ----------
    others
        The schemas of what else stands there: the instance class puts data in its place
        (:meth:`~amopt.instance.loadable.Loadable.filled`) before the field is validated.
    """

    def extend(field: dict[str, Any]) -> None:
        own = dict(field)
        field.clear()
        field["anyOf"] = [own, *others]

    return extend


def beside(key: str, what: str) -> dict[str, Any]:
    """Return the schema of ``{key: path}``: a file that stands beside the instance.

    Parameters
    ----------
    key
        The key of its path.
    what
        What the file is: ``The file that holds the network``.
    """
    return {
        "type": "object",
        "description": f"{what}, in the folder of the instance or below it.",
        "properties": {key: {"type": "string", "description": "Its path."}},
        "required": [key],
        "additionalProperties": False,
    }


def schema(instance_type: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a decision's instance files."""
    described = instance_type.model_json_schema(by_alias=True)
    definitions = described.get("$defs", {})
    if "Network" in definitions:
        include = beside("include", "The file that holds the network")
        definitions["Network"] = {"anyOf": [definitions["Network"], include]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}
