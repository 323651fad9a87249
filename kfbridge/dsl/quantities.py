"""Amounts as users write them: processors, memory, durations."""

from __future__ import annotations

import re

from kfbridge.dsl.location import here
from kfbridge.errors import CompileError

# Compiled when they are first used: most pipelines need none of them.
_CPU = r"([0-9]*\.)?[0-9]+m?"
_MEMORY = r"([0-9]+)(E|Ei|P|Pi|T|Ti|G|Gi|M|Mi|K|Ki)?"
_DURATION = r"\s*([0-9]+)\s*([a-zA-Z]*)\s*"

_BYTES = {
    "": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def check_cpu(text: str) -> None:
    """Raise a `CompileError` unless this is a Kubernetes amount of processors: ``2``, ``0.5``, ``500m``."""
    if not re.fullmatch(_CPU, text):
        raise _refused("an amount of processors", text, "a number, or a number of thousandths: '2', '0.5', '500m'")


def check_memory(text: str) -> None:
    """Raise a `CompileError` unless this is a Kubernetes amount of memory: ``16Gi``, ``512M``."""
    if not re.fullmatch(_MEMORY, text):
        raise _refused(
            "an amount of memory", text, "bytes, or a number with K, M, G, T, P, E or Ki, Mi, Gi, ...: '16Gi'"
        )


def cpu_count(text: str) -> float:
    """Processors as a number."""
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def memory_gigabytes(text: str) -> float:
    """Memory in gigabytes (10^9 bytes)."""
    match = re.fullmatch(_MEMORY, text)
    assert match is not None
    return int(match.group(1)) * _BYTES[match.group(2) or ""] / 10**9


def duration_seconds(text: str) -> int:
    """A duration in seconds: ``60s``, ``5m``, ``2 hours``, ``1d``, ``2w``.

    Raises:
        CompileError: It is none.
    """
    match = re.fullmatch(_DURATION, str(text))
    unit = match.group(2).lower()[:1] if match else ""
    if match is None or unit not in _SECONDS:
        raise _refused("a duration", text, "a whole number with s, m, h, d or w: '60s', '2h'")
    return int(match.group(1)) * _SECONDS[unit]


def _refused(kind: str, text: object, forms: str) -> CompileError:
    return CompileError(f"{text!r} is not {kind}.", where=here(), remedy=f"Write {forms}.")
