"""Names of stored things: relative, with ``/`` between folders, of any other letters."""

from __future__ import annotations

from kfbridge.storage.errors import UnfitNameError

LONGEST_KEY = 1024
"""Bytes of UTF-8 that a key may have: the limit of S3, of Google Cloud Storage, and (in letters) of Azure."""


def check(name: str, where: str) -> str:
    """The name, if a store can hold it.

    Raises:
        UnfitNameError: It has an empty part, ``.`` or ``..``, is not Unicode text, or holds a NUL.
    """
    if name and any(part in ("", ".", "..") for part in name.split("/")):
        raise UnfitNameError(
            f"{name!r} is no name below a root.", where=where, remedy="Give names without '.' and '..'."
        )
    if "\0" in name or _is_not_text(name):
        raise UnfitNameError(f"The name {name!r} is not text in UTF-8.", where=where, remedy="Rename the file.")
    return name


def join(*parts: str) -> str:
    """One name of several, the empty ones left out."""
    return "/".join(part for part in parts if part)


def check_key(key: str, where: str) -> str:
    """The key, if it is not too long.

    Raises:
        UnfitNameError: It is.
    """
    size = len(key.encode())
    if size > LONGEST_KEY:
        raise UnfitNameError(
            f"A key of {size} bytes is too long: object stores take {LONGEST_KEY}.",
            where=where,
            remedy="Shorten the names, or the path of the artifact root.",
        )
    return key


def _is_not_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return True
    return False
