"""Reading a text file while another process appends to it, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 16
LONGEST_LINE = 1 << 16  # bytes; a longer line comes in pieces
FLOOD = 1 << 20  # bytes; a reader that is further behind is given the end only, when it asks for that


class Tail:
    """The lines of a growing file, each once, without their ends.

    Args:
        path: The file; it need not exist yet.
        brief: Leave out what lies more than `FLOOD` bytes back, and say so in a line of its own.
    """

    def __init__(self, path: Path, brief: bool = False) -> None:
        self.path = path
        self.brief = brief
        self._file: int | None = None
        self._rest = b""

    def read(self) -> Iterator[str]:
        """The whole lines that were added since the last call."""
        if self._file is None:
            try:
                self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                return
        end = os.fstat(self._file).st_size  # not beyond: a file that grows as fast as it is read has no end
        if self.brief:
            yield from self._skip(end)
        while (left := end - os.lseek(self._file, 0, os.SEEK_CUR)) > 0 and (
            data := os.read(self._file, min(CHUNK, left))
        ):
            *lines, self._rest = (self._rest + data).split(b"\n")
            yield from map(_text, lines)
            if len(self._rest) > LONGEST_LINE:
                yield _text(self._rest)
                self._rest = b""

    def close(self) -> Iterator[str]:
        """What is left: whole lines, then a last one without an end."""
        yield from self.read()
        if self._rest:
            yield _text(self._rest)
            self._rest = b""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _skip(self, end: int) -> Iterator[str]:
        assert self._file is not None
        here = os.lseek(self._file, 0, os.SEEK_CUR)
        left_out = end - here - CHUNK
        if end - here <= FLOOD:
            return
        os.lseek(self._file, end - CHUNK, os.SEEK_SET)
        os.read(self._file, _to_next_line(self._file))
        self._rest = b""
        yield f"... {left_out / 1e6:.1f} MB left out; all of it is in {self.path}"


def lines(path: Path) -> Iterator[str]:
    """Every line of a file as it is now; none when there is no file."""
    return Tail(path).close()


def _to_next_line(file: int) -> int:
    """How many bytes of the line lie ahead in which the file stands; 0 when its end is not near."""
    ahead = os.pread(file, CHUNK, os.lseek(file, 0, os.SEEK_CUR))
    return ahead.find(b"\n") + 1


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")
