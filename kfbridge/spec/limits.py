"""How large, how deep and how entangled a file may be."""

from __future__ import annotations

import os
import re
from typing import Any

from kfbridge.errors import SpecError, UsageError

MAX_DEPTH = 200
MAX_VALUES = 3_000_000
"""Keys, values and brackets in a YAML file: reading takes a few microseconds for each."""

FREE_EXPANSION = 1_000_000
"""Characters that aliases may expand to in any file, however small."""

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""The characters that YAML does not allow unescaped; JSON allows some of them, but nobody writes them."""

SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
"""What JSON text has when there may be halves of surrogate pairs in it."""

_COLLECTIONS = (dict, list)
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


def check_depth(data: Any, name: str) -> None:
    """Refuse JSON data that is nested too deeply.

    Raises:
        SpecError: saying so.
    """
    level, depth = [data], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise too_deep(name)
        inner = (entry for each in level for entry in (each.values() if type(each) is dict else each))
        level = [entry for entry in inner if type(entry) in _COLLECTIONS]


def check_text(data: Any, name: str) -> None:
    """Refuse JSON data with text that no file can hold: escapes for half of a surrogate pair.

    Raises:
        SpecError: saying so.
    """
    pending = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            if not value.isascii() and not _encodable(value):
                raise SpecError("text with half of a surrogate pair", where=name, remedy="Correct the escape.")
        elif isinstance(value, (dict, list)):
            pending.extend(value)
            pending.extend(value.values() if isinstance(value, dict) else ())


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
