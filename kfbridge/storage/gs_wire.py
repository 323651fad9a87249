"""Single requests of Google's JSON API, sent by the library's own session, past most of its layers.

For a small object the library and requests take more time to make a request ready than the request takes. What does
not change between two requests (proxies, certificates) is found out once here; the connections and the credentials are
those of the library. What takes more than one request (a token that was revoked, a redirection) is left to it.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final
from urllib.parse import quote

from kfbridge import __version__
from kfbridge.storage import digests
from kfbridge.storage.bucket import Exists
from kfbridge.storage.faults import cut_off
from kfbridge.storage.gs_errors import error_of_status

_PIECE: Final = 256 << 10  # bytes; a block of memory that is used again
_FINE: Final = (200, 206)
_LIBRARY: Final = (301, 302, 307, 308, 401)  # what is left to the library
_AGENT: Final = {"user-agent": f"kfbridge/{__version__}"}
_TYPE: Final = "application/octet-stream"


class LeftToLibrary(Exception):
    """The request has to be made by the library."""


class Wire:
    """Reads and writes whole objects, each with one request.

    Args:
        client: The library's client.
        bucket: The bucket's name.
        timeout: Seconds to connect, and between two bytes.
    """

    def __init__(self, client: Any, bucket: str, timeout: tuple[float, float]) -> None:
        from google.auth.transport.requests import Request

        self._session = client._http  # not public, as what `GsBucket` mounts on it
        self._credentials = self._session.credentials
        self._renewing = Request()
        base = client._connection.API_BASE_URL.rstrip("/")
        self._objects = f"{base}/download/storage/v1/b/{quote(bucket, safe='')}/o/"
        self._uploads = f"{base}/upload/storage/v1/b/{quote(bucket, safe='')}/o?uploadType=multipart"
        self._settings = self._session.merge_environment_settings(base, {}, True, None, None)
        self._adapter = self._session.get_adapter(base)
        self._timeout = timeout

    def read(self, key: str, where: str, span: tuple[int, int | None], version: str) -> bytes:
        """The bytes of an object, from the first of `span` to before the second; of that generation, if one is given.

        Raises:
            StorageError, Exists: As `translated` has them, under which this has to be called.
            LeftToLibrary: Nothing was read.
        """
        with self._asked(key, where, span, version) as answer:
            data: bytes = answer.raw.read(decode_content=False)
        if len(data) != int(answer.headers.get("content-length", len(data))):
            raise cut_off(where)
        return data

    def pieces(self, key: str, where: str, span: tuple[int, int | None], version: str) -> Iterator[bytes]:
        """What `read` gives, as it comes; whether all came is for the caller to see.

        Raises:
            StorageError, Exists, LeftToLibrary: See `read`.
        """
        with self._asked(key, where, span, version) as answer:
            while piece := answer.raw.read(_PIECE, decode_content=False):
                yield piece

    def write(self, key: str, where: str, data: bytes, new: bool) -> None:
        """Make or replace an object; the service compares the bytes with their MD5 before it does.

        Raises:
            StorageError, Exists: As `translated` has them, under which this has to be called.
            LeftToLibrary: Nothing was written.
        """
        md5 = base64.b64encode(digests.md5(data).digest()).decode()
        about = json.dumps({"name": key, "md5Hash": md5, "contentType": _TYPE}).encode()
        line = b"--" + (mark := secrets.token_hex(16)).encode()
        body = b"\r\n".join(
            (
                *(line, b"content-type: application/json; charset=UTF-8", b"", about),
                *(line, b"content-type: " + _TYPE.encode(), b"", data),
                line + b"--",
            )
        )
        headers = {"content-type": f'multipart/related; boundary="{mark}"', "content-length": str(len(body))}
        with self._sent(
            "POST", self._uploads + ("&ifGenerationMatch=0" if new else ""), headers, body, where
        ) as answer:
            answer.raw.read(decode_content=False)  # the connection can be used again

    def _asked(self, key: str, where: str, span: tuple[int, int | None], version: str) -> AbstractContextManager[Any]:
        only = f"&ifGenerationMatch={int(version)}" if version else ""
        start, end = span
        part = {"range": f"bytes={start}-{'' if end is None else end - 1}"} if start or end is not None else {}
        url = f"{self._objects}{quote(key, safe='~')}?alt=media{only}"
        return self._sent("GET", url, {"accept-encoding": "gzip", **part}, None, where)

    @contextmanager
    def _sent(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, where: str) -> Iterator[Any]:
        from requests import PreparedRequest
        from requests.structures import CaseInsensitiveDict

        if getattr(self._session, "is_mtls", False):
            raise LeftToLibrary  # another host, and certificates that it renews
        request = PreparedRequest()
        request.method, request.url, request.body = method, url, body
        request.headers = CaseInsensitiveDict({**_AGENT, **headers})
        self._credentials.before_request(self._renewing, method, url, request.headers)
        answer = self._adapter.send(request, timeout=self._timeout, **self._settings)
        try:
            if answer.status_code in _LIBRARY:
                raise LeftToLibrary
            if answer.status_code == 412:
                raise Exists
            if answer.status_code not in _FINE:
                raise error_of_status(answer.status_code, where)
            yield answer
        finally:
            answer.close()
