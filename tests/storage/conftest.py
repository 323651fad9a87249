"""A storage of every kind, on a folder or on a real server, with an empty root for each test."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from kfbridge.storage import Settings, Storage, open_storage
from tests.backends.k8s.door.doors import site
from tests.storage.servers import ACCESS_KEY, AZURE_ACCOUNT, AZURE_KEY, BUCKET, SECRET_KEY, Server, serving

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AZURE_STORAGE_ACCOUNT": AZURE_ACCOUNT,
    "AZURE_STORAGE_KEY": AZURE_KEY,
}
LIBRARIES = {
    "rclone": "boto3",
    "moto": "boto3",
    "gcs": "google.cloud.storage",
    "fakegcs": "google.cloud.storage",
    "azurite": "azure.storage.blob",
}
SERVERS = tuple(LIBRARIES)
FAST = ("rclone-fast", "moto-fast", "azurite-fast")
OBJECTS = tuple(pytest.param(kind, marks=pytest.mark.storage) for kind in (*SERVERS, *FAST))
KINDS = ("file", "door", *OBJECTS)


class Servers:
    """The servers of a test session, each started when it is first needed."""

    def __init__(self, stack: ExitStack, folder: Callable[[str], Path]) -> None:
        self._stack = stack
        self._folder = folder
        self._running: dict[str, Server] = {}

    def get(self, kind: str) -> Server:
        if not _importable(LIBRARIES[kind]):
            pytest.skip(f"{LIBRARIES[kind]} is not installed: pip install 'kfbridge[s3,gcs,azure,fast]'")
        if kind not in self._running:
            server = self._stack.enter_context(serving(kind, self._folder(kind)))
            make_bucket(server)
            self._running[kind] = server
        return self._running[kind]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack, tmp_path_factory.mktemp)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "STORAGE_"))]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Every kind of storage in turn."""
    name: str = request.param
    return name


@pytest.fixture
def opened(kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """A storage of each kind, whose root is the test's own."""
    if kind == "file":
        return open_storage(str(tmp_path / "root"))
    if kind == "door":
        made = site(tmp_path / "door")
        request.addfinalizer(made.end)
        return made.open()
    name, _, fast = kind.partition("-")
    if fast and not _importable("obstore"):
        pytest.skip("obstore is not installed: pip install 'kfbridge[fast]'")
    return open_on(request.getfixturevalue("servers").get(name), tmp_path.name, monkeypatch, fast=bool(fast))


def open_on(
    server: Server,
    folder: str,
    monkeypatch: pytest.MonkeyPatch,
    url: str = "",
    patience: float = 20.0,
    fast: bool = False,
) -> Storage:
    """A storage on a server, by way of another address if one is given; `fast`: with obstore."""
    at = url or server.url
    settings = Settings(patience=patience, fast=fast)
    if server.kind in ("gcs", "fakegcs"):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", at)
        return open_storage(f"gs://{BUCKET}/{folder}", replace(settings, project="tests", parallel=4))
    if server.kind == "azurite":
        return open_storage(f"az://{BUCKET}/{folder}", replace(settings, account_url=f"{at}/{AZURE_ACCOUNT}"))
    return open_storage(f"s3://{BUCKET}/{folder}", replace(settings, endpoint_url=at))


def make_bucket(server: Server) -> None:
    if server.kind == "moto":
        import boto3

        boto3.client(
            "s3",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        ).create_bucket(Bucket=BUCKET)
    elif server.kind == "fakegcs":
        import requests

        requests.post(f"{server.url}/storage/v1/b", json={"name": BUCKET}, timeout=10).raise_for_status()
    elif server.kind == "azurite":
        from azure.storage.blob import BlobServiceClient

        account = BlobServiceClient(f"{server.url}/{AZURE_ACCOUNT}", credential=AZURE_KEY)
        account.create_container(BUCKET)


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
