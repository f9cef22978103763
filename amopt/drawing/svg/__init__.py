"""Plotly figures as SVG: pictures that need no script, for light pages, print and phones."""

from amopt.drawing.svg.describing import described
from amopt.drawing.svg.picture import as_svg

__all__ = ["as_svg", "described"]
