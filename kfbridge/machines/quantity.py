"""Amounts of processors and memory in the notation of Kubernetes, read exactly and written back.

The grammar is that of Kubernetes' ``resource.Quantity``: a decimal number, then one of ``n u m k M G T P E``, of
``Ki Mi Gi Ti Pi Ei``, or an exponent of ten (``1e3``). KFP adds ``K`` for thousands.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil
from typing import Final

from kfbridge.errors import RequestError

_DECIMAL: Final = {
    "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1),
    "k": Fraction(10**3), "K": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9),
    "T": Fraction(10**12), "P": Fraction(10**15), "E": Fraction(10**18),
}  # fmt: skip
_BINARY: Final = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_SUFFIXES: Final = {**_DECIMAL, **{suffix: Fraction(size) for suffix, size in _BINARY.items()}}
_QUANTITY: Final = re.compile(
    r"\+?(\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:([eE][+-]?\d{1,2})|([A-Za-z]{0,2}))", re.ASCII
)
_LARGEST: Final = 2**63 - 1  # the largest Quantity that Kubernetes takes
GIB: Final = 2**30

_CPU_FORMS: Final = "a number, or thousandths: '2', '0.5', '500m'"
_MEMORY_FORMS: Final = "bytes, or a number with k, M, G, T, P, E or Ki, Mi, Gi, Ti, Pi, Ei: '16Gi', '4G', '512M'"


def parse_cpu(text: str, where: str | None = None) -> Fraction:
    """Processors (vCPU): ``2``, ``0.5``, ``500m``, ``1e1``.

    Args:
        text: The amount as written.
        where: The place, for the error.

    Raises:
        RequestError: It is no amount of processors.
    """
    return _parse(text, "processors", _CPU_FORMS, where)


def parse_memory(text: str, where: str | None = None) -> int:
    """Memory in bytes, a part of one rounded up: ``16Gi``, ``4G``, ``1e9``, ``128974848``.

    Args:
        text: The amount as written.
        where: The place, for the error.

    Raises:
        RequestError: It is no amount of memory.
    """
    return ceil(_parse(text, "memory", _MEMORY_FORMS, where))


def format_cpu(cpu: Fraction) -> str:
    """Processors as Kubernetes writes them, ``2`` or ``500m``; less than a thousandth is rounded up to one."""
    thousandths = ceil(cpu * 1000)
    return str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"


def format_memory(size: int) -> str:
    """Bytes in the shortest notation that is exact: ``16Gi``, ``4G``, ``1500M``."""
    whole = {"": size} | {
        suffix: size // int(unit)
        for suffix, unit in _SUFFIXES.items()
        if unit > 1 and suffix != "K" and size and size % int(unit) == 0
    }
    return min((f"{number}{suffix}" for suffix, number in whole.items()), key=lambda text: (len(text), "i" not in text))


def show_cpu(cpu: Fraction) -> str:
    """Processors for people: ``32``, ``0.5``."""
    return f"{float(cpu):g}"


def show_memory(size: int) -> str:
    """Bytes for people: ``680 GiB``, ``14.4 GiB``, ``512 MiB``."""
    unit, name = (GIB, "GiB") if size >= GIB else (2**20, "MiB")
    return f"{round(size / unit, 1):g} {name}" if size < 10**6 * GIB else f"{size // GIB} GiB"


def _parse(text: str, what: str, forms: str, where: str | None) -> Fraction:
    found = _QUANTITY.fullmatch(text.strip())
    if found is None or (found[3] or "") not in _SUFFIXES:
        raise RequestError(f"{_short(text)} is not an amount of {what}.", where=where, remedy=f"Write {forms}.")
    scale = Fraction(10) ** int(found[2][1:]) if found[2] else _SUFFIXES[found[3] or ""]
    amount = Fraction(found[1]) * scale
    if amount > _LARGEST:
        raise RequestError(
            f"{_short(text)} is more {what} than Kubernetes can express.", where=where, remedy="Ask for less."
        )
    return amount


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
