"""What a backend does not do yet, or never will: the three markers of a gap table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """A case that a backend is known not to pass.

    The case runs all the same and is expected to fail; when it passes, the build breaks until the gap is taken
    out of the table.

    Attributes:
        kind: ``notimpl``, ``notyet`` or ``never``.
        reason: Why, as a sentence that a user can read.
    """

    kind: str
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"{self.kind}() needs a reason: what is missing, as a user would say it.")

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"


def notimpl(reason: str) -> Gap:
    """The platform could do it; this backend does not do it yet."""
    return Gap("notimpl", reason)


def notyet(reason: str) -> Gap:
    """The platform cannot do it today; a later version of it may."""
    return Gap("notyet", reason)


def never(reason: str) -> Gap:
    """The platform cannot do it, by its nature."""
    return Gap("never", reason)
