"""A web server on this machine, which says what it was asked."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """Pages by path (text, or a status and a header), and the requests that came."""

    address: str
    pages: dict[str, bytes | tuple[int, dict[str, str]]] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)  # path, Authorization
    delay: float = 0.0


class serving:
    """Serves a `Site` for as long as the block lasts."""

    def __enter__(self) -> Site:
        site = Site("")
        release = self._release = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append((self.path, self.headers.get("Authorization")))
                release.wait(site.delay)
                page = site.pages.get(self.path, (404, {}))
                body = page if isinstance(page, bytes) else b""
                status, headers = (200, {}) if isinstance(page, bytes) else page
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(ConnectionError):  # a reader who gave up is what some tests are about
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        site.address = f"http://127.0.0.1:{self._server.server_port}"
        return site

    def __exit__(self, *_: object) -> None:
        self._release.set()
        self._server.shutdown()
        self._server.server_close()
