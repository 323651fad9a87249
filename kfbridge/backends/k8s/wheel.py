"""The very kfbridge that runs, as a wheel: an image can be made of it, whether it is on a package index or not."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

import kfbridge
from kfbridge.errors import BackendError

_KEPT: Final = ("METADATA", "WHEEL", "entry_points.txt")
"""The parts of an installation's metadata that a wheel has; the others say how it came to be installed."""

_DAY: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can name: the same content makes the same wheel


def write_wheel(folder: Path) -> Path:
    """Write the wheel of this kfbridge, with its plugins' entry points, into a folder.

    Raises:
        BackendError: This kfbridge is not installed.
    """
    name = f"kfbridge-{kfbridge.__version__}"
    files = {**dict(_package()), **{f"{name}.dist-info/{part}": data for part, data in _metadata().items()}}
    record = f"{name}.dist-info/RECORD"
    lines = [f"{path},sha256={_digest(files[path])},{len(files[path])}" for path in sorted(files)]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    wheel = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(path, _DAY), files[path])
    return wheel


def _package() -> Iterator[tuple[str, bytes]]:
    root = Path(kfbridge.__file__).parent
    for path in root.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"kfbridge/{path.relative_to(root).as_posix()}", path.read_bytes()


def _metadata() -> Mapping[str, bytes]:
    try:
        found = distribution("kfbridge")
    except PackageNotFoundError as error:
        raise BackendError(
            "This kfbridge is not installed, so no image can be made of it.",
            remedy="Install it (pip install .), or name an image that has it: --image NAME.",
            backend="k8s",
        ) from error
    texts = {part: found.read_text(part) for part in _KEPT}
    return {part: text.encode() for part, text in texts.items() if text is not None}


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
