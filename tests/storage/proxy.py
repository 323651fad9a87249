"""A proxy for HTTP on loopback that does harm on request."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"}


@dataclass(frozen=True)
class Request:
    """What came: its number from 1, and what is asked for."""

    number: int
    method: str
    path: str


Plan = Callable[[Request], str]
"""Which harm to do to a request: ``reset``, ``lost`` (done, but without an answer), ``cut``, ``garble``, ``slow``,
a status such as ``503``; empty for none."""


@dataclass
class Proxy:
    """Stands before a server; `plan` may be changed at any time, `seen` is what came."""

    url: str
    plan: Plan = lambda request: ""
    seen: list[Request] = field(default_factory=list)

    def count(self, method: str) -> int:
        return sum(request.method == method for request in self.seen)


def every(nth: int, harm: str) -> Plan:
    """Do that harm to every `nth` request."""
    return lambda request: harm if request.number % nth == 0 else ""


@contextmanager
def proxy_for(upstream: str) -> Iterator[Proxy]:
    proxy = Proxy("")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            with lock:
                request = Request(len(proxy.seen) + 1, self.command, self.path)
                proxy.seen.append(request)
            body = self.body()
            harm = proxy.plan(request)
            if harm == "reset":
                return self.reset()
            if harm == "slow":
                time.sleep(0.4)
            if harm.isdecimal():
                return self.answer(int(harm), [("x-ms-error-code", "")], b"")
            status, headers, data = self.forward(body)
            if harm == "lost":
                return self.reset()
            if harm == "garble" and self.command == "GET" and data:
                data = data[:-1] + bytes([data[-1] ^ 1])
            return self.answer(status, headers, data, cut=harm == "cut")

        def body(self) -> bytes:
            if self.headers.get("Expect", "").lower() == "100-continue":
                self.send_response_only(100)
                self.end_headers()
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                return b"".join(iter(self.chunk, b""))
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def chunk(self) -> bytes:
            size = int(self.rfile.readline().partition(b";")[0], 16)
            data = self.rfile.read(size)
            self.rfile.readline()
            return data

        def forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=60)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            headers.pop("Expect", None)
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                headers["Content-Length"] = str(len(body))
            try:
                connection.request(self.command, self.path, body, headers)
                response = connection.getresponse()
                return response.status, response.getheaders(), response.read()
            finally:
                connection.close()

        def answer(self, status: int, headers: list[tuple[str, str]], data: bytes, cut: bool = False) -> None:
            self.send_response_only(status)
            length = str(len(data))
            for name, value in headers:
                if name.lower() == "content-length":
                    length = value
                elif name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if cut else data)
            if cut and data:
                self.reset()

        def reset(self) -> None:
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

        def finish(self) -> None:
            if self.connection.fileno() >= 0:
                super().finish()

        def log_message(self, *args: Any) -> None: ...

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = handle_any

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None: ...

    server = Server(("127.0.0.1", 0), Handler)
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
