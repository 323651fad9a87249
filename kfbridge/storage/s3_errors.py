"""What boto3 raises, and what S3 answers, as errors of storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from kfbridge.errors import StorageError
from kfbridge.storage import faults
from kfbridge.storage.bucket import Exists
from kfbridge.storage.errors import CredentialsError

CHAIN: Final = (
    "the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile in ~/.aws, single sign-on, "
    "and the role of the container or machine"
)
"""The order of boto3: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html"""

_UNKNOWN: Final = frozenset(
    {
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
        "TokenRefreshRequired",
        "InvalidSecurity",
        "AuthFailure",
    }
)
_MISSING: Final = frozenset({"NoSuchKey", "NoSuchUpload", "404", "NotFound"})
_DENIED: Final = frozenset({"AccessDenied", "AllAccessDisabled", "AccountProblem", "403", "Forbidden"})
_PASSING: Final = frozenset(
    {
        "SlowDown",
        "RequestTimeout",
        "InternalError",
        "ServiceUnavailable",
        "Throttling",
        "OperationAborted",
        "BadDigest",  # the bytes were changed on their way
        "IncompleteBody",
        "XAmzContentChecksumMismatch",
        "XAmzContentSHA256Mismatch",
    }
)
"""https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""


def error_of_code(code: str, status: int, where: str, chain: str) -> StorageError:
    """The error for a code of S3, and the status that came with it."""
    if code == "NoSuchBucket":
        return faults.no_bucket(where)
    if code in _MISSING:
        return faults.missing(where)
    if code in _UNKNOWN:
        return faults.unknown_credentials(where, code, chain)
    if code in _DENIED:
        return faults.denied(where, code, chain)
    if code in _PASSING or status >= 500 or status == 429:
        return faults.failed(where, code or str(status))
    return faults.refused(where, code or str(status))


@contextmanager
def translated(where: str, chain: Callable[[], str]) -> Iterator[None]:
    """Turn boto3's errors into those of storage.

    Args:
        where: The URI that the request is about.
        chain: Tells where the credentials come from.

    Raises:
        StorageError: For an error of boto3, its text left out where it may hold what is secret.
        Exists: For a condition that does not hold.
    """
    from botocore import exceptions as boto

    try:
        yield
    except boto.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if status == 412 or code in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise Exists from error
        raise error_of_code(code, status, where, chain()) from error
    except (boto.NoCredentialsError, boto.PartialCredentialsError) as error:
        raise faults.no_credentials(where, CHAIN, "Set those variables, or run: aws configure") from error
    except (boto.ProfileNotFound, boto.CredentialRetrievalError, boto.SSOError, boto.TokenRetrievalError) as error:
        raise CredentialsError(
            f"The credentials cannot be had: {type(error).__name__}; they are {chain()}.",
            where=where,
            remedy="Correct the profile in ~/.aws/config, or sign in anew.",
        ) from error
    except (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError) as error:
        server = str(error.kwargs.get("endpoint_url") or error.kwargs.get("proxy_url") or "the endpoint")
        raise faults.not_connected(where, _without_query(server), type(error).__name__) from error
    except (boto.HTTPClientError, boto.IncompleteReadError, boto.FlexibleChecksumError) as error:
        raise faults.failed(where, type(error).__name__) from error
    except (boto.BotoCoreError, ValueError) as error:
        raise faults.refused(where, type(error).__name__) from error


def credentials_of(profile: str | None) -> str:
    """Which credentials boto3 uses, in words without any secret: how it found them."""
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        found = boto3.Session(profile_name=profile).get_credentials()
    except BotoCoreError:
        found = None
    method = _METHODS.get(found.method, found.method) if found is not None else "none"
    return f"those of {method}" + (f", profile {profile}" if profile else "")


_METHODS: Final = {
    "env": "the environment variables",
    "shared-credentials-file": "the file ~/.aws/credentials",
    "config-file": "the file ~/.aws/config",
    "container-role": "the container's role",
    "iam-role": "the machine's role",
    "sso": "single sign-on",
}


def _without_query(url: str) -> str:
    """An endpoint without path and query: those of a request may be signed."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"
