"""How large, how deep and how entangled a file may be."""

from __future__ import annotations

import os
import re
from typing import Any

from kfbridge.errors import SpecError, UsageError

MAX_DEPTH = 200
FREE_EXPANSION = 1_000_000
"""Characters that aliases may expand to in any file, however small."""

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""The characters that YAML does not allow unescaped; JSON allows some of them, but nobody writes them."""

_VARIABLE = "KFBRIDGE_MAX_SPEC_MB"
_DEFAULT_MB = 40


def max_bytes() -> int:
    """The largest file that is read, in bytes.

    Raises:
        UsageError: when the environment variable KFBRIDGE_MAX_SPEC_MB is not a positive number.
    """
    text = os.environ.get(_VARIABLE, str(_DEFAULT_MB))
    if not text.isdecimal() or not 0 < int(text) < 100_000:
        raise UsageError(f"{_VARIABLE} is {text!r}, not a number of megabytes", remedy=f"Set it to {_DEFAULT_MB}.")
    return int(text) * 1_000_000


def too_large(name: str, size: int) -> SpecError:
    """The error for a file of `size` bytes."""
    return SpecError(
        f"the file has {size / 1e6:.1f} MB; at most {max_bytes() // 1_000_000} MB are read",
        where=name,
        remedy=f"Make the pipeline smaller, or set {_VARIABLE} to a larger number of megabytes.",
    )


def too_deep(where: str) -> SpecError:
    """The error for data that is nested too deeply."""
    return SpecError(f"the data is nested more than {MAX_DEPTH} levels deep", where=where, remedy="Flatten the data.")


def check_data(data: Any, name: str) -> None:
    """Check the depth of JSON data, and that its text can be written as UTF-8.

    Raises:
        SpecError: when it is nested too deeply, or holds half of a surrogate pair.
    """
    pending = [(data, 1)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str):
            if not value.isascii() and not _encodable(value):
                raise SpecError("text with half of a surrogate pair", where=name, remedy="Correct the escape.")
            continue
        if depth > MAX_DEPTH:
            raise too_deep(name)
        if isinstance(value, dict):
            pending.extend((key, depth) for key in value if not key.isascii())
            pending.extend((entry, depth + 1) for entry in value.values() if isinstance(entry, (str, dict, list)))
        elif isinstance(value, list):
            pending.extend((entry, depth + 1) for entry in value if isinstance(entry, (str, dict, list)))


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
