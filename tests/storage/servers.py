"""Real storage servers on loopback, each in a process and a folder of its own.

They come from an environment and a folder that ``.ci/servers`` makes; without them the tests that need one are skipped.
"""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAMS = Path(
    os.environ.get("KFBRIDGE_SERVERS")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kfbridge-ci" / "servers"
)
ACCESS_KEY, SECRET_KEY = "kfbridge-tests", "not-a-secret-of-anyone"
AZURE_ACCOUNT, AZURE_KEY = "kfbridgetests", base64.b64encode(b"not a secret of anyone").decode()
BUCKET = "bucket"


@dataclass(frozen=True)
class Server:
    """A server that runs: its kind, and where it listens."""

    kind: str
    port: int
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


COMMANDS = {
    "rclone": "bin/rclone serve s3 --addr {host}:{port} --auth-key {access},{secret} {folder}",
    "moto": "bin/moto_server -H {host} -p {port}",
    "gcs": "bin/gcp-storage-emulator start --host {host} --port {port} --in-memory --default-bucket {bucket}",
    "fakegcs": "bin/fake-gcs-server -scheme http -host {host} -port {port} -public-host {host}:{port} "
    "-external-url http://{host}:{port} -backend memory -log-level error",
    "azurite": "node_modules/.bin/azurite-blob --blobHost {host} --blobPort {port} "
    "--disableTelemetry --skipApiVersionCheck --silent --inMemoryPersistence",
}


@contextmanager
def serving(kind: str, folder: Path, host: str = "127.0.0.1") -> Iterator[Server]:
    """Start a server, wait until it listens, and end it; the test is skipped where it is not installed."""
    server = Server(kind, free_port(host), host)
    command = COMMANDS[kind].format(
        host=host, port=server.port, folder=folder, access=ACCESS_KEY, secret=SECRET_KEY, bucket=BUCKET
    )
    program, *arguments = command.split(" ")
    if not (PROGRAMS / program).exists():
        pytest.skip(f"{PROGRAMS / program} is not here: run .ci/servers, or set KFBRIDGE_SERVERS")
    if program.startswith("node_modules") and shutil.which("node") is None:
        pytest.skip("Azurite needs node")
    (folder / BUCKET).mkdir()
    environment = {**os.environ, "AZURITE_ACCOUNTS": f"{AZURE_ACCOUNT}:{AZURE_KEY}"}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [PROGRAMS / program, *arguments],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
        try:
            wait_for(server, process, folder / "server.log")
            yield server
        finally:
            process.terminate()
            process.wait(10)


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as listener:
        listener.bind((host, 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        with socket.socket() as caller:
            if caller.connect_ex((server.host, server.port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"no server after 30 s: {log.read_text()}")
