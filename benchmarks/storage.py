"""Measures kfbridge's storage and a provider's own library on the same server, one after the other.

Prints one JSON document: seconds of wall and of CPU of this process for each operation, the median of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from kfbridge.storage import Settings, Storage, open_storage  # noqa: E402
from tests.storage.servers import ACCESS_KEY, AZURE_ACCOUNT, AZURE_KEY, BUCKET, SECRET_KEY, Server, serving  # noqa: E402

LARGE, SMALL = 256 << 20, 4096  # bytes
FILES = 1000
GOOGLE = {"gcs": 4, "fakegcs": 16}  # calls at once; the emulator, which has one thread, loses calls when there are more
Measured = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(SDKS))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--files", type=int, default=FILES, help="how many small ones")
    options = parser.parse_args()
    os.environ.update(
        AWS_ACCESS_KEY_ID=ACCESS_KEY,
        AWS_SECRET_ACCESS_KEY=SECRET_KEY,
        AWS_REGION="us-east-1",
        AZURE_STORAGE_KEY=AZURE_KEY,
    )
    figures: Measured = {}
    for part in ("large", "small"):  # a server each: one that holds large objects has garbage to collect
        folder = Path(tempfile.mkdtemp())
        try:
            (folder / "server").mkdir()
            with serving(options.kind, folder / "server") as server:
                figures |= compare(server, folder, part, options.repeat, options.files)
        finally:
            shutil.rmtree(folder)
    print(json.dumps({"files": options.files, "figures": figures}))


def compare(server: Server, folder: Path, part: str, repeat: int, count: int) -> Measured:
    large = folder / "large"
    large.write_bytes(os.urandom(LARGE))
    small = folder / "small"
    small.mkdir()
    for number in range(count):
        (small / f"{number:04}").write_bytes(os.urandom(SMALL))
    contenders: dict[str, Contender] = {"sdk": SDKS[server.kind](server)}
    contenders["kfbridge"] = Ours(opened(server, fast=False))
    if server.kind not in GOOGLE:
        contenders["kfbridge with obstore"] = Ours(opened(server, fast=True))
    rounds: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for turn in range(repeat + 1):
        for name, contender in contenders.items():
            for what, work in contender.operations(
                large, small, folder / f"out-{turn}-{name.replace(' ', '-')}"
            ).items():
                if not what.startswith(part):
                    continue
                used = timed(work)
                if turn:  # the first round warms up
                    rounds.setdefault(what, {}).setdefault(name, []).append(used)
        for out in folder.glob("out-*"):
            shutil.rmtree(out)
    return {
        what: {name: [statistics.median(one) for one in zip(*used, strict=True)] for name, used in by_name.items()}
        for what, by_name in rounds.items()
    }


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def opened(server: Server, fast: bool) -> Storage:
    if server.kind in GOOGLE:
        os.environ["STORAGE_EMULATOR_HOST"] = server.url
        return open_storage(f"gs://{BUCKET}/ours", Settings(project="tests", parallel=GOOGLE[server.kind]))
    if server.kind == "azurite":
        return open_storage(f"az://{BUCKET}/ours", Settings(account_url=f"{server.url}/{AZURE_ACCOUNT}", fast=fast))
    return open_storage(f"s3://{BUCKET}/ours", Settings(endpoint_url=server.url, fast=fast))


class Contender:
    """What is measured: an operation for each row."""

    threads = 16

    def operations(self, large: Path, small: Path, out: Path) -> dict[str, Callable[[], Any]]:
        out.mkdir()
        (out / "loop").mkdir()
        (out / "pool").mkdir()
        names = sorted(path.name for path in small.iterdir())
        return {
            "large up": lambda: self.put(large, "large"),
            "large down": lambda: self.get("large", out / "large"),
            "small up": lambda: [self.put(small / name, f"loop/{name}") for name in names],
            "small down": lambda: [self.get(f"loop/{name}", out / "loop" / name) for name in names],
            "small up, 16 threads": lambda: self.each(lambda name: self.put(small / name, f"pool/{name}"), names),
            "small down, 16 threads": lambda: self.each(lambda n: self.get(f"pool/{n}", out / "pool" / n), names),
        }

    def each(self, work: Callable[[str], Any], names: list[str]) -> None:
        with ThreadPoolExecutor(self.threads) as threads:
            list(threads.map(work, names))

    def put(self, path: Path, name: str) -> None:
        raise NotImplementedError

    def get(self, name: str, path: Path) -> None:
        raise NotImplementedError


class Ours(Contender):
    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def operations(self, large: Path, small: Path, out: Path) -> dict[str, Callable[[], Any]]:
        out.mkdir()
        self.storage.delete("tree")  # otherwise nothing of it would be sent again
        return {
            "large up": lambda: self.storage.put_file(large, "large"),
            "large down": lambda: self.storage.get_file("large", out / "large"),
            "small up": lambda: self.storage.put_tree(small, "tree"),
            "small down": lambda: self.storage.get_tree("tree", out / "tree"),
        }


class Boto3(Contender):
    """https://boto3.amazonaws.com/v1/documentation/api/latest/guide/s3-uploading-files.html"""

    def __init__(self, server: Server) -> None:
        import boto3
        from botocore.config import Config

        config = Config(max_pool_connections=16)
        self.client = boto3.client("s3", endpoint_url=server.url, region_name="us-east-1", config=config)

    def put(self, path: Path, name: str) -> None:
        self.client.upload_file(str(path), BUCKET, f"theirs/{name}")

    def get(self, name: str, path: Path) -> None:
        self.client.download_file(BUCKET, f"theirs/{name}", str(path))


class Azure(Contender):
    """https://learn.microsoft.com/azure/storage/blobs/storage-blob-upload-python, ...-download-python"""

    def __init__(self, server: Server) -> None:
        from azure.storage.blob import BlobServiceClient

        account = BlobServiceClient(f"{server.url}/{AZURE_ACCOUNT}", credential=AZURE_KEY)
        self.container = account.create_container(BUCKET)

    def put(self, path: Path, name: str) -> None:
        with path.open("rb") as data:
            self.container.upload_blob(f"theirs/{name}", data, overwrite=True, max_concurrency=4)

    def get(self, name: str, path: Path) -> None:
        with path.open("wb") as file:
            self.container.download_blob(f"theirs/{name}", max_concurrency=4).readinto(file)


class Google(Contender):
    """https://cloud.google.com/storage/docs/samples/storage-upload-file"""

    def __init__(self, server: Server) -> None:
        from google.cloud import storage

        os.environ["STORAGE_EMULATOR_HOST"] = server.url
        self.bucket = storage.Client(project="tests").bucket(BUCKET)
        self.threads = GOOGLE[server.kind]
        if server.kind == "fakegcs":
            self.bucket.create()

    def put(self, path: Path, name: str) -> None:
        self.bucket.blob(f"theirs/{name}").upload_from_filename(str(path))

    def get(self, name: str, path: Path) -> None:
        self.bucket.blob(f"theirs/{name}").download_to_filename(str(path))


SDKS: dict[str, Callable[[Server], Contender]] = {"rclone": Boto3, "azurite": Azure, "gcs": Google, "fakegcs": Google}


if __name__ == "__main__":
    main()
