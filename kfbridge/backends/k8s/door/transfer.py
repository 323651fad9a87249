"""The content of files over a stream: begun where an earlier attempt ended, compared at its end.

Who receives tells what it has already, by size and checksum. If that is how the content begins, what follows is sent,
else all of it. Both sides compute the checksum of the whole content, and the receiver compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from kfbridge.backends.k8s.door.frame import CHUNK
from kfbridge.backends.k8s.door.stream import Stream
from kfbridge.errors import StorageError
from kfbridge.storage.digests import Running
from kfbridge.storage.errors import DamagedError
from kfbridge.storage.lane import Counter

_KIND: Final = "md5"
_READ: Final = 1 << 20


@dataclass(slots=True)
class Part:
    """What there is of a content already: so many bytes, and their checksum so far."""

    size: int = 0
    running: Running = field(default_factory=lambda: Running(_KIND))

    def to_document(self) -> dict[str, Any]:
        """As plain data, for the sender."""
        return {"size": self.size, "md5": self.running.checksum().value}


def part_of(path: Path, longest: int | None = None) -> Part:
    """What there is in a file; nothing where it is not there, or longer than it may be.

    Raises:
        OSError: It cannot be read.
    """
    part = Part()
    if not path.is_file() or (longest is not None and path.stat().st_size > longest):
        return part
    with path.open("rb") as file:
        while data := file.read(_READ):
            part.running.update(data)
            part.size += len(data)
    return part


@dataclass(frozen=True, slots=True)
class Content:
    """A file to send.

    Attributes:
        file: It, open.
        size: Its size.
        where: What errors name.
    """

    file: BinaryIO
    size: int
    where: str


def send(
    stream: Stream, content: Content, head: Mapping[str, Any], have: Mapping[str, Any] | None, counter: Counter
) -> None:
    """Send a content.

    Args:
        stream: Where to.
        content: The content.
        head: What the receiver is told of it.
        have: What the receiver has of it, as `Part.to_document` says it; None: nothing.
        counter: Hears of the bytes.

    Raises:
        StorageError: It ends before its size, or the receiver refuses it; or the connection broke (transient).
        OSError: It cannot be read.
    """
    start, running = _common(content, have)
    stream.say({**head, "size": content.size, "from": start})
    counter.sent(start)
    left = content.size - start
    while left:
        data = content.file.read(min(CHUNK, left))
        if not data:
            raise StorageError(
                f"It has become shorter than {content.size} bytes while it was read.",
                where=content.where,
                remedy="Try again when nothing writes there.",
            )
        running.update(data)
        stream.send(data)
        counter.sent(len(data))
        left -= len(data)
    stream.say({"md5": running.checksum().value})


def receive(stream: Stream, head: Mapping[str, Any], file: BinaryIO, part: Part, where: str, counter: Counter) -> None:
    """Take what `send` sends.

    Args:
        stream: Where it comes from.
        head: What `send` said first.
        file: Where it is written, open for reading and writing; what is in it counts as far as `part` goes.
        part: What was said to be there; counts on, so that another attempt can go on with it.
        where: What errors name.
        counter: Hears of the bytes.

    Raises:
        DamagedError: What came is not what was sent; nothing of it is kept.
        StorageError: The sender gave up; or the connection broke (transient).
        OSError: It cannot be written.
    """
    if head["from"] != part.size:
        part.size, part.running = 0, Running(_KIND)
    file.seek(part.size)
    file.truncate()
    counter.sent(part.size)
    while part.size < head["size"]:
        data = stream.read()
        file.write(data)
        part.running.update(data)
        part.size += len(data)
        counter.sent(len(data))
    told = stream.hear()["md5"]
    if part.size != head["size"] or told != part.running.checksum().value:
        part.size, part.running = 0, Running(_KIND)
        file.seek(0)
        file.truncate()
        raise DamagedError(
            "What came is not what was sent: its size or its checksum is another.",
            where=where,
            remedy="Try again; if it stays so, a network or a disk on the way is broken.",
        )


def _common(content: Content, have: Mapping[str, Any] | None) -> tuple[int, Running]:
    """How much of the content the receiver has, and the checksum of that; the file stands behind it."""
    running = Running(_KIND)
    content.file.seek(0)
    if not have or not 0 < have["size"] <= content.size:
        return 0, running
    left = have["size"]
    while left and (data := content.file.read(min(_READ, left))):
        running.update(data)
        left -= len(data)
    if not left and running.checksum().value == have["md5"]:
        return have["size"], running
    content.file.seek(0)
    return 0, Running(_KIND)
