"""The images that a target pulls instead of those that a pipeline names."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase


def mapped(image: str, images: Mapping[str, str]) -> str:
    """The image to pull for `image`.

    Args:
        image: What the pipeline says.
        images: ``[targets.NAME.images]``: names, or patterns with ``*``, to images; the first match counts. A ``*`` in
            the image is what one ``*`` in the pattern stood for.
    """
    for pattern, replacement in images.items():
        if pattern == image:
            return replacement
        if "*" in pattern and fnmatchcase(image, _literal(pattern)):
            before, _, after = pattern.partition("*")
            whole = "*" not in after
            return replacement.replace("*", image[len(before) : len(image) - len(after)]) if whole else replacement
    return image


def _literal(pattern: str) -> str:
    """The pattern with nothing special in it but ``*``."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
