"""What goes wrong with storage, by what the user can do about it.

::

    StorageError
    ├── ExtraMissingError     the library for that kind of storage is not installed
    ├── UnfitNameError        a file's name that this store, or this machine, cannot hold
    ├── ObjectMissingError    there is nothing of that name
    ├── BucketMissingError    there is no such bucket, container or claim
    ├── CredentialsError      none were found, or the provider does not know them
    ├── AccessDeniedError     the credentials are good, and do not allow this
    ├── DamagedError          what came is not what was stored; a tree that was never finished
    └── UnreachableError      the network or the service fails             (transient)

``where`` is the URI. No message holds a secret: what a service answers is quoted by its code, not by its text.
"""

from __future__ import annotations

from kfbridge.errors import StorageError


class ExtraMissingError(StorageError):
    """The library for that kind of storage is not installed; the remedy is the command that installs it."""


class UnfitNameError(StorageError):
    """A name that the store, or this machine's file system, cannot hold."""


class ObjectMissingError(StorageError):
    """There is nothing of that name."""


class BucketMissingError(StorageError):
    """There is no such bucket, container or volume claim."""


class CredentialsError(StorageError):
    """No credentials were found, or the provider does not accept them."""


class AccessDeniedError(StorageError):
    """The credentials are accepted, and do not allow what was asked."""


class DamagedError(StorageError):
    """What came is not what was stored, or a tree was never written to its end."""


class UnreachableError(StorageError):
    """The network or the service failed; what was asked may work later.

    `connected` says whether the server was reached at all.
    """

    def __init__(
        self, reason: str, *, where: str | None = None, remedy: str | None = None, connected: bool = True
    ) -> None:
        super().__init__(reason, where=where, remedy=remedy, transient=True)
        self.connected = connected
