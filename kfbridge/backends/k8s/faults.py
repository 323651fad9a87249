"""What an API server says when it says no, as errors."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

from kfbridge.errors import BackendError

_REMEDIES: Final = {
    400: "Correct the setting that the server names.",
    401: "Renew the credentials of the target's context: kubectl --context CONTEXT get pods",
    403: "Ask who manages the namespace for the rights: kfbridge k8s install, and --user NAME for a person's.",
    404: "Make the namespace with: kfbridge k8s install",
    409: "Choose another name, or wait until the old object is gone.",
    413: "The object is too large: pass large values as artifacts.",
    422: "Correct the setting that the server names.",
}


class Refusal(BackendError):
    """The server answered, and the answer is no.

    Args:
        code: The HTTP status.
        cause: The server's own word for it: ``AlreadyExists``, ``Forbidden``; empty where it gives none.
        wait: After how many seconds to ask again, where the server says so.
    """

    def __init__(self, reason: str, code: int, cause: str, *, transient: bool, wait: float | None = None) -> None:
        remedy = _REMEDIES.get(code, "Try again; what the cluster's events say may help: kubectl get events")
        super().__init__(reason, remedy=remedy, backend="k8s", transient=transient)
        self.code = code
        self.cause = cause
        self.wait = wait


def refused(
    method: str, path: str, code: int, text: bytes, retry_after: str | None, passing: Collection[int]
) -> Refusal:
    """The error for an answer of 300 or more.

    Args:
        method: What was asked.
        path: Of what.
        code: The HTTP status.
        text: The body: a ``Status`` object, or whatever a proxy writes.
        retry_after: The header ``Retry-After``.
        passing: The codes after which the same request may succeed.
    """
    status = _status(text)
    said = " ".join(str(status.get("message") or text.decode("utf-8", "replace")).split())[:1_000]
    cause = str(status.get("reason") or "")
    # an object of the server's own storage changed meanwhile, or its namespace is only coming: nothing is wrong with it
    transient = code in passing or (code == 409 and cause == "Conflict")
    wait = float(retry_after) if retry_after and retry_after.isdigit() else None
    what = f"The API server refuses {method} {path}" if code < 500 else f"The API server cannot {method} {path}"
    return Refusal(f"{what} ({code} {cause}): {said}".replace(" )", ")"), code, cause, transient=transient, wait=wait)


def unreachable(path: str, error: Exception) -> BackendError:
    """The error for a connection that could not be made, or broke."""
    return BackendError(
        f"The API server cannot be reached for {path}: {' '.join(str(error).split())[:500]}",
        remedy="See that the cluster runs and the target's context is right: kubectl cluster-info",
        backend="k8s",
        transient=True,
    )


def _status(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
