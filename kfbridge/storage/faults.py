"""The sentences in which every kind of storage tells what goes wrong."""

from __future__ import annotations

from kfbridge.errors import StorageError
from kfbridge.storage.errors import (
    AccessDeniedError,
    BucketMissingError,
    CredentialsError,
    ObjectMissingError,
    UnreachableError,
)


def missing(where: str) -> ObjectMissingError:
    """There is no such file or folder."""
    return ObjectMissingError(
        "There is no such file or folder.", where=where, remedy="Look at the spelling, and at what was written there."
    )


def no_bucket(where: str, kind: str = "bucket") -> BucketMissingError:
    """There is no such bucket."""
    return BucketMissingError(
        f"There is no such {kind}.", where=where, remedy=f"Make the {kind}, or correct artifact_root."
    )


def denied(where: str, code: str, chain: str) -> AccessDeniedError:
    """The credentials do not allow it."""
    return AccessDeniedError(
        f"The store does not allow this ({code}); the credentials are {chain}.",
        where=where,
        remedy="Give that identity the right to list, read, write and delete there.",
    )


def unknown_credentials(where: str, code: str, chain: str) -> CredentialsError:
    """The provider does not accept them."""
    return CredentialsError(
        f"The store does not accept the credentials ({code}), which are {chain}.",
        where=where,
        remedy="Renew or correct them.",
    )


def no_credentials(where: str, looked: str, remedy: str) -> CredentialsError:
    """None were found."""
    return CredentialsError(f"No credentials were found; looked for in: {looked}.", where=where, remedy=remedy)


def failed(where: str, what: str) -> UnreachableError:
    """The service failed, or is busy."""
    return UnreachableError(f"The store failed ({what}).", where=where, remedy="Try again later.")


def cut_off(where: str) -> UnreachableError:
    """Less came than was promised."""
    return UnreachableError("The answer was cut off.", where=where, remedy="Try again.")


def not_connected(where: str, server: str, what: str) -> UnreachableError:
    """No server answers."""
    return UnreachableError(
        f"No server answers at {server} ({what}).",
        where=where,
        remedy="Check the network, and the address in the target's storage settings.",
        connected=False,
    )


def refused(where: str, code: str) -> StorageError:
    """The store said no, for a reason of its own."""
    return StorageError(
        f"The store refused this ({code}).", where=where, remedy="Look the code up in the provider's documentation."
    )
