"""Errors of storage on their way from the doorkeeper to the client."""

from __future__ import annotations

from typing import Any, Final

from kfbridge.errors import StorageError
from kfbridge.storage import errors
from kfbridge.storage.errors import UnreachableError

_CLASSES: Final[dict[str, type[StorageError]]] = {
    one.__name__: one
    for one in (
        StorageError,
        errors.UnfitNameError,
        errors.ObjectMissingError,
        errors.BucketMissingError,
        errors.AccessDeniedError,
        errors.DamagedError,
    )
}


def broken(where: str, why: str) -> UnreachableError:
    """The error for a connection to a door that broke."""
    return UnreachableError(
        f"The connection to the door broke: {why}.",
        where=where,
        remedy="Try again; if it stays so, see what becomes of the pod: kubectl get pods -l kfbridge.dev/door",
    )


def to_document(error: StorageError) -> dict[str, Any]:
    """An error as plain data."""
    return {"error": type(error).__name__, "reason": error.reason, "where": error.where, "remedy": error.remedy}


def from_document(document: dict[str, Any]) -> StorageError:
    """The error that `to_document` was given; of a class that this version does not know, a `StorageError`."""
    known = _CLASSES.get(document["error"], StorageError)
    return known(document["reason"], where=document["where"], remedy=document["remedy"])
