"""Counts the requests that one client makes of an API server: a proxy in between, whose own side is plain HTTP."""

from __future__ import annotations

import socket
import ssl
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml


class Proxy:
    """Forwards each request on a connection of its own; upgraded ones (exec) both ways.

    Args:
        configuration: The ``kubernetes.client.Configuration`` of the cluster.
    """

    def __init__(self, configuration: Any) -> None:
        self.counts: Counter[str] = Counter()
        server = urlsplit(configuration.host)
        self._server = (server.hostname or "", server.port or 443)
        self._tls = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
        if configuration.cert_file:
            self._tls.load_cert_chain(configuration.cert_file, configuration.key_file)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def kubeconfig(self, given: Path, made: Path) -> Path:
        """A kubeconfig whose current context leads here; its other credentials are kept."""
        document = yaml.safe_load(given.read_text())
        for one in document["clusters"]:
            one["cluster"] = {"server": f"http://127.0.0.1:{self.port}"}
        made.write_text(yaml.safe_dump(document))
        return made

    def _accept(self) -> None:
        while True:
            client, _ = self._listening.accept()
            threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        with client, suppress(OSError):  # a client may go away at any time
            head, rest = _head(client)
            if not head:
                return
            lines = head.decode("latin-1").split("\r\n")
            self.counts[kind(*lines[0].split(" ")[:2])] += 1
            fields = {
                name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines[1:])
            }
            upgrades = "upgrade" in fields
            while len(rest) < int(fields.get("content-length", 0)):
                rest += client.recv(65_536)
            kept = [one for one in lines if upgrades or not one.lower().startswith("connection:")]
            kept += [] if upgrades else ["Connection: close"]
            plain = socket.create_connection(self._server)
            with self._tls.wrap_socket(plain, server_hostname=self._server[0]) as server:
                server.sendall("\r\n".join([*kept, "", ""]).encode("latin-1") + rest)
                if upgrades:
                    threading.Thread(target=_splice, args=(client, server), daemon=True).start()
                _splice(server, client)


def kind(method: str, address: str) -> str:
    """What a request is of which resource: ``create jobs``, ``watch pods``, ``get pods/log``."""
    split = urlsplit(address)
    parts = split.path.strip("/").split("/")
    after = parts[parts.index("namespaces") + 2 :] if "namespaces" in parts else [split.path]
    resource = "/".join([after[0], *after[2:]])
    verb = {"POST": "create", "DELETE": "delete", "PATCH": "patch"}.get(method)
    if verb is None:
        verb = "watch" if "watch=true" in split.query else "get" if len(after) != 1 else "list"
    return f"{verb} {resource}"


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(65_536)
        if not piece:
            return b"", b""
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _splice(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # either end may close
        while piece := source.recv(65_536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
