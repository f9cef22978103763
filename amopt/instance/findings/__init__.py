"""What is wrong with an instance: findings with stable codes, and the catalogue of codes."""

from __future__ import annotations

from amopt.finding import (
    Code,
    Finding,
    Key,
    Problem,
    Severity,
    Where,
    path_text,
)
from amopt.instance.findings.codes import CATALOGUE, catalogue_markdown, codes_of

__all__ = [
    "CATALOGUE",
    "Code",
    "Finding",
    "Key",
    "Problem",
    "Severity",
    "Where",
    "catalogue_markdown",
    "codes_of",
    "path_text",
]
