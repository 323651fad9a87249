"""What azure-storage-blob raises, and what the service answers, as errors of storage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kfbridge.errors import StorageError
from kfbridge.storage import faults
from kfbridge.storage.azure_account import CHAIN, in_words
from kfbridge.storage.bucket import Exists

_UNKNOWN: Final = frozenset({"AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation"})
_PASSING: Final = frozenset({"ServerBusy", "InternalError", "OperationTimedOut", "Md5Mismatch", "Crc64Mismatch"})
"""https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes"""


def error_of_code(code: str, status: int, where: str) -> StorageError:
    """The error for a code of the service, and the status that came with it."""
    if code == "ContainerNotFound":
        return faults.no_bucket(where, "container")
    if status == 404:
        return faults.missing(where)
    if code in _UNKNOWN or status == 401:
        return faults.unknown_credentials(where, code or str(status), in_words())
    if status == 403:
        return faults.denied(where, code or "403", in_words())
    if code in _PASSING or status in (408, 429) or status >= 500:
        return faults.failed(where, code or str(status))
    return faults.refused(where, code or str(status))


@contextmanager
def translated(where: str, server: str) -> Iterator[None]:
    """Turn Azure's errors into those of storage.

    Args:
        where: The URI that the request is about.
        server: The account's URL.

    Raises:
        StorageError: For an error of the library, its text left out, as it holds the request's signature.
        Exists: For a condition that does not hold.
    """
    from azure.core import exceptions as azure

    try:
        yield
    except azure.HttpResponseError as error:
        told, status = getattr(error, "error_code", None), int(error.status_code or 0)
        code = str(getattr(told, "value", told) or "")
        if isinstance(error, azure.ResourceExistsError) or status == 412:
            raise Exists from error
        if isinstance(error, azure.ClientAuthenticationError) and not status:  # of azure-identity
            raise faults.no_credentials(where, CHAIN, "Set one of those variables, or run: az login") from error
        raise error_of_code(code, status, where) if status else faults.cut_off(where) from error
    except azure.ServiceRequestError as error:
        raise faults.not_connected(where, server, type(error).__name__) from error
    except (azure.AzureError, ConnectionError) as error:
        raise faults.failed(where, type(error).__name__) from error
    except ValueError as error:
        raise faults.refused(where, type(error).__name__) from error
