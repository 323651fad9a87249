"""One request and all that belongs to it, among others on the same connection; the same on both of its sides."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

from kfbridge.backends.k8s.door.complaint import broken, from_document
from kfbridge.backends.k8s.door.frame import CHUNK, Frame, Kind
from kfbridge.errors import StorageError

WINDOW: Final = 4 << 20
"""Bytes of content that may be under way, or wait at the other side, before it says that it has taken some."""

_SOON: Final = WINDOW // 4  # so much is taken before the other side is told


class Stream:
    """A request's two directions: documents, and content that is sent no faster than it is taken.

    Args:
        number: Its number on the connection.
        post: Sends a frame.
        drop: Tells the other side, at some later time, that nobody is interested any more; never blocks.
        where: What errors name.

    Raises (every method that waits):
        StorageError: The other side refused; or the connection broke, which is transient.
    """

    def __init__(self, number: int, post: Callable[[Frame], None], drop: Callable[[int], None], where: str) -> None:
        self.number = number
        self.cancelled = False
        self._post = post
        self._drop = drop
        self._where = where
        self._change = threading.Condition()
        self._frames: deque[Frame] = deque()
        self._credit = WINDOW
        self._taken = 0
        self._arrived = self._credited = self._described = 0
        self._room = WINDOW  # what the other side may still send
        self._failed: StorageError | None = None
        self._over = False

    @property
    def moved(self) -> int:
        """Bytes of content that have come, or that the other side has taken; documents do not count."""
        return max(0, self._arrived + self._credited - self._described)

    # For the connection ------------------------------------------------------------------------------

    def deliver(self, frame: Frame) -> None:
        """Take a frame that has come for this stream."""
        with self._change:
            if frame.kind is Kind.CREDIT:
                self._credit += frame.document
                self._credited += frame.document
            elif frame.kind is Kind.ERROR:
                self._failed, self._over = from_document(frame.document), True
            elif frame.kind is Kind.CANCEL:
                self._failed, self._over = broken(self._where, "the request was given up"), True
                self.cancelled = True
            else:
                self._over = self._over or frame.kind is Kind.DONE
                self._frames.append(frame)
            if frame.kind is Kind.DATA:
                self._arrived += len(frame.body)
                self._room -= len(frame.body)
            if self._room < 0:
                self._failed = broken(self._where, "more was sent than was asked for")
            self._change.notify_all()

    def fail(self, error: StorageError) -> None:
        """Let everyone who waits know that nothing more will come."""
        with self._change:
            self._failed = self._failed or error
            self._over = True
            self._change.notify_all()

    # For both sides ----------------------------------------------------------------------------------

    def say(self, document: Any) -> None:
        """Send a document."""
        with self._change:
            self._check()
        self._post(Frame.of(Kind.SAY, self.number, document))

    def send(self, data: bytes) -> None:
        """Send content, at most `CHUNK` bytes; waits until the other side has room for it."""
        with self._change:
            while self._credit < len(data) and self._failed is None:
                self._change.wait()
            self._check()
            self._credit -= len(data)
        self._post(Frame(Kind.DATA, self.number, data))

    def hear(self) -> Any:
        """The next document."""
        return self._next(Kind.SAY).document

    def read(self) -> bytes:
        """The next piece of content."""
        data = self._next(Kind.DATA).body
        self._take(len(data))
        return data

    def send_document(self, document: Any) -> None:
        """Send a document of any size."""
        data = json.dumps(document, separators=(",", ":")).encode("ascii")
        self._described += len(data)
        self.say({"bytes": len(data)})
        for start in range(0, len(data), CHUNK):
            self.send(data[start : start + CHUNK])

    def hear_document(self) -> Any:
        """The document that `send_document` sends."""
        size = int(self.hear()["bytes"])
        self._described += size
        data = bytearray()
        while len(data) < size:
            data += self.read()
        return json.loads(data)

    # For the client ----------------------------------------------------------------------------------

    def page(self) -> bytes | None:
        """The next piece of content; None when the stream is done."""
        frame = self._take_frame()
        if frame.kind is Kind.DONE:
            return None
        self._expect(frame, Kind.DATA)
        self._take(len(frame.body))
        return frame.body

    def result(self) -> Any:
        """What the request comes to."""
        return self._next(Kind.DONE).document

    def abandon(self) -> None:
        """Be no longer interested; safe anywhere, also while objects are collected."""
        if not self._over:
            self._drop(self.number)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.abandon()

    # -------------------------------------------------------------------------------------------------

    def _next(self, kind: Kind) -> Frame:
        frame = self._take_frame()
        self._expect(frame, kind)
        return frame

    def _expect(self, frame: Frame, kind: Kind) -> None:
        if frame.kind is not kind:
            raise broken(self._where, f"{frame.kind.name} came where {kind.name} was due")

    def _take_frame(self) -> Frame:
        with self._change:
            while not self._frames and self._failed is None:
                self._change.wait()
            if self._frames:  # what came before the connection broke has come
                return self._frames.popleft()
            raise self._failed or broken(self._where, "it ended")

    def _take(self, size: int) -> None:
        with self._change:
            self._taken += size
            if self._taken < _SOON:
                return
            taken, self._taken = self._taken, 0
            self._room += taken
        self._post(Frame.of(Kind.CREDIT, self.number, taken))

    def _check(self) -> None:
        if self._failed is not None:
            raise self._failed
