"""The connection of a client to a doorkeeper: made when it is needed, and anew when it broke."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from typing import Any, Final

from kfbridge import __version__
from kfbridge.backends.k8s.door.complaint import broken
from kfbridge.backends.k8s.door.frame import PROTOCOL
from kfbridge.backends.k8s.door.link import Link
from kfbridge.backends.k8s.door.wire import Wire
from kfbridge.errors import StorageError

_HELLO: Final = 30.0  # seconds until the doorkeeper answers: it has a Python to start


class Dialler:
    """Gives the one connection that all threads of a client share.

    Args:
        connect: Starts a doorkeeper.
        root: The URI of the folder that it looks after.
    """

    def __init__(self, connect: Callable[[], Wire], root: str) -> None:
        self._connect = connect
        self._root = root
        self._process = os.getpid()
        self._client = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._link: Link | None = None

    def dial(self) -> Link:
        """The connection.

        Raises:
            StorageError: It cannot be made; or the doorkeeper is of another version of kfbridge, or is none.
        """
        with self._lock:
            if self._process != os.getpid():  # a fork: threads stayed behind, and the connection is the parent's
                self._process, self._client, self._link = os.getpid(), secrets.token_hex(8), None
            if self._link is None or self._link.broken is not None:
                self._link = None
                self._link = self._met(self._connect())
            return self._link

    def close(self) -> None:
        """Give the connection up."""
        with self._lock:
            link, self._link = self._link, None
        if link is not None:
            link.close()

    def _met(self, wire: Wire) -> Link:
        link = Link(wire, self._root)
        try:
            link.greet({"protocol": PROTOCOL, "kfbridge": __version__, "client": self._client, "root": self._root})
            hello = link.greeting(_HELLO)
        except StorageError as error:
            words = wire.last_words()
            if not words.text:
                raise
            if words.hopeless:
                raise self._speechless(words.text) from error
            raise broken(self._root, words.text.rstrip(".")) from error
        if hello.get("protocol") != PROTOCOL:
            link.close()
            raise self._other(hello)
        return link

    def _speechless(self, text: str) -> StorageError:
        return StorageError(
            f"The doorkeeper cannot run in the door's image: {text.rstrip('.')}.",
            where=self._root,
            remedy=f"Set runtime_image to an image with python3 and kfbridge {__version__}.",
        )

    def _other(self, hello: Any) -> StorageError:
        return StorageError(
            f"The door's image has kfbridge {hello.get('kfbridge')}, which speaks version {hello.get('protocol')} of "
            f"the doors' protocol; this is kfbridge {__version__}, which speaks version {PROTOCOL}.",
            where=self._root,
            remedy=f"Set runtime_image to an image with kfbridge {__version__}, or install the image's version here.",
        )
