"""Which account of Azure, and with which credentials."""

from __future__ import annotations

import os
from typing import Any, Final

from kfbridge.errors import UsageError
from kfbridge.storage.address import Address
from kfbridge.storage.base import Settings
from kfbridge.storage.extras import need

CHAIN: Final = (
    "the variables AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY and AZURE_STORAGE_SAS_TOKEN, and those of "
    "azure-identity: AZURE_CLIENT_ID and its like, workload and managed identity, az login"
)
"""azure-identity's order: https://learn.microsoft.com/python/api/azure-identity/azure.identity.defaultazurecredential"""
_ACCOUNT: Final = "AZURE_STORAGE_ACCOUNT"
_CONNECTION: Final = "AZURE_STORAGE_CONNECTION_STRING"
_KEY: Final = "AZURE_STORAGE_KEY"
_TOKEN: Final = "AZURE_STORAGE_SAS_TOKEN"


def url_of(address: Address, settings: Settings) -> str:
    """The URL of the account's blob endpoint.

    Settings come before the address, for accounts behind an endpoint of one's own, and that before the environment.

    Raises:
        UsageError: Nothing tells the account, or its URL holds a token.
    """
    url = settings.account_url or _url_of_host(address.host) or _connection().get("BlobEndpoint", "")
    account = os.environ.get(_ACCOUNT) or _connection().get("AccountName", "")
    if not url and account:
        url = f"https://{account}.blob.{_connection().get('EndpointSuffix', 'core.windows.net')}"
    if not url:
        raise UsageError(
            "Nothing says in which storage account the container is.",
            where=address.uri(),
            remedy=f"Set account_url in the target's storage settings or {_ACCOUNT}, or write "
            f"{address.scheme}://{address.bucket}@ACCOUNT.blob.core.windows.net/...",
        )
    if "?" in url:
        raise UsageError(
            "account_url holds more than an address: no token belongs into a configuration.",
            where=address.uri(),
            remedy=f"Write the part before '?', and put the token into the variable {_TOKEN}.",
        )
    return url.rstrip("/")


def credential_of(url: str) -> Any:
    """What signs requests: an account's key, a token for it, or an identity."""
    connection = _connection()
    key = os.environ.get(_KEY) or connection.get("AccountKey")
    token = os.environ.get(_TOKEN) or connection.get("SharedAccessSignature")
    if key or token:
        return key or token
    identity = need("azure.identity", "azure", url)
    return identity.DefaultAzureCredential()


def in_words() -> str:
    """Which of the credentials are used, without any secret."""
    for name in (_KEY, _TOKEN, _CONNECTION):
        if os.environ.get(name):
            return f"those of the variable {name}"
    return f"the first of {CHAIN}"


def _url_of_host(host: str) -> str:
    account, _, domain = host.partition(".")
    return f"https://{account}.{domain.replace('dfs.', 'blob.', 1)}" if host else ""


def _connection() -> dict[str, str]:
    """The parts of the connection string."""
    text = os.environ.get(_CONNECTION, "")
    return dict(part.split("=", 1) for part in text.split(";") if "=" in part)
