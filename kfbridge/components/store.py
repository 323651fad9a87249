"""A collection of component files, in folders and at web addresses, from which components are taken by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from kfbridge.components import loaders
from kfbridge.errors import UsageError

if TYPE_CHECKING:
    from kfbridge.components.fetch import Auth
    from kfbridge.dsl.yaml_component import YamlComponent

FILE_NAME: Final = "component.yaml"
DIGESTS: Final = "versions/sha256"
TAGS: Final = "versions/tags"


class ComponentStore:
    """Finds components by name in folders and below URLs.

    The component called ``text/split`` lies in ``text/split/component.yaml``; a version of it in
    ``text/split/versions/tags/TAG`` or ``text/split/versions/sha256/DIGEST``.

    Args:
        local_search_paths: Folders to look in, first to last; the working directory when left out.
        url_search_prefixes: Beginnings of URLs (``https://...``, ``file://...``), tried after the folders.
        auth: A user and password for the URLs, or something that sets the headers of a request.
    """

    def __init__(
        self,
        local_search_paths: Sequence[str | Path] | None = None,
        url_search_prefixes: Sequence[str] | None = None,
        auth: Auth | None = None,
    ) -> None:
        paths = ["."] if local_search_paths is None else local_search_paths
        self.local_search_paths = [Path(path) for path in paths]
        self.url_search_prefixes = [f"{prefix.rstrip('/')}/" for prefix in url_search_prefixes or ()]
        self._auth = auth

    def load_component(self, name: str, digest: str | None = None, tag: str | None = None) -> YamlComponent:
        """The component called `name`.

        Args:
            name: Its folder below a search path, ``group/component``.
            digest: The SHA-256 of its file, in hexadecimal; a file with another content is refused.
            tag: The version.

        Raises:
            UsageError: It is nowhere, or both a digest and a tag were given.
            SpecError: Its file is not a component.
        """
        if digest and tag:
            raise UsageError("A component is asked for by digest or by tag, not both.", remedy="Leave one out.")
        text, source = self._find(name, _place(name, digest, tag))
        if digest and hashlib.sha256(text.encode()).hexdigest() != digest.lower():
            raise UsageError(
                f"The component {name!r} is not the one with the digest {digest}.",
                where=source,
                remedy="The file was changed after it was published; correct the digest or restore the file.",
            )
        return loaders.load_component_from_text(text, source=source)

    def load_component_from_file(self, path: str | Path) -> YamlComponent:
        """The component in the file `path`, which stands alone or below one of the search paths."""
        candidates = [Path(path), *(folder / path for folder in self.local_search_paths)]
        found = next((candidate for candidate in candidates if candidate.is_file()), Path(path))
        return loaders.load_component_from_file(found)

    def load_component_from_url(self, url: str) -> YamlComponent:
        """The component at `url`, asked for with the store's `auth`."""
        return loaders.load_component_from_url(url, auth=self._auth)

    def search(self, name: str = "") -> list[str]:
        """Names of the components in the local folders that hold `name`, sorted.

        What lies below a URL cannot be listed.
        """
        return sorted({found for found in self._names() if name.lower() in found.lower()})

    def _names(self) -> Iterator[str]:
        for folder in self.local_search_paths:
            for file in folder.rglob(FILE_NAME):
                yield file.parent.relative_to(folder).as_posix()

    def _find(self, name: str, place: PurePosixPath) -> tuple[str, str]:
        from kfbridge.components.fetch import NotThere, fetch
        from kfbridge.spec.read import read_file_text

        tried: list[str] = []
        for folder in self.local_search_paths:
            path = folder / place
            tried.append(str(path))
            if path.is_file():
                return read_file_text(path), str(path)
        for prefix in self.url_search_prefixes:
            url = f"{prefix}{place}"
            tried.append(url)
            try:
                return fetch(url, self._auth), url
            except NotThere:
                continue
        raise _nowhere(name, tried, self.search())


def _place(name: str, digest: str | None, tag: str | None) -> PurePosixPath:
    for what in (name, digest or "x", tag or "x"):
        path = PurePosixPath(what)
        if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in what:
            raise UsageError(f"{what!r} does not name a component of a store.", remedy="Name it as group/component.")
    if digest:
        return PurePosixPath(name, DIGESTS, digest)
    return PurePosixPath(name, TAGS, tag) if tag else PurePosixPath(name, FILE_NAME)


def _nowhere(name: str, tried: Iterable[str], known: Sequence[str]) -> UsageError:
    from difflib import get_close_matches

    places = "".join(f"\n    {place}" for place in tried)
    near = get_close_matches(name, known, n=1)
    remedy = f"Did you mean {near[0]!r}?" if near else "Correct the name, or add the place to the store."
    return UsageError(f"The component {name!r} was not found. Looked for:{places}", remedy=remedy)
