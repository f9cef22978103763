"""A model in the Anura schema -> an instance of placement or sourcing, and what was not taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amopt.anura.adding import add, read_more
from amopt.anura.model.horizon import horizon_of
from amopt.anura.model.naming import Naming
from amopt.anura.model.network import Reading
from amopt.anura.model.remarks import Remark, Sort, refusals
from amopt.anura.model.tables import read_model
from amopt.anura.model.units import Units
from amopt.anura.placement import placement_of
from amopt.anura.sourcing import sourcing_of
from amopt.errors import InvalidInstanceError, UsageError
from amopt.instance.common import Instance
from amopt.instance.workbook.rewriting import rewrite
from amopt.kinds import instance_type

__all__ = ["CO2_UNITS", "Converted", "convert", "read"]

CO2_UNITS = {"kg": 1.0, "t": 1000.0, "g": 1e-3, "lb": 0.45359237}
"""Units of CO2, in kg: the schema has none."""

KINDS = ("placement", "sourcing")


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a model.

    Attributes
    ----------
    instance
        The instance.
    data
        Its data, as a file holds it.
    remarks
        What was refused, left out and assumed.
    """

    instance: Instance
    data: dict[str, Any]
    remarks: tuple[Remark, ...]


def read(
    source: Any,
    *,
    kind: str = "placement",
    name: str | None = None,
    life_years: float | None = None,
    co2_unit: str = "kg",
    am: tuple[str, ...] = (),
    lossy: bool = False,
    more: str | Path | Mapping[str, Any] | None = None,
) -> Converted:
    """Return the instance that a model in the Anura schema becomes.

    Parameters
    ----------
    source
        A folder of csv files, a workbook, or an open connection of Python's database interface.
    kind
        ``"placement"`` or ``"sourcing"``.
    name
        What the instance is called; left out, the name of the file.
    life_years
        Years over which placement writes a machine off; left out, the horizon.
    co2_unit
        The unit of CO2 of the model: kg, t, g or lb.
    am
        Suppliers that print, for sourcing; left out, those of the group ``AM``.
    lossy
        Whether what is refused is left out.
    more
        A second file, or its data, with what the schema has no column for; it goes before.

    Raises
    ------
    InvalidInstanceError
        With all that is wrong with the model, or refused, or wrong with the instance.
    UsageError
        For an option that is none, or a source without a table of the schema.
    """
    if kind not in KINDS:
        raise UsageError(f"a model becomes one of {', '.join(KINDS)}, not {kind!r}")
    if co2_unit not in CO2_UNITS:
        raise UsageError(f"a unit of CO2 is one of {', '.join(CO2_UNITS)}, not {co2_unit!r}")
    if life_years is not None and not 0 < life_years <= 1000:
        raise UsageError(f"a life in years is above 0 and up to 1,000, not {life_years:g}")
    model = read_model(source)
    reading = Reading(model, Units(model), Naming(model), horizon_of(model), CO2_UNITS[co2_unit])
    of_kind = placement_of(reading, life_years) if kind == "placement" else sourcing_of(reading, am)
    uses_co2 = any("kg_co2" in of_kind.get(key, {}) for key in ("limits", "minimise"))
    if uses_co2:
        model.remarks.add(Sort.ASSUMED, "ModelSettings", "CO2Cost", f"CO2 is in {co2_unit}")
    model.tell_unread()
    remarks = model.remarks.all
    findings = list(model.remarks.findings)
    if not lossy:
        findings += refusals(remarks, model.remarks.file)
    if findings:
        raise InvalidInstanceError(findings)
    called = name or (Path(source).stem if isinstance(source, str | Path) else "Anura model")
    data = {
        "amopt": 1,
        "kind": kind,
        "name": called,
        "source": "a model in the Anura schema",
        "currency": "money",
        **of_kind,
    }
    if more is not None:
        data = add(data, read_more(more))
    return Converted(instance_type(kind).from_dict(data), data, remarks)


def convert(source: str | Path, target: str | Path, **options: Any) -> Converted:
    """Write the instance that a model becomes to a new file or folder; see :func:`read`."""
    found = read(source, **options)
    rewrite(type(found.instance), found.data, target)
    return found
