"""The JSON Schema of an instance class, for editors that complete and check as one types."""

from __future__ import annotations

from typing import Any

from amopt.instance.common import Instance

__all__ = ["schema"]

_INCLUDE = {
    "type": "object",
    "description": "The file that holds the network, in the folder of the instance or below it.",
    "properties": {"include": {"type": "string", "description": "Its path."}},
    "required": ["include"],
    "additionalProperties": False,
}


_TABLE = {
    "type": "object",
    "description": "A .csv or .parquet file of parts, in the folder of the instance or below it.",
    "properties": {"table": {"type": "string", "description": "Its path."}},
    "required": ["table"],
    "additionalProperties": False,
}


def schema(instance_type: type[Instance]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a decision's instance files."""
    described = instance_type.model_json_schema(by_alias=True)
    definitions = described.get("$defs", {})
    if "Network" in definitions:
        definitions["Network"] = {"anyOf": [definitions["Network"], _INCLUDE]}
    properties = described["properties"]
    if properties["kind"].get("const") == "printing":
        properties["parts"] = {"anyOf": [properties["parts"], _TABLE]}
    offered = definitions.get("Offer", {}).get("properties", {})
    if "quotes" in offered:
        offered["quotes"] = {"anyOf": [offered["quotes"], {"const": "log"}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}
