"""The text behind a URL: ``file://``, ``http://`` and ``https://``."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Final
from urllib.parse import urlsplit

from kfbridge.errors import UsageError

Auth = tuple[str, str] | Callable[[Any], Any]
"""A user and password, or (as with the requests package) something that is called with the request and sets its
``headers``."""

TIMEOUT: Final = 30.0
"""Seconds to wait for the server each time."""

MAX_BYTES: Final = 50 * 1024 * 1024

_SCHEMES: Final = ("file", "http", "https")


class NotThere(UsageError):
    """There is nothing at the URL, or the server does not give it away; another place may have it."""


def fetch(url: str, auth: Auth | None = None, *, timeout: float = TIMEOUT, max_bytes: int = MAX_BYTES) -> str:
    """The text at `url`.

    Args:
        url: A ``file://``, ``http://`` or ``https://`` URL.
        auth: Sent with the request, and to no other host that the server points to.
        timeout: Seconds to wait for each answer.
        max_bytes: The most that is read.

    Raises:
        UsageError: A URL of another kind, a server that cannot be reached or takes too long, too much text, or
            text that is not UTF-8.
        NotThere: Nothing is there (a missing file, or the server answers with an error).
    """
    if urlsplit(url).scheme.lower() not in _SCHEMES:
        raise UsageError(
            f"The address {url} is not of a kind that can be read.",
            remedy="Give a file://, http:// or https:// URL, or download the file and load it by its path.",
        )
    try:
        content = _read(url, auth, timeout, max_bytes + 1)
    except urllib.error.HTTPError as error:
        raise _answer(url, error) from None
    except (OSError, HTTPException, ValueError) as error:
        raise _unreachable(url, error, timeout) from error
    if len(content) > max_bytes:
        raise UsageError(f"What lies at {url} is larger than {max_bytes // 2**20} MB.", remedy="Correct the address.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"What lies at {url} is not UTF-8 text.", remedy="Correct the address.") from None


def _read(url: str, auth: Auth | None, timeout: float, size: int) -> bytes:
    request = urllib.request.Request(url, headers={"User-Agent": "kfbridge", "Accept": "*/*"})
    if isinstance(auth, tuple):
        token = base64.b64encode(":".join(auth).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    elif auth is not None:
        auth(request)
        _keep_from_other_hosts(request)
    with _opener().open(request, timeout=timeout) as response:
        content: bytes = response.read(size)
    return content


def _keep_from_other_hosts(request: urllib.request.Request) -> None:
    """Headers that `auth` set go to the server it was meant for, not where that one redirects to."""
    for name in [name for name in request.headers if name.lower() not in ("user-agent", "accept")]:
        request.add_unredirected_header(name, request.headers.pop(name))


class _SafeRedirect(urllib.request.HTTPRedirectHandler):
    """Follows redirects between web addresses only, and never from https to http."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        schemes = (urlsplit(req.full_url).scheme, urlsplit(newurl).scheme)
        if schemes[1] not in ("http", "https") or schemes == ("https", "http"):
            raise urllib.error.HTTPError(newurl, code, "it redirects to an address that is not safe", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_SafeRedirect)


def _answer(url: str, error: urllib.error.HTTPError) -> UsageError:
    error.close()
    remedies = {401: "Give auth=(user, password).", 403: "Give auth=(user, password) that may read it."}
    remedy = remedies.get(error.code, "Correct the address, or try again later.")
    kind = NotThere if 400 <= error.code < 500 else UsageError
    return kind(f"The server did not give {url}: {error.code} {error.reason}.", remedy=remedy)


def _unreachable(url: str, error: Exception, timeout: float) -> UsageError:
    cause = getattr(error, "reason", error)
    if isinstance(cause, FileNotFoundError):
        return NotThere(f"There is no file {urlsplit(url).path}.", where=url, remedy="Correct the address.")
    if isinstance(cause, TimeoutError):
        reason = f"The server took longer than {timeout:g} seconds"
    else:
        reason = f"It cannot be read: {getattr(cause, 'strerror', None) or cause}"
    return UsageError(f"{reason}.", where=url, remedy="Check the address and the network, then try again.")
