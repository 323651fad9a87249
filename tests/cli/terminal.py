"""A terminal as far as the display uses one: enough to see what a person would see."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\x1b\[(\?25[lh]|\d*[FJK]|[\d;]*m)|\n|\r|([^\x1b\n\r]+)")


class Terminal:
    """The screen as a list of lines, after everything written to it; unknown control sequences fail the test."""

    def __init__(self) -> None:
        self.lines: list[str] = [""]
        self.row = 0
        self.cursor = True
        self.isatty = lambda: True
        self.encoding = "utf-8"
        self.written = 0

    def write(self, text: str) -> int:
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            assert token, f"an unknown control sequence: {text[at : at + 20]!r}"
            at = token.end()
            self._take(token)
        self.written += len(text)
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""

    def _take(self, token: re.Match[str]) -> None:
        control, plain = token.groups()
        if plain is not None:
            self.lines[self.row] += plain
        elif control is None:
            self._newline(token.group())
        elif control.endswith("F"):
            self.row -= int(control[:-1])
            assert self.row >= 0, "the cursor left the top of the screen"
        elif control == "J":
            del self.lines[self.row + 1 :]
            self.lines[self.row] = ""
        elif control == "2K":
            self.lines[self.row] = ""
        elif control.startswith("?25"):
            self.cursor = control == "?25h"

    def _newline(self, character: str) -> None:
        if character == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
