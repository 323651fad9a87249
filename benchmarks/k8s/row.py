"""A line of the table."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was measured, beside what, both figures, their ratio or difference, and the aim."""

    what: str
    beside: str
    theirs: str
    ours: str
    compared: str
    aim: str = ""

    @classmethod
    def ratio(cls, what: str, beside: str, theirs: list[float], ours: list[float], aim: str = "") -> Row:
        """Medians, and the median of the ratios of each round."""
        ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
        return cls(what, beside, _seconds(theirs), _seconds(ours), f"{statistics.median(ratios):.2f}", aim)

    @classmethod
    def difference(cls, what: str, beside: str, theirs: list[float], ours: list[float], aim: str = "") -> Row:
        """Medians, and how much more ours is."""
        more = statistics.median(ours) - statistics.median(theirs)
        return cls(what, beside, _seconds(theirs), _seconds(ours), f"{more:+.2f} s", aim)

    @classmethod
    def figure(cls, what: str, ours: str, aim: str = "") -> Row:
        """A figure that stands beside nothing."""
        return cls(what, "", "", ours, "", aim)

    def line(self) -> str:
        return f"| {self.what} | {self.beside} | {self.theirs} | {self.ours} | {self.compared} | {self.aim} |"


def _seconds(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} s"
