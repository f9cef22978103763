"""Marks of an SVG picture as text; every name that is put in is escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence

from amopt.drawing import INK, contrasting
from amopt.drawing.land import COLOURS as LAND

__all__ = ["LETTER", "Canvas", "in_two_lines", "number", "short", "text_width", "tone", "words"]

LETTER = 6.4
"""Mean width of a letter in pixels, at the size of type of a picture."""

_TONES = {
    INK: "var(--ink, #1a2330)",
    LAND["coasts"]: "var(--coast, #7d8b99)",
    LAND["borders"]: "var(--border, #c3ccd5)",
    "white": "var(--paper, #ffffff)",
}
_DASHES = {"dot": "2 3", "dash": "6 4", "dashdot": "6 3 2 3"}


def tone(colour: object) -> str:
    """Return a colour; those of ink and paper are the page's, which has them for the dark too."""
    return _TONES.get(str(colour), html.escape(str(colour or INK)))


def number(value: float) -> str:
    """Return a coordinate with one digit after the point at most."""
    return f"{value:.1f}".removesuffix(".0")


def words(text: object) -> str:
    """Return what plotly would show of a text, without its markup."""
    return html.unescape(str(text)).replace("\n", " ")


def text_width(text: str) -> float:
    """Return about how many pixels a text is wide."""
    return LETTER * len(text)


def short(text: str, width: float) -> str:
    """Return a text that fits a width in pixels, cut where it must be."""
    most = max(3, int(width / LETTER + 1e-6))  # a width that was summed up may miss a letter
    return text if len(text) <= most else f"{text[: most - 1]}…"


def in_two_lines(text: str, width: float) -> tuple[str, ...]:
    """Return a text as one line that fits a width in pixels, or broken at a blank into two."""
    most = max(3, int(width / LETTER + 1e-6))
    blank = text.rfind(" ", 0, most + 1)
    if len(text) <= most or blank <= 0:
        return (short(text, width),)
    return text[:blank], short(text[blank + 1 :], width)


class Canvas:
    """The marks of a picture, in the order in which they are drawn."""

    def __init__(self) -> None:
        self.marks: list[str] = []

    def add(self, mark: str) -> None:
        """Add a mark."""
        self.marks.append(mark)

    def line(self, x1: float, y1: float, x2: float, y2: float, *, of: str = "grid") -> None:
        """Add a line of the frame."""
        self.add(
            f"<line class='{of}' x1='{number(x1)}' y1='{number(y1)}' x2='{number(x2)}' "
            f"y2='{number(y2)}'/>"
        )

    def path(
        self,
        points: Sequence[tuple[float, float] | None],
        colour: object,
        width: float = 1.5,
        dash: str | None = None,
    ) -> None:
        """Add a line through points; None breaks it."""
        steps: list[str] = []
        broken = True
        for point in points:
            if point is None:
                broken = True
                continue
            steps.append(f"{'M' if broken else 'L'}{number(point[0])} {number(point[1])}")
            broken = False
        dashed = f" stroke-dasharray='{_DASHES.get(dash, '4 3')}'" if dash else ""
        self.add(
            f"<path fill='none' stroke='{tone(colour)}' stroke-width='{number(width)}'{dashed} "
            f"d='{''.join(steps)}'/>"
        )

    def area(self, points: Sequence[tuple[float, float]], colour: object) -> None:
        """Add a pale area."""
        ring = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self.add(f"<polygon fill='{tone(colour)}' fill-opacity='.18' points='{ring}'/>")

    def box(
        self, x: float, y: float, *, size: tuple[float, float], colour: object, says: str = ""
    ) -> None:
        """Add a bar or a cell; a pointer on it shows what it says."""
        said = f"<title>{html.escape(says)}</title>" if says else ""
        self.add(
            f"<rect x='{number(x)}' y='{number(y)}' width='{number(max(size[0], 0.0))}' "
            f"height='{number(max(size[1], 0.0))}' fill='{tone(colour)}'>{said}</rect>"
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: str = "start",
        turned: float = 0.0,
        upon: str = "",
        of: str = "",
    ) -> None:
        """Add a text.

        Parameters
        ----------
        x, y
            Where it stands, on its base line.
        text
            The text, as it is to be read.
        anchor
            ``start``, ``middle`` or ``end``.
        turned
            Degrees by which it is turned.
        upon
            The colour that it stands on; empty for the paper.
        of
            Its class.
        """
        turn = f" transform='rotate({number(turned)} {number(x)} {number(y)})'" if turned else ""
        kind = f" class='{of}'" if of else ""
        fill = f" style='fill:{contrasting(upon)}'" if upon and upon != "white" else ""
        self.add(
            f"<text x='{number(x)}' y='{number(y)}' text-anchor='{anchor}'{kind}{fill}{turn}>"
            f"{html.escape(text)}</text>"
        )

    def sign(
        self, x: float, y: float, symbol: str, *, size: float, colour: object, says: str = ""
    ) -> None:
        """Add the sign of a point."""
        r = size / 2
        said = f"<title>{html.escape(says)}</title>" if says else ""
        fill = tone(colour)
        corners = {
            "square": ((-r, -r), (r, -r), (r, r), (-r, r)),
            "diamond": ((0, -r), (r, 0), (0, r), (-r, 0)),
            "triangle-up": ((0, -r), (r, r), (-r, r)),
            "triangle-right": ((r, 0), (-r, r), (-r, -r)),
            "triangle-ne": ((r, -r), (r, r), (-r, -r)),
        }.get(symbol)
        if symbol.startswith("line-ns"):
            self.add(
                f"<path stroke='{fill}' stroke-width='2.5' "
                f"d='M{number(x)} {number(y - r)}V{number(y + r)}'>{said}</path>"
            )
        elif corners:
            ring = " ".join(f"{number(x + dx)},{number(y + dy)}" for dx, dy in corners)
            self.add(f"<polygon fill='{fill}' points='{ring}'>{said}</polygon>")
        else:
            self.add(
                f"<circle cx='{number(x)}' cy='{number(y)}' r='{number(r)}' fill='{fill}'>"
                f"{said}</circle>"
            )
