"""What Vertex AI's API answers when it does not do what it is asked: again later, or an error for the user."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from kfbridge.errors import BackendError

Answer = TypeVar("Answer")

TRANSIENT: Final = frozenset(
    {"RESOURCE_EXHAUSTED", "UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "ABORTED", "UNKNOWN"}
)
"""Codes of ``google.rpc.Code`` after which the same call may succeed."""
_PERMISSION: Final = re.compile(r"[Pp]ermission '?([a-zA-Z]+\.[\w.]+)'?")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call is tried again. Seconds.

    Attributes:
        deadline: From the first try to the start of the last one.
        first: The wait after the first failure; it doubles from then on.
        longest: The longest wait.
    """

    deadline: float = 300.0
    first: float = 1.0
    longest: float = 30.0

    def waits(self) -> Iterator[float]:
        """The waits, each shortened by chance by up to a half, so that many clients do not come at once."""
        wait = self.first
        while True:
            yield wait * random.uniform(0.5, 1.0)
            wait = min(wait * 2, self.longest)


def persistently(call: Callable[[], Answer], patience: Patience, what: str, account: str) -> Answer:
    """The answer of a call to Google's API, which is made again after transient faults until the deadline.

    Args:
        call: The call; safe to be made twice.
        patience: For how long.
        what: What is done, for messages: ``create the run a``.
        account: Whose rights count, for messages.

    Raises:
        BackendError: The platform says no, or nothing until the deadline (then it is transient).
        google.api_core.exceptions.NotFound, AlreadyExists: As they are; they are answers.
    """
    from google.api_core import exceptions

    begun = time.monotonic()
    for tries, wait in enumerate(patience.waits(), start=1):
        try:
            return call()
        except (exceptions.NotFound, exceptions.AlreadyExists):
            raise
        except exceptions.GoogleAPICallError as error:
            if _code(error) not in TRANSIENT:
                raise _refused(error, what, account) from error
            if time.monotonic() + wait - begun > patience.deadline:
                raise _gave_up(error, what, tries) from error
        time.sleep(wait)
    raise AssertionError("waits never end")


def _code(error: Any) -> str:
    found = error.grpc_status_code
    return found.name if found is not None else "UNKNOWN"


def _refused(error: Any, what: str, account: str) -> BackendError:
    code = _code(error)
    if code == "PERMISSION_DENIED":
        return _forbidden(error.message, what, account)
    if code == "UNAUTHENTICATED":
        return BackendError(
            f"Vertex AI does not know who wants to {what}: {_sentence(error.message)}.",
            remedy="Log in with: gcloud auth application-default login",
            backend="vertex",
        )
    return BackendError(
        f"Vertex AI refused to {what} ({code}): {_sentence(error.message)}.",
        remedy="Correct what it names; `kfbridge doctor` looks at the target.",
        backend="vertex",
    )


def _forbidden(message: str, what: str, account: str) -> BackendError:
    found = _PERMISSION.search(message)
    missing = found[1] if found else ""
    if "actAs" in message:
        remedy = f"Give {account} the role roles/iam.serviceAccountUser on the target's service_account."
    elif missing.startswith("aiplatform."):
        remedy = f"Give {account} the role roles/aiplatform.user in the project, or another with {missing}."
    else:
        remedy = f"Give {account} a role that has {missing or 'the permission that the message names'}."
    said = f"the permission {missing}" if missing else "a permission"
    return BackendError(
        f"{account[:1].upper()}{account[1:]} lacks {said}, which is needed to {what}: {_sentence(message)}.",
        remedy=remedy,
        backend="vertex",
    )


def _gave_up(error: Any, what: str, tries: int) -> BackendError:
    quota = _code(error) == "RESOURCE_EXHAUSTED"
    remedy = "Wait, or have the quota raised: IAM and Admin, Quotas, aiplatform.googleapis.com." if quota else None
    return BackendError(
        f"Vertex AI did not {what} in {tries} tries ({_code(error)}): {_sentence(error.message)}.",
        remedy=remedy or "Try again later.",
        backend="vertex",
        transient=True,
    )


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".") or "no reason given"
