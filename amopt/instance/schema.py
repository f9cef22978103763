"""The JSON Schema of an instance class, for editors that complete and check as one types."""

from __future__ import annotations

from typing import Any

from amopt.instance.common import Instance

__all__ = ["schema"]


def schema(instance_type: type[Instance]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a decision's instance files."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **instance_type.model_json_schema(by_alias=True),
    }
