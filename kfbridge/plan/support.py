"""How a backend supports one thing: the level, the reason and the remedy."""

from __future__ import annotations

from dataclasses import dataclass

from kfbridge.findings import Level


@dataclass(frozen=True, slots=True)
class Support:
    """The answer of a backend to one feature.

    `reason` says how it is done, or why not; it may be empty for what is simply there. `remedy` is what the user can do
    about a refusal. `loss` marks a refusal that can be accepted: the pipeline makes sense without it. `source` is where
    a fact about the provider comes from (a document, an API version), for the reader of the table.
    """

    level: Level
    reason: str = ""
    remedy: str = ""
    loss: bool = False
    source: str = ""


def native(reason: str = "", *, source: str = "") -> Support:
    """The platform has it."""
    return Support(Level.NATIVE, reason, source=source)


def rewritten(reason: str, *, source: str = "") -> Support:
    """Said in other words of the platform, with the same meaning."""
    return Support(Level.REWRITTEN, reason, source=source)


def driven(reason: str = "", *, source: str = "") -> Support:
    """Done by kfbridge's engine."""
    return Support(Level.DRIVEN, reason, source=source)


def refused(reason: str, remedy: str, *, loss: bool = False, source: str = "") -> Support:
    """Not possible; with `loss`, the pipeline can run without it if the user says so."""
    return Support(Level.REFUSED, reason, remedy, loss, source)
