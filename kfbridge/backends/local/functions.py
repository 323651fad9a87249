"""Python functions: which Python runs one, and from which file."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from kfbridge.backends.local.interpreters import default_python
from kfbridge.backends.local.venvs import python_for
from kfbridge.graph.model import Container
from kfbridge.spec.boot import PythonBoot, read_boot

_MAKERS = 4  # environments that are made at once

MODULE = "ephemeral_component.py"
"""What KFP calls the file with a function's source, and so what tracebacks and pickles show."""


def function_of(container: Container) -> PythonBoot | None:
    """The Python function that a container runs, if it can be run without the container.

    A function whose code lies in the image, or whose install script does more than install packages, cannot.
    """
    boot = read_boot(container.command, container.args)
    return boot if boot is not None and boot.source is not None and not boot.unknown else None


class Sources:
    """The source files of a run's functions, each written once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[str, Path] = {}

    def path(self, source: str) -> Path:
        """The file with this text.

        Raises:
            OSError: It cannot be written.
        """
        found = self._written.get(source)
        if found is None:
            digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            found = self._folder / digest / MODULE
            found.parent.mkdir(parents=True, exist_ok=True)
            draft = found.with_name(f".{os.getpid()}.py")
            draft.write_text(source, encoding="utf-8", errors="surrogatepass")
            draft.replace(found)
            self._written[source] = found
        return found


class Pythons:
    """The interpreters for sets of packages; making an environment happens in a thread, once for each set.

    Args:
        base: The Python for functions without packages, and under the environments of the others.
        wake: Called, in any thread, when an environment is ready or could not be made.
    """

    def __init__(self, base: str | None, wake: Callable[[], None]) -> None:
        self._base = Path(base) if base else default_python()
        self._wake = wake
        self._made: dict[Hashable, Future[Path]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._stop = threading.Event()

    def python(self, boot: PythonBoot, log: Path) -> Future[Path]:
        """The Python for a function; pip's words go to `log`, of the step that asks first.

        The result is a path, or the BackendError that says why the environment could not be made.
        """
        key = (boot.packages, boot.index_urls, boot.trusted_hosts)
        if key not in self._made:
            self._made[key] = self._ready() if not boot.packages else self._make(boot, log)
        return self._made[key]

    def close(self) -> None:
        """Wait for nothing; what is being made is given up."""
        self._stop.set()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _ready(self) -> Future[Path]:
        ready: Future[Path] = Future()
        ready.set_result(self._base)
        return ready

    def _make(self, boot: PythonBoot, log: Path) -> Future[Path]:
        self._pool = self._pool or ThreadPoolExecutor(_MAKERS, thread_name_prefix="environments")
        made = self._pool.submit(
            python_for, boot.packages, boot.index_urls, boot.trusted_hosts, self._base, log, self._stop
        )
        made.add_done_callback(lambda _: self._wake())
        return made
