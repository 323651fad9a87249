"""A process in a container, by the API server's ``exec`` over a WebSocket, as a wire.

The subprotocol ``v4.channel.k8s.io`` puts a channel's number before each message (``kubernetes/kubernetes,
staging/src/k8s.io/apimachinery/pkg/util/httpstream/wsstream``). It cannot close one direction alone, which the frames
of a door do without. The library ``websocket-client``, which comes with ``kubernetes``, makes the connection; what
follows is done here, because reading and writing at once in two threads must not touch one TLS connection at once.
"""

from __future__ import annotations

import functools
import json
import os
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from kfbridge.backends.k8s.door.wire import STALL, LastWords, last_line

_STDIN, _STDOUT, _STDERR, _STATUS = range(4)
_CONTINUED, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_PIECE: Final = 1 << 16
_KEPT: Final = 2_000  # letters of standard error
_WORDS: Final = 2.0  # seconds that last words may take to come
_HOPELESS: Final = frozenset({"1", "2", "126", "127"})  # exit codes: Python's own, and of a command that is not there
_ABSENT: Final = ("executable file not found", "no such file or directory", "stat python3")


class ExecWire:
    """A process in a container as a `Wire`.

    Args:
        connection: A socket on which the WebSocket's handshake is done.
    """

    def __init__(self, connection: Any) -> None:
        self._socket = connection
        self._socket.setblocking(False)
        self._lock = threading.Lock()  # of the TLS connection
        self._writing = threading.Lock()  # of whole messages
        self._pending = bytearray()
        self._channel = -1
        self._errors = ""
        self._status: Any = None
        self._over = threading.Event()

    def read(self) -> bytes:
        """See `Wire.read`."""
        while True:
            opcode, body = self._message()
            if opcode == _CLOSE:
                self._over.set()
                return b""
            if opcode == _PING:
                self._send(_PONG, body)
            elif opcode in (_CONTINUED, _TEXT, _BINARY) and body:
                if opcode != _CONTINUED:
                    self._channel, body = body[0], body[1:]
                if self._channel == _STDOUT and body:
                    return body
                if not self._heard(body):
                    return b""

    def write(self, data: bytes) -> None:
        """See `Wire.write`."""
        self._send(_BINARY, bytes([_STDIN]) + data)

    def close(self) -> None:
        """See `Wire.close`; the socket itself is closed when nobody uses this object any more."""
        try:
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # TLS's own would trip a thread that reads
        except OSError:
            return  # it is gone already

    def last_words(self) -> LastWords:
        """See `Wire.last_words`."""
        self._over.wait(_WORDS)
        status = self._status or {}
        causes = (status.get("details") or {}).get("causes") or ()
        code = next((one.get("message") for one in causes if one.get("reason") == "ExitCode"), "")
        message = status.get("message") or ""
        hopeless = code in _HOPELESS or any(text in message for text in _ABSENT)
        return LastWords(last_line(self._errors) or message, hopeless)

    def _heard(self, body: bytes) -> bool:
        """Take what came beside standard output; whether more may come."""
        if self._channel == _STDERR:
            self._errors = (self._errors + body.decode("utf-8", "replace"))[-_KEPT:]
        elif self._channel == _STATUS and body:
            self._status = _document(body)
            self._over.set()
            return False
        return True

    # WebSocket (RFC 6455, section 5) -----------------------------------------------------------------

    def _message(self) -> tuple[int, bytes]:
        first, second = self._exactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._exactly(8))
        return first & 0x0F, self._exactly(length)

    def _send(self, opcode: int, body: bytes) -> None:
        size = len(body)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        key = os.urandom(4)
        with self._writing:
            self._write(head + key + _masked(body, key))

    def _exactly(self, size: int) -> bytes:
        while len(self._pending) < size:
            data = self._when_ready(functools.partial(self._socket.recv, _PIECE), None)
            if not data:
                self._over.set()
                raise ConnectionResetError("the server closed the connection")
            self._pending += data
        data = bytes(self._pending[:size])
        del self._pending[:size]
        return data

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._when_ready(functools.partial(self._socket.send, view), STALL) :]

    def _when_ready(self, work: Callable[[], Any], patience: float | None) -> Any:
        """What `work` gives, once the socket lets it."""
        until = None if patience is None else time.monotonic() + patience
        while True:
            try:
                with self._lock:
                    return work()
            except ssl.SSLWantReadError:
                wanted = select.POLLIN
            except ssl.SSLWantWriteError:
                wanted = select.POLLOUT
            except BlockingIOError:
                wanted = select.POLLIN if patience is None else select.POLLOUT
            poll = select.poll()
            poll.register(self._socket.fileno(), wanted)
            poll.poll(1_000)
            if until is not None and time.monotonic() > until:
                raise TimeoutError(f"nothing could be written for {patience:.0f} seconds")


def _masked(body: bytes, key: bytes) -> bytes:
    size = len(body)
    mask = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(body, "little") ^ int.from_bytes(mask, "little")).to_bytes(size, "little")


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return {"message": body.decode("utf-8", "replace")}
