"""What cannot work is said in one sentence, with the remedy and without a secret."""

from __future__ import annotations

import base64
import builtins
import time
from pathlib import Path
from typing import Any

import pytest

from kfbridge.errors import KfbridgeError, UsageError
from kfbridge.storage import Settings, open_storage, schemes
from kfbridge.storage.errors import AccessDeniedError, BucketMissingError, CredentialsError, ExtraMissingError
from tests.storage.conftest import SERVERS, Servers, open_on
from tests.storage.proxy import every, proxy_for
from tests.storage.servers import AZURE_ACCOUNT, BUCKET

SECRET = base64.b64encode(b"the wrong secret").decode()
ON_SERVERS = [pytest.param(kind, marks=pytest.mark.storage) for kind in SERVERS]


@pytest.mark.storage
@pytest.mark.parametrize(
    ("kind", "variable", "code"),
    [
        ("rclone", "AWS_SECRET_ACCESS_KEY", "SignatureDoesNotMatch"),
        ("rclone", "AWS_ACCESS_KEY_ID", "InvalidAccessKeyId"),
        ("azurite", "AZURE_STORAGE_KEY", "AuthorizationFailure|AuthenticationFailed"),
    ],
)
@pytest.mark.parametrize("fast", [False, True], ids=["plain", "fast"])
def test_wrong_credentials(
    kind: str, variable: str, code: str, fast: bool, servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable, SECRET if "AZURE" in variable else "nobodyknowsthisone")
    storage = open_on(servers.get(kind), "root", monkeypatch, fast=fast)
    (tmp_path / "file").write_bytes(b"x")
    begin = time.monotonic()
    for call in (
        lambda: storage.read_bytes("file"),
        lambda: storage.write_bytes("file", b"x"),
        lambda: storage.exists("file"),
        lambda: storage.put_file(tmp_path / "file", "file"),
        lambda: list(storage.list()),
    ):
        with pytest.raises((CredentialsError, AccessDeniedError), match=code) as raised:
            call()
        assert "environment variables" in str(raised.value) or "AZURE_STORAGE_KEY" in str(raised.value)
        assert SECRET not in str(raised.value) and "nobodyknowsthisone" not in str(raised.value)
        assert not raised.value.transient
    assert time.monotonic() - begin < 20  # not tried again: five calls of that patience would take longer


@pytest.mark.storage
@pytest.mark.parametrize("kind", SERVERS)
def test_a_bucket_that_is_not_there(
    kind: str, servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    there = open_on(servers.get(kind), "root", monkeypatch)
    settings = getattr(there, "settings", None)
    storage = open_storage(there.locate().replace(f"//{BUCKET}/", "//no-such-bucket/"), settings)
    (tmp_path / "file").write_bytes(b"x")
    for call in (
        lambda: storage.write_bytes("file", b"x"),
        lambda: list(storage.list()),
        lambda: storage.get_file("file", tmp_path / "target"),
        lambda: storage.put_tree(tmp_path, "tree"),
    ):
        with pytest.raises(BucketMissingError, match=r"There is no such (bucket|container)\."):
            call()


@pytest.mark.storage
@pytest.mark.parametrize("kind", SERVERS)
def test_what_is_forbidden(kind: str, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    server = servers.get(kind)
    with proxy_for(server.url) as proxy:
        proxy.plan = every(1, "403")
        storage = open_on(server, "root", monkeypatch, proxy.url)
        with pytest.raises(AccessDeniedError, match="does not allow this") as raised:
            storage.read_bytes("file")
    assert "right to list, read, write and delete" in str(raised.value)
    assert not raised.value.transient


def test_no_credentials_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("boto3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(CredentialsError, match="No credentials were found; looked for in: the variables") as raised:
        open_storage("s3://bucket/x", Settings(endpoint_url="http://127.0.0.1:9")).read_bytes("file")
    assert raised.value.remedy == "Set those variables, or run: aws configure"


def test_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("boto3")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(CredentialsError, match="ProfileNotFound"):
        open_storage("s3://bucket/x", Settings(profile="nobody")).read_bytes("file")


@pytest.mark.parametrize(
    ("uri", "module", "extra"),
    [
        ("s3://bucket/x", "boto3", "s3"),
        ("gs://bucket/x", "google.cloud.storage", "gcs"),
        ("az://bucket/x", "azure.storage.blob", "azure"),
    ],
)
def test_a_library_that_is_not_installed(uri: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str, *rest: Any) -> Any:
        raise ImportError(f"No module named {name!r}", name=name)

    monkeypatch.setattr("kfbridge.storage.extras.importlib.import_module", find)
    with pytest.raises(ExtraMissingError, match=module) as raised:
        open_storage(uri)
    assert raised.value.remedy == f"Install it with: pip install 'kfbridge[{extra}]'"


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("ftp://host/x", "Nothing that is installed opens ftp:// URIs"),
        ("s3://", "names no bucket"),
        ("s3://bucket/a//b", "has an empty part"),
        ("gs://bucket/a/../b", "has an empty part, '.' or '..'"),
        ("file://otherhost/x", "is not a folder of this machine"),
        ("minio://bucket/x", "does not say on which server"),
    ],
)
def test_uris_that_cannot_be_opened(uri: str, message: str) -> None:
    if uri.startswith("minio"):
        pytest.importorskip("boto3")
    with pytest.raises(UsageError) as raised:
        open_storage(uri)
    assert message in str(raised.value)
    assert raised.value.remedy


def test_every_kind_comes_by_the_hook() -> None:
    assert {"abfs", "abfss", "az", "file", "gs", "minio", "pvc", "s3", "wasb", "wasbs"} <= set(schemes())


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        ("wasbs://box@acc.blob.core.windows.net/a", "https://acc.blob.core.windows.net"),
        ("abfss://box@acc.dfs.core.windows.net/a", "https://acc.blob.core.windows.net"),
        ("abfss://box@acc.dfs.core.chinacloudapi.cn/a", "https://acc.blob.core.chinacloudapi.cn"),
        ("az://box/a", f"https://{AZURE_ACCOUNT}.blob.core.windows.net"),
    ],
)
def test_the_account_of_an_azure_uri(uri: str, url: str) -> None:
    from kfbridge.storage.address import parse
    from kfbridge.storage.azure_account import url_of

    assert url_of(parse(uri), Settings()) == url
    assert parse(uri).uri() == uri


def test_no_token_belongs_into_the_configuration() -> None:
    from kfbridge.storage.address import parse
    from kfbridge.storage.azure_account import url_of

    with pytest.raises(UsageError, match="no token belongs into a configuration") as raised:
        url_of(parse("az://box/a"), Settings(account_url="https://acc.blob.core.windows.net/?sig=geheim"))
    assert "geheim" not in str(raised.value)


def test_a_claim_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BucketMissingError, match="'data' is not mounted on this machine") as raised:
        open_storage("pvc://data/runs")
    assert 'claims = { data = "/mnt" }' in str(raised.value)
    with pytest.raises(BucketMissingError, match="is not there"):
        open_storage("pvc://data/runs", Settings(claims={"data": tmp_path / "nothing"}))
    storage = open_storage("pvc://data/runs", Settings(claims={"data": tmp_path}))
    storage.write_bytes("a/b", b"x")
    assert storage.locate("a/b") == "pvc://data/runs/a/b"
    assert (tmp_path / "runs/a/b").read_bytes() == b"x"
    assert isinstance(storage.uri, str) and storage.uri == "pvc://data/runs"


def test_a_plugin_adds_a_scheme(tmp_path: Path) -> None:
    from kfbridge import plugins
    from kfbridge.hookspecs import hookimpl
    from kfbridge.storage import register
    from kfbridge.storage.file import FileStorage

    class Shelf:
        @hookimpl
        def kfbridge_register_storage(self, register: Any) -> None:
            register("shelf", lambda uri, settings: FileStorage(tmp_path / uri.removeprefix("shelf://")))

    plugins.manager().register(Shelf(), "shelf")
    try:
        plugins.manager().hook.kfbridge_register_storage(register=register)
        open_storage("shelf://a").write_bytes("b", b"x")
    finally:
        plugins.manager().unregister(name="shelf")
    assert (tmp_path / "a/b").read_bytes() == b"x"


def test_errors_are_kfbridges_own() -> None:
    assert issubclass(CredentialsError, KfbridgeError) and not issubclass(CredentialsError, builtins.OSError)
