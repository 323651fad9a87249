"""What travels between a client and the doorkeeper in its pod: numbered frames with a checksum each.

The layout of a frame, and of the documents of `Kind.HELLO`, stay as they are in all versions of the protocol, so that
two versions can tell each other apart.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

PROTOCOL: Final = 1
"""Changed whenever a client and a doorkeeper of two versions would misunderstand each other."""

LONGEST: Final = 1 << 20
"""Bytes in a frame's body at most."""

CHUNK: Final = 256 << 10
"""Bytes of content in a frame."""

_MAGIC: Final = b"kf"
_HEAD: Final = struct.Struct("!2sBIII")  # magic, kind, stream, length of the body, checksum of kind, stream and body
_SHOWN: Final = 200


class Kind(IntEnum):
    """What a frame is."""

    HELLO = 1  # the first one of each side: protocol, version, who
    BEAT = 2  # this side lives
    OPEN = 3  # the client begins a stream: what it asks for
    SAY = 4  # a document
    DATA = 5  # bytes of content, which count against the window
    CREDIT = 6  # so many more bytes may be sent
    DONE = 7  # the doorkeeper ends a stream: the result
    ERROR = 8  # the doorkeeper ends a stream: what went wrong
    CANCEL = 9  # the client ends a stream


class GarbledError(OSError):
    """What came is no frame: a byte was changed, or something else speaks there."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A message: its kind, the stream that it belongs to (0: none), its body."""

    kind: Kind
    stream: int = 0
    body: bytes = b""

    @classmethod
    def of(cls, kind: Kind, stream: int, document: Any) -> Frame:
        """A frame with a document as its body."""
        return cls(kind, stream, json.dumps(document, separators=(",", ":")).encode("ascii"))

    @property
    def document(self) -> Any:
        """The body as a document."""
        return json.loads(self.body)

    def encode(self) -> bytes:
        """The frame as bytes.

        Raises:
            GarbledError: It is too long.
        """
        if len(self.body) > LONGEST:
            raise GarbledError(f"a frame of {len(self.body)} bytes is too long")
        head = _HEAD.pack(_MAGIC, self.kind, self.stream, len(self.body), _checksum(self.kind, self.stream, self.body))
        return head + self.body


class Decoder:
    """Takes bytes as they come, and gives the frames in them."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._seen = 0

    @property
    def between(self) -> bool:
        """Whether no frame has come in part."""
        return not self._pending

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now.

        Raises:
            GarbledError: What came is no frame.
        """
        self._pending += data
        while len(self._pending) >= _HEAD.size:
            magic, kind, stream, length, checksum = _HEAD.unpack_from(self._pending)
            if magic != _MAGIC or length > LONGEST or kind not in set(Kind):
                raise self._garbled()
            if len(self._pending) < _HEAD.size + length:
                return
            body = bytes(self._pending[_HEAD.size : _HEAD.size + length])
            if _checksum(kind, stream, body) != checksum:
                raise self._garbled()
            del self._pending[: _HEAD.size + length]
            self._seen += 1
            yield Frame(Kind(kind), stream, body)
        if self._pending and not _MAGIC.startswith(bytes(self._pending[:2])):
            raise self._garbled()

    def _garbled(self) -> GarbledError:
        if self._seen:
            return GarbledError("a message was changed on its way")
        text = bytes(self._pending[:_SHOWN]).decode("utf-8", "replace")
        return GarbledError(f"the answer is not the doorkeeper's: {text!r}")


def _checksum(kind: int, stream: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(struct.pack("!BI", kind, stream)))
