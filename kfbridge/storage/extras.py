"""Libraries that only some kinds of storage need."""

from __future__ import annotations

import importlib
from typing import Any

from kfbridge.storage.errors import ExtraMissingError


def need(module: str, extra: str, where: str) -> Any:
    """The module, which the extra of kfbridge brings.

    Raises:
        ExtraMissingError: It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ExtraMissingError(
            f"This kind of storage needs the Python module {error.name or module}, which is not installed.",
            where=where,
            remedy=f"Install it with: pip install 'kfbridge[{extra}]'",
        ) from error
