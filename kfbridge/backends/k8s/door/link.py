"""A connection between a client and a doorkeeper, which many requests share."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from kfbridge.backends.k8s.door.complaint import broken
from kfbridge.backends.k8s.door.frame import Decoder, Frame, Kind
from kfbridge.backends.k8s.door.stream import Stream
from kfbridge.backends.k8s.door.wire import Wire
from kfbridge.errors import StorageError

BEAT: Final = 10.0  # seconds; so often each side says that it lives, which proxies on the way like to see, too
SILENCE: Final = 40.0  # seconds without a byte, after which the other side is taken for dead

Serve = Callable[[Stream, Any], None]
"""Answers a request: its stream, and what is asked for."""


class Link:
    """Frames over a wire, sorted by the streams that they belong to.

    Args:
        wire: What carries them.
        where: What errors name.
        serve: At the doorkeeper: called in a thread of its own for each request.
        beat: Seconds between two signs of life.
        silence: Seconds without one, after which the link is broken.
    """

    def __init__(
        self, wire: Wire, where: str, serve: Serve | None = None, *, beat: float = BEAT, silence: float = SILENCE
    ) -> None:
        self.wire = wire
        self.broken: StorageError | None = None
        self._where = where
        self._serve = serve
        self._beat, self._silence = beat, silence
        self._sending = threading.Lock()
        self._state = threading.Lock()
        self._streams: dict[int, Stream] = {}
        self._numbers = itertools.count(1)
        self._dropped: deque[int] = deque()
        self._greetings: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._heard = time.monotonic()
        self._ended = threading.Event()
        for work in (self._receive, self._live):
            threading.Thread(target=work, name=f"kfbridge-door-{work.__name__.strip('_')}", daemon=True).start()

    def greet(self, document: Any) -> None:
        """Say hello."""
        self._post(Frame.of(Kind.HELLO, 0, document))

    def greeting(self, seconds: float) -> Any:
        """The hello of the other side.

        Raises:
            StorageError: None came: the link is broken.
        """
        try:
            found = self._greetings.get(timeout=seconds)
        except queue.Empty:
            self.close(f"there was no answer for {seconds:.0f} seconds")
            found = None
        if found is None:
            raise self.broken or broken(self._where, "it ended")
        return found

    def open(self, request: Any) -> Stream:
        """Begin a request.

        Raises:
            StorageError: The link is broken, which is transient.
        """
        with self._state:
            if self.broken is not None:
                raise self.broken
            stream = self._made(next(self._numbers))
        self._post(Frame.of(Kind.OPEN, stream.number, request))
        return stream

    def finish(self, stream: Stream, kind: Kind, document: Any) -> None:
        """End a stream with its result, or with what went wrong."""
        with self._state:
            self._streams.pop(stream.number, None)
        self._post(Frame.of(kind, stream.number, document))

    def flush(self) -> None:
        """Tell the other side at once what has been given up."""
        if self._dropped:
            with suppress(StorageError):  # a broken link has given up everything
                self._post(Frame(Kind.BEAT))

    def wait(self) -> None:
        """Until the link is broken."""
        self._ended.wait()

    def close(self, why: str = "it was closed") -> None:
        """Break the link: everyone who waits on it is told."""
        with self._state:
            self.broken = self.broken or broken(self._where, why)
            streams, self._streams = list(self._streams.values()), {}
        for stream in streams:
            stream.fail(self.broken)
        self._greetings.put(None)
        self._ended.set()
        self.wire.close()

    # -------------------------------------------------------------------------------------------------

    def _made(self, number: int) -> Stream:
        self._streams[number] = stream = Stream(number, self._post, self._dropped.append, self._where)
        return stream

    def _post(self, frame: Frame) -> None:
        try:
            with self._sending:
                with suppress(IndexError):  # the last one
                    while True:
                        self._write_cancel(self._dropped.popleft())
                self.wire.write(frame.encode())
        except OSError as error:
            self.close(_text(error))
            raise self.broken or broken(self._where, _text(error)) from error

    def _write_cancel(self, number: int) -> None:
        with self._state:
            self._streams.pop(number, None)
        self.wire.write(Frame(Kind.CANCEL, number).encode())

    def _receive(self) -> None:
        decoder = Decoder()
        try:
            while data := self.wire.read():
                self._heard = time.monotonic()
                for frame in decoder.feed(data):
                    self._route(frame)
            why = "it ended" if decoder.between else "it ended in the middle of a message"
        except (OSError, ValueError) as error:
            why = _text(error)
        self.close(why)

    def _route(self, frame: Frame) -> None:
        if frame.kind is Kind.HELLO:
            self._greetings.put(frame.document)
        elif frame.kind is Kind.OPEN and self._serve is not None:
            with self._state:
                stream = self._made(frame.stream)
            work = threading.Thread(target=self._serve, args=(stream, frame.document), daemon=True)
            work.start()
        elif frame.kind is not Kind.BEAT:
            ends = frame.kind in (Kind.DONE, Kind.ERROR, Kind.CANCEL)
            with self._state:
                found = self._streams.pop(frame.stream, None) if ends else self._streams.get(frame.stream)
            if found is not None:  # else it has been given up meanwhile
                found.deliver(frame)

    def _live(self) -> None:
        while not self._ended.wait(self._beat):
            silent = time.monotonic() - self._heard
            if silent > self._silence:
                self.close(f"nothing came for {silent:.0f} seconds")
            else:
                with suppress(StorageError):  # the link is closed then, and everyone told
                    self._post(Frame(Kind.BEAT))


def _text(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
