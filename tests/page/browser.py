"""Headless Chromium: a page as it is after its scripts ran, and as a picture."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
_VOID = frozenset({"meta", "br", "input", "link", "hr", "img"})


def chromium() -> str:
    """The browser; the test is skipped where there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    pytest.skip("there is no Chromium here: apt-get install chromium")


def dump(page: Path, fragment: str = "", width: int = 1400) -> Element:
    """The document of a page once its scripts have run, with a task's path as its fragment."""
    return parse(_run(page, fragment, width, "--dump-dom"))


def picture(page: Path, file: Path, fragment: str = "", width: int = 1400, height: int = 1000) -> bytes:
    """A screenshot (PNG)."""
    _run(page, fragment, width, f"--screenshot={file}", height)
    return file.read_bytes()


def _run(page: Path, fragment: str, width: int, action: str, height: int = 1000) -> str:
    browser = chromium()
    with tempfile.TemporaryDirectory() as profile:
        command = [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            "--virtual-time-budget=3000",
            action,
            f"{page.as_uri()}#{quote(fragment, safe='')}",
        ]
        done = subprocess.run(command, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode()


class Element:
    """An element of a document; `text` is all text in it."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element | str] = []

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def every(self, name: str = "", **wanted: str) -> list[Element]:
        """The elements below with that name and those attributes; of ``class_`` one word is enough."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if name in ("", child.name) and all(child.has(key, value) for key, value in wanted.items()):
                    found.append(child)
                found += child.every(name, **wanted)
        return found

    def one(self, name: str = "", **wanted: str) -> Element:
        [found] = self.every(name, **wanted)
        return found

    def has(self, key: str, value: str) -> bool:
        if key == "class_":
            return value in self.attributes.get("class", "").split()
        return self.attributes.get(key.replace("_", "-")) == value


def parse(document: str) -> Element:
    """The tree of an HTML document."""
    parser = _Parser()
    parser.feed(document)
    return parser.root


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        names = [element.name for element in self._open]
        if tag in names:
            del self._open[len(names) - 1 - names[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)
