"""Virtual environments for `packages_to_install`, made once for each set of packages and kept.

They lie under the user's cache folder (``KFBRIDGE_CACHE_DIR``, else ``XDG_CACHE_HOME/kfbridge``, else
``~/.cache/kfbridge``), in ``venvs/<hash>``; it is safe to delete any of them while nothing runs. One that could not be
finished has no ``kfbridge.json`` and is made anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from kfbridge.errors import BackendError

MARKER = "kfbridge.json"  # written last: an environment with it is whole
_PIP_SETTINGS = ("PIP_CONFIG_FILE", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_NO_INDEX")
_PIP_FILES = ("/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf")
_SEEDS = ("pip", "setuptools")  # what an environment made by `python -m venv` brings, and old packages count on
# pip's version, and the files and folders of the seeds; empty without pip.
_FIND_SEEDS = f"""
import json
from importlib.metadata import PackageNotFoundError, distribution
found = []
for name in {_SEEDS}:
    try:
        seed = distribution(name)
    except PackageNotFoundError:
        continue
    tops = sorted({{file.parts[0] for file in seed.files or () if file.parts[0] not in ("..", "__pycache__")}})
    found.append([name, seed.version, [str(seed.locate_file(top)) for top in tops]])
print(json.dumps(found))
"""
_ABOUT = "import sys,sysconfig;print(sys.version,sysconfig.get_platform(),sys.base_prefix,sep='|')"


def cache_folder() -> Path:
    """The folder where kfbridge keeps what it can make again."""
    own = os.environ.get("KFBRIDGE_CACHE_DIR")
    if own:
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kfbridge"


def python_for(
    packages: Sequence[str],
    index_urls: Sequence[str],
    trusted_hosts: Sequence[str],
    base_python: Path,
    log: Path,
    stop: threading.Event | None = None,
) -> Path:
    """The Python of the environment with these packages; makes it when it is not there yet.

    It may be called from many threads and processes at once: one makes the environment, the others wait.

    Args:
        packages: Requirements, as pip takes them; none means the base Python itself.
        index_urls: Package indexes, the main one first; none means the user's own configuration.
        trusted_hosts: Hosts (or URLs of them) to trust without a valid certificate.
        base_python: The Python under the environment.
        log: The file to which the installer's output is appended.
        stop: When it is set, the making ends with an error.

    Raises:
        BackendError: The packages cannot be installed, or the environment cannot be made.
    """
    if not packages:
        return base_python
    folder = cache_folder() / "venvs" / _key(packages, index_urls, base_python)
    python = folder / "bin" / "python"
    if _is_whole(folder):
        return python
    with _lock(folder.with_suffix(".lock")) as lock:
        if not _is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
            maker = _Maker(folder, base_python, log, lock, stop)
            try:
                maker.make(packages, index_urls, trusted_hosts)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
    return python


def _key(packages: Sequence[str], index_urls: Sequence[str], base_python: Path) -> str:
    parts = [sorted({_normal(package) for package in packages}), list(index_urls), _about(base_python)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _normal(package: str) -> str:
    """A requirement in one spelling: a name in lower case with dashes, no spaces; files with their time and size."""
    path = Path(package)
    if path.is_file():
        stat = path.stat()
        return f"{path.resolve()} {stat.st_mtime_ns} {stat.st_size}"
    match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*(?=\s*($|[\[<>=!~;@(]))", package.strip())
    if match is None:
        return package.strip()
    name = re.sub(r"[-_.]+", "-", match[0]).lower()
    rest = package.strip()[match.end() :]
    return name + ("".join(rest.split()) if "'" not in rest and '"' not in rest else " ".join(rest.split()))


@lru_cache
def _about(python: Path) -> str:
    """What tells one Python from another: version, platform, place.

    Raises:
        BackendError: It cannot be run.
    """
    try:
        done = subprocess.run([python, "-I", "-c", _ABOUT], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BackendError(
            f"The Python {python} cannot be started: {error}.",
            remedy="Name another with the target's setting `python`.",
            backend="local",
        ) from error
    return done.stdout.strip()


def _is_whole(folder: Path) -> bool:
    # `exists` follows links: the Python under the environment may have been removed.
    return (folder / MARKER).exists() and (folder / "bin" / "python").exists()


@contextmanager
def _lock(path: Path) -> Iterator[int]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise BackendError(
            f"The cache folder {path.parent} cannot be written: {error.strerror}.",
            remedy="Set KFBRIDGE_CACHE_DIR to a folder that can.",
            backend="local",
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


class _Maker:
    """Makes one environment.

    The installer inherits the lock, so that nobody else begins while one goes on whose kfbridge was killed.
    """

    def __init__(self, folder: Path, base: Path, log: Path, lock: int, stop: threading.Event | None) -> None:
        self.folder = folder
        self.base = base
        self.log = log
        self.lock = lock
        self.stop = stop or threading.Event()
        self.uv = _uv()

    def make(self, packages: Sequence[str], index_urls: Sequence[str], trusted_hosts: Sequence[str]) -> None:
        """Make the environment and install the packages."""
        what = f"The packages {', '.join(packages)} cannot be installed"
        remedy = f"Correct packages_to_install, or the index; the installer's words are in {self.log}."
        install = self._uv_venv(self.uv) if self.uv else self._pip_venv()
        trust = "--allow-insecure-host" if self.uv else "--trusted-host"
        options = ["--index-url", *index_urls[:1]] if index_urls else []
        options += [word for url in index_urls[1:] for word in ("--extra-index-url", url)]
        options += [word for host in trusted_hosts for word in (trust, _host(host))]
        self._run([*install, *options, *packages], what, remedy)
        (self.folder / MARKER).write_text(json.dumps({"packages": list(packages), "base": str(self.base)}), "utf-8")

    def _uv_venv(self, uv: str) -> list[str]:
        """An environment by uv, and the command that installs into it."""
        self._venv([uv, "venv", "--seed", "--python", str(self.base), str(self.folder)])
        return [uv, "pip", "install", "--python", str(self.folder / "bin" / "python")]

    def _pip_venv(self) -> list[str]:
        """An environment by Python's own means, and the command that installs into it.

        What takes ten seconds is to install pip into it. The base Python's pip can do without, and is copied.
        """
        python = str(self.folder / "bin" / "python")
        quiet = ["--disable-pip-version-check", "--no-input"]
        seeds = _seeds(self.base)
        pip = next((version for name, version, _ in seeds if name == "pip"), "0")
        if tuple(map(int, re.findall(r"\d+", pip)[:2])) < (22, 3):  # knows no --python
            self._venv([str(self.base), "-m", "venv", str(self.folder)])
            return [python, "-m", "pip", "install", *quiet]
        self._venv([str(self.base), "-m", "venv", "--without-pip", str(self.folder)])
        for target in self.folder.glob("lib/python*/site-packages"):
            for source in (Path(path) for _, _, paths in seeds for path in paths):
                _copy(source, target / source.name)
        return [str(self.base), "-m", "pip", "--python", python, "install", *quiet]

    def _venv(self, command: list[str]) -> None:
        self._run(command, "A virtual environment cannot be made", f"Look into {self.log}.")

    def _run(self, command: list[str], what: str, remedy: str) -> None:
        with self.log.open("ab") as log:
            start = log.tell()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, pass_fds=(self.lock,)
            )
        while True:
            try:
                code = process.wait(0.1)
                break
            except subprocess.TimeoutExpired:
                if self.stop.is_set():
                    process.terminate()
                    process.wait()
                    raise BackendError(f"{what}: it was cancelled.", backend="local", transient=True) from None
        if code:
            with self.log.open("rb") as log:
                log.seek(start)
                said = last_meaningful(log.read().decode(errors="replace"))
            raise BackendError(f"{what}: {said or f'exit code {code}'}", remedy=remedy, backend="local")


def _seeds(python: Path) -> list[tuple[str, str, list[str]]]:
    """Name, version and paths of the seeds that this Python has."""
    done = subprocess.run([python, "-I", "-c", _FIND_SEEDS], capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else []


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    elif source.exists():
        shutil.copy2(source, target)


def last_meaningful(output: str) -> str:
    """The line of pip's or uv's output that says what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(ERROR|error|Error|\w*Error)\b", line)]
    return (errors or lines or [""])[-1]


def _uv() -> str | None:
    """The uv on the PATH; None where the user has set pip up, for uv does not read pip's settings."""
    set_up = any(name in os.environ for name in _PIP_SETTINGS)
    set_up = set_up or any(Path(name).expanduser().exists() for name in _PIP_FILES)
    return None if set_up else shutil.which("uv")


def _host(text: str) -> str:
    """``host:port`` of a host, or of the URL that KFP puts in its place."""
    return urlsplit(text).netloc.rpartition("@")[2] if "//" in text else text
