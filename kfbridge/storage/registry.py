"""Which code opens which scheme. Built-in kinds and plugins come by the same hook, `kfbridge_register_storage`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from kfbridge.errors import UsageError
from kfbridge.storage import builtin
from kfbridge.storage.address import scheme_of
from kfbridge.storage.base import Settings, Storage

Opener: TypeAlias = Callable[[str, Settings], Storage]
"""Makes the storage of a URI; it is given the target's settings, and sends nothing yet."""

_OPENERS: dict[str, Opener] = {}


def register(scheme: str, opener: Opener) -> None:
    """Let `opener` open URIs of a scheme; the first to register a scheme keeps it."""
    _OPENERS.setdefault(scheme.lower(), opener)


def schemes() -> tuple[str, ...]:
    """Every scheme that can be opened."""
    builtin.kfbridge_register_storage(register)  # also where the plugin manager was never asked
    return tuple(sorted(_OPENERS))


def open_storage(uri: str, settings: Settings | None = None) -> Storage:
    """The storage whose root is a URI, or a path of this machine; nothing is sent yet.

    Args:
        uri: ``s3://bucket/folder``, ``gs://``, ``az://``, ``file://``, a path, or what a plugin brings.
        settings: What the target says about its storage.

    Raises:
        UsageError: Nothing opens that scheme, or the URI is not complete.
        StorageError: What opens it is not installed, or cannot be used here.
    """
    scheme = scheme_of(uri)
    if scheme not in schemes():
        raise UsageError(
            f"Nothing that is installed opens {scheme}:// URIs.",
            where=uri,
            remedy=f"Use one of {', '.join(schemes())}, or install the package that brings it.",
        )
    return _OPENERS[scheme](uri, settings or Settings())
