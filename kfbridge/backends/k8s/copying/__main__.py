"""``python3 -m kfbridge.backends.k8s.copying in|out``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from kfbridge.backends.k8s.copying.arrival import bring
from kfbridge.backends.k8s.copying.departure import take
from kfbridge.backends.k8s.copying.errand import errand_of
from kfbridge.backends.k8s.copying.report import tell
from kfbridge.errors import KfbridgeError, UsageError

_WAYS: Final = {"in": bring, "out": take}


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Copy in one direction; the exit code."""
    try:
        way = _WAYS.get(" ".join(arguments))
        if way is None:
            raise UsageError(
                f"The staging program was called with {list(arguments)!r}.", remedy="Call it with: in, or out."
            )
        way(errand_of(environment))
    except KfbridgeError as error:
        tell(error, environment)
        return 1
    return 0


def _stop(number: int, frame: object) -> None:
    """End at once: the first process of a container is not ended by a signal that it does not handle."""
    os._exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(sys.argv[1:], os.environ))
