"""What google-cloud-storage raises, as errors of storage."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kfbridge.errors import StorageError
from kfbridge.storage import faults
from kfbridge.storage.bucket import Exists
from kfbridge.storage.errors import CredentialsError

CHAIN: Final = (
    "the file that GOOGLE_APPLICATION_CREDENTIALS names, the login of gcloud (auth application-default login), "
    "and the machine's service account"
)
"""The order of google-auth: https://cloud.google.com/docs/authentication/application-default-credentials"""

_LOST: Final = ("Connection aborted", "RemoteDisconnected", "ConnectionReset", "IncompleteRead")


def error_of_status(status: int, where: str) -> StorageError:
    """The error for a status of the JSON API.

    Source: https://cloud.google.com/storage/docs/json_api/v1/status-codes
    """
    if status == 404:
        return faults.missing(where)
    if status == 401:
        return faults.unknown_credentials(where, "401", _chain())
    if status == 403:
        return faults.denied(where, "403", _chain())
    if status in (408, 429) or status >= 500:
        return faults.failed(where, str(status))
    return faults.refused(where, str(status))


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn Google's errors into those of storage.

    Raises:
        StorageError: For an error of the library, its text left out, as it holds the request.
        Exists: For a condition that does not hold.
    """
    import requests
    import urllib3
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError
    from google.cloud.storage.exceptions import DataCorruption, InvalidResponse

    try:
        yield
    except GoogleAPICallError as error:
        if error.code == 412:
            raise Exists from error
        raise error_of_status(int(error.code or 500), where) from error
    except InvalidResponse as error:
        raise error_of_status(error.response.status_code, where) from error
    except DefaultCredentialsError as error:
        raise faults.no_credentials(where, CHAIN, "Run: gcloud auth application-default login") from error
    except (TransportError, requests.ConnectionError) as error:
        if _is_cut_off(error):
            raise faults.cut_off(where) from error
        server = os.environ.get("STORAGE_EMULATOR_HOST", "storage.googleapis.com")
        raise faults.not_connected(where, server, type(error).__name__) from error
    except GoogleAuthError as error:
        raise CredentialsError(
            f"The credentials cannot be used ({type(error).__name__}); they are {_chain()}.",
            where=where,
            remedy="Sign in anew with: gcloud auth application-default login",
        ) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, RetryError, DataCorruption) as error:
        raise faults.failed(where, type(error).__name__) from error
    except OSError as error:
        if error.errno is not None:
            raise  # of a file of this machine; that of a project which cannot be told has no number
        raise faults.refused(where, type(error).__name__) from error


def _is_cut_off(error: BaseException) -> bool:
    """Whether a connection that stood was lost."""
    text = repr(error)
    return any(
        word in text for word in ("Connection aborted", "RemoteDisconnected", "ConnectionReset", "IncompleteRead")
    )


def _chain() -> str:
    named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    return f"those of the file {named}" if named else f"the first of {CHAIN}"
