"""What is on its way is told while it lasts, as far as it is."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from kfbridge import api, dsl
from kfbridge.backends.base import TransferringRun, TransferStatus
from kfbridge.backends.driven.transfers import Transfers
from kfbridge.storage import Settings, Transfer, open_storage
from tests.storage.conftest import Servers
from tests.storage.proxy import proxy_for
from tests.storage.servers import BUCKET


def test_a_transfer_is_told_once_it_has_taken_a_while_and_until_it_ends() -> None:
    transfers = Transfers()
    with transfers.following("model", up=True) as tell:
        assert transfers.under_way() == ()
        time.sleep(0.6)
        assert transfers.under_way() == (TransferStatus("model", True),)
        tell(Transfer(1, 10, 2, 20))
        assert transfers.under_way() == (TransferStatus("model", True, 1, 10, 2, 20),)
    assert transfers.under_way() == ()
    tell(Transfer(2, 20, 2, 20))  # a thread that is late
    assert transfers.under_way() == ()


def test_a_transfer_that_fails_is_told_no_longer() -> None:
    transfers = Transfers()
    with pytest.raises(RuntimeError, match="broken"), transfers.following("model", up=False):
        time.sleep(0.6)
        assert len(transfers.under_way()) == 1
        raise RuntimeError("broken")
    assert transfers.under_way() == ()


@dsl.component
def pass_on(data: dsl.Input[dsl.Dataset], tree: dsl.Output[dsl.Dataset]):
    import shutil

    shutil.copytree(data.path, tree.path)


@dsl.pipeline(name="passing-on")
def passing_on(uri: str):
    pass_on(data=dsl.importer(artifact_uri=uri, artifact_class=dsl.Dataset).output)


@pytest.mark.storage
@pytest.mark.slow
def test_a_run_tells_what_comes_and_what_goes(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KFBRIDGE_CACHE_DIR", str(tmp_path / "cache"))
    url = servers.get("rclone").url
    source = open_storage(f"s3://{BUCKET}/{tmp_path.name}-data", Settings(endpoint_url=url))
    for number in range(12):
        source.write_bytes(f"tree/{number}", b"0123456789" * 100)
    with proxy_for(url) as proxy:
        proxy.plan = lambda request: "slow"
        settings = {
            "artifact_root": f"s3://{BUCKET}/{tmp_path.name}-runs",
            "storage": {"endpoint_url": proxy.url, "parallel": 2},
            "python": sys.executable,
        }
        run = api.run(passing_on, {"uri": source.locate("tree")}, settings=settings)
        assert isinstance(run, TransferringRun)
        seen: set[TransferStatus] = set()
        while run.status().state == "running":
            seen.update(run.transfers())
            time.sleep(0.05)
        assert run.wait().state == "succeeded"
    for what, up in ((source.locate("tree"), False), ("pass-on/tree", True)):
        files = {one.files for one in seen if (one.what, one.up) == (what, up)}
        assert len(files & set(range(1, 12))) > 1, seen
        assert {one.all_files for one in seen if (one.what, one.up) == (what, up)} <= {0, 12}
    assert run.transfers() == ()
