"""Models in the open schema Anura (of Cosmic Frog): read as instances, answers written back."""

from __future__ import annotations

from amopt.anura.converting import Converted, convert, read
from amopt.anura.model.remarks import Remark, Sort
from amopt.anura.outputs.writing import write_back

__all__ = ["Converted", "Remark", "Sort", "convert", "read", "write_back"]
