"""Files that travel inside of a component: packed into its source, unpacked when the step starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kfbridge.dsl.location import here
from kfbridge.errors import CompileError, KfbridgeWarning

if TYPE_CHECKING:
    from tarfile import TarInfo

_LARGE = 1024 * 1024

_HELPER = """\
__KFP_EMBEDDED_ARCHIVE_B64 = '{archive}'

import base64 as __kfp_b64
import io as __kfp_io
import os as __kfp_os
import sys as __kfp_sys
import tarfile as __kfp_tarfile
import tempfile as __kfp_tempfile

__kfp_folder = __kfp_tempfile.TemporaryDirectory()
__KFP_EMBEDDED_ASSET_DIR = __kfp_folder.name
with __kfp_tarfile.open(fileobj=__kfp_io.BytesIO(__kfp_b64.b64decode(__KFP_EMBEDDED_ARCHIVE_B64)), mode='r:gz') as __kfp_tar:
    __kfp_tar.extractall(path=__KFP_EMBEDDED_ASSET_DIR)
__kfp_sys.path.insert(0, __KFP_EMBEDDED_ASSET_DIR)
"""  # noqa: E501
_FILE_LINE = "__KFP_EMBEDDED_ASSET_FILE = __kfp_os.path.join(__KFP_EMBEDDED_ASSET_DIR, {name!r})\n"


def embedding_source(path: str | Path) -> str:
    """Code that unpacks a file or folder, packed into it, and puts it on the module path.

    Raises:
        CompileError: There is no such file or folder.
    """
    asset = Path(path)
    helper = _HELPER.replace("{archive}", archive_text(asset))
    return helper + _FILE_LINE.format(name=asset.name) if asset.is_file() else helper


def archive_text(asset: Path) -> str:
    """A file or folder as a compressed archive in base64; the same content gives the same text.

    Raises:
        CompileError: There is no such file or folder.
    """
    import base64
    import gzip
    import io
    import tarfile
    import warnings

    if not asset.exists():
        raise CompileError(
            f"There is no file or folder {str(asset)!r} to embed.",
            where=here(),
            remedy="Give a path that exists where the pipeline is compiled.",
        )
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for file in sorted(asset.rglob("*")) if asset.is_dir() else [asset]:
            name = file.relative_to(asset).as_posix() if asset.is_dir() else asset.name
            if "__pycache__" not in file.parts:
                archive.add(file, arcname=name, recursive=False, filter=_anonymous)
    packed = gzip.compress(buffer.getvalue(), mtime=0)
    if len(packed) > _LARGE:
        warnings.warn(
            f"{asset} is {len(packed) / _LARGE:.1f} MB when packed into the component; put large files into the image "
            "or into storage.",
            KfbridgeWarning,
            stacklevel=2,
        )
    return base64.b64encode(packed).decode("ascii")


def _anonymous(entry: TarInfo) -> TarInfo:
    """An archive's entry without its owner and times."""
    return entry.replace(uid=0, gid=0, uname="", gname="", mtime=0, deep=False)
