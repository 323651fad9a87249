"""Docstrings, as far as a component needs them: what it does, and what its inputs and outputs are.

KFP reads them with the library docstring_parser, by whichever style finds the most in them; what the descriptions in
a compiled pipeline are follows from that, also for docstrings that are no style's own. `docstring_styles` holds the
styles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kfbridge.dsl.docstring_styles import STYLES, Reading

_OUTPUT_TITLES: Final = ("Returns:\n", "Returns\n", "Return:\n", "Return\n")
"""What begins the descriptions of the outputs, as soon as it stands anywhere in the text; the first that does."""


@dataclass(frozen=True, slots=True)
class Docstring:
    """A docstring taken apart.

    Attributes:
        description: Its text before the sections, or None.
        inputs: Descriptions by input, from ``Args:`` or ``:param x:``.
        outputs: Descriptions by output, from ``Returns:``.
    """

    description: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


def parse(text: str | None) -> Docstring:
    """Take a docstring, already dedented, apart."""
    if not text:
        return Docstring()
    reading = _read(text)
    title = next((title for title in _OUTPUT_TITLES if title in text), None)
    # KFP reads outputs by calling them arguments: the title is replaced wherever it stands, and the last section wins.
    outputs = _read(text.replace(title.strip(), "Args:")).entries if title else {}
    return Docstring(reading.description, reading.entries, outputs)


def _read(text: str) -> Reading:
    """The reading that finds most; of equals, the first."""
    readings = [reading for style in STYLES if (reading := style(text)) is not None]
    return max(readings, key=lambda reading: reading.count)
