"""How a staging container tells of its failure: to people in its log, to the runner in its termination message."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kfbridge.errors import KfbridgeError

TERMINATION_LOG: Final = "KFBRIDGE_TERMINATION_LOG"
"""The variable that names another file than the kubelet's own, for tests."""

_PLACE: Final = "/dev/termination-log"
_LONGEST: Final = 4096  # bytes: Kubernetes documentation, Determine the Reason for Pod Failure
_CUT: Final = " …"


def tell(error: KfbridgeError, environment: Mapping[str, str]) -> None:
    """Tell of a failure on standard error, and as the termination message."""
    print(f"kfbridge: {error}", file=sys.stderr, flush=True)
    place = Path(environment.get(TERMINATION_LOG) or _PLACE)
    try:
        place.write_bytes(termination_message(error))
    except OSError as fault:
        print(f"kfbridge: {place} cannot be written: {fault.strerror}", file=sys.stderr, flush=True)


def termination_message(error: KfbridgeError) -> bytes:
    """``{"type", "message", "transient"}`` in at most 4,096 bytes, the message cut where that is needed."""
    message = str(error)
    data = _encoded(error, message)
    while len(data) > _LONGEST:
        kept = len(message) - max(1, (len(data) - _LONGEST) // 6)  # a character takes six bytes at most
        message = message[:kept].removesuffix(_CUT)
        data = _encoded(error, message + _CUT)
    return data


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Let an error say what could not be done, before why.

    Raises:
        KfbridgeError: The same error.
    """
    try:
        yield
    except KfbridgeError as error:
        error.reason = f"{what}: {error.reason}"
        raise


def say(line: str) -> None:
    """Put a line into the container's log."""
    print(f"kfbridge: {line}", flush=True)


def _encoded(error: KfbridgeError, message: str) -> bytes:
    told = {"type": type(error).__name__, "message": message, "transient": error.transient}
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "backslashreplace")
