"""The form in which a component shows its compiled documents: kfbridge's models, or the messages that KFP shows.

Code that was written for KFP takes ``component.pipeline_spec`` for a protobuf message (google-cloud-pipeline-components
does); while such code is served (`kfbridge.aliases`), it gets one, where the messages' package is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Maker = Callable[[str, Mapping[str, Any]], Any]
"""Makes a message (``PipelineSpec``) of a document in JSON form; None where it cannot."""

_maker: Maker | None = None


def set_maker(maker: Maker | None) -> None:
    """What makes messages from now on; None: nothing does."""
    global _maker
    _maker = maker


def message(name: str, document: Mapping[str, Any]) -> Any:
    """A document as the message `name`, or None where models are wanted."""
    return None if _maker is None else _maker(name, document)
