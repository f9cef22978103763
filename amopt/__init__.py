"""Optimisation models for supply chains with additive manufacturing.

The public door: :func:`load`, :func:`check`, :func:`solve`, :class:`Solution` and the errors.
"""

from __future__ import annotations

__version__ = "0.1.0"
