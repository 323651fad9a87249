"""The WebSocket of ``exec`` as a wire: what comes and goes, byte by byte."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from kfbridge.backends.k8s.door.exec import ExecWire

FINAL = 0x80
CONTINUED, BINARY, CLOSE, PING, PONG = 0, 2, 8, 9, 10


@dataclass
class Ends:
    """A wire, and the server's end of it."""

    wire: ExecWire
    server: socket.socket

    def send(self, first: int, body: bytes) -> None:
        size = len(body)
        if size < 126:
            head = struct.pack("!BB", first, size)
        else:
            head = struct.pack("!BBH", first, 126, size) if size < 1 << 16 else struct.pack("!BBQ", first, 127, size)
        self.server.sendall(head + body)

    def receive(self) -> tuple[int, bytes]:
        """A message of the client, which masks what it sends."""
        first, second = self._exactly(2)
        assert second & 0x80
        size = second & 0x7F
        if size >= 126:
            (size,) = struct.unpack("!H", self._exactly(2)) if size == 126 else struct.unpack("!Q", self._exactly(8))
        key = self._exactly(4)
        return first, bytes(byte ^ key[at % 4] for at, byte in enumerate(self._exactly(size)))

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += self.server.recv(size - len(data))
        return data


@pytest.fixture
def ends() -> Iterator[Ends]:
    near, far = socket.socketpair()
    with near, far:
        yield Ends(ExecWire(near), far)


@pytest.mark.parametrize("size", [1, 125, 126, 65_534, 65_535, 65_536, 300_000])
def test_what_is_written_arrives_at_standard_input(ends: Ends, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    writer = threading.Thread(target=ends.wire.write, args=(data[:size],))
    writer.start()
    assert ends.receive() == (FINAL | BINARY, b"\0" + data[:size])
    writer.join(10)


@pytest.mark.parametrize("size", [1, 124, 125, 65_534, 65_535])
def test_standard_output_is_read(ends: Ends, size: int) -> None:
    ends.send(FINAL | BINARY, b"\1")  # a server begins with empty messages
    ends.send(FINAL | BINARY, b"\1" + b"x" * size)
    assert ends.wire.read() == b"x" * size


def test_a_message_in_pieces_is_one(ends: Ends) -> None:
    ends.send(BINARY, b"\1one")
    ends.send(FINAL | PING, b"in between")
    ends.send(CONTINUED, b"\1two")  # this byte is content: the channel was said
    ends.send(FINAL | CONTINUED, b"three")
    assert [ends.wire.read(), ends.wire.read(), ends.wire.read()] == [b"one", b"\1two", b"three"]
    assert ends.receive() == (FINAL | PONG, b"in between")


def test_how_a_process_ended_is_told(ends: Ends) -> None:
    ends.send(FINAL | BINARY, b"\2Traceback:\n  line 1\nNo module named kfbridge\n")
    causes = [{"reason": "ExitCode", "message": "1"}]
    status = {"status": "Failure", "message": "command terminated", "details": {"causes": causes}}
    ends.send(FINAL | BINARY, b"\3" + json.dumps(status).encode())
    assert ends.wire.read() == b""
    words = ends.wire.last_words()
    assert (words.text, words.hopeless) == ("No module named kfbridge", True)


@pytest.mark.parametrize(
    ("message", "code", "hopeless"),
    [
        ('exec: "python3": executable file not found in $PATH', "", True),
        ("command terminated with exit code 137", "137", False),
        ("container not found", "", False),
    ],
)
def test_a_process_that_was_killed_may_be_started_again(ends: Ends, message: str, code: str, hopeless: bool) -> None:
    causes = [{"reason": "ExitCode", "message": code}] if code else []
    status = {"status": "Failure", "message": message, "details": {"causes": causes}}
    ends.send(FINAL | BINARY, b"\3" + json.dumps(status).encode())
    assert ends.wire.read() == b""
    words = ends.wire.last_words()
    assert (words.text, words.hopeless) == (message, hopeless)


def test_the_end_is_told(ends: Ends) -> None:
    ends.send(FINAL | CLOSE, b"")
    assert ends.wire.read() == b""
    ends.server.close()
    with pytest.raises(ConnectionResetError, match="the server closed the connection"):
        ends.wire.read()


def test_closing_wakes_who_reads(ends: Ends) -> None:
    said: list[str] = []

    def read() -> None:
        try:
            ends.wire.read()
        except OSError as error:
            said.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    ends.wire.close()
    reader.join(10)
    assert said == ["the server closed the connection"]
    ends.wire.close()
    with pytest.raises(OSError, match=r"Broken pipe|closed"):
        ends.wire.write(b"x")
