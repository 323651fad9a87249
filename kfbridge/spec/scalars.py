"""What a scalar of YAML 1.1 stands for: the rules of PyYAML, on which KFP's own reader rests.

Two exceptions: a timestamp stays the text it is, since the spec has no such type, and keys of mappings are
always text.
"""

from __future__ import annotations

from typing import Any

from yaml import ScalarNode
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import Resolver

_TAG = "tag:yaml.org,2002:"
_CONSTRUCTOR = SafeConstructor()
_CONSTRUCT = {
    f"{_TAG}int": SafeConstructor.construct_yaml_int,
    f"{_TAG}float": SafeConstructor.construct_yaml_float,
    f"{_TAG}bool": SafeConstructor.construct_yaml_bool,
    f"{_TAG}null": SafeConstructor.construct_yaml_null,
}
_TEXT = (f"{_TAG}str", f"{_TAG}timestamp", f"{_TAG}value", f"{_TAG}merge", "!")
_WORDS = {"true": True, "false": False, "null": None}
# first character -> the types that can start with it, each with its pattern
_RESOLVERS: dict[str, list[tuple[str, Any]]] = Resolver.yaml_implicit_resolvers

COLLECTIONS = {None, "!", f"{_TAG}map", f"{_TAG}seq"}
"""The tags that a mapping or list may carry."""


def plain(value: str) -> Any:
    """What a scalar written without quotes stands for.

    Raises:
        ValueError: for a number that cannot be read.
    """
    candidates = _RESOLVERS.get(value[:1])
    if candidates is None:
        return value
    if value in _WORDS:
        return _WORDS[value]
    for tag, pattern in candidates:
        if pattern.match(value):
            return tagged(tag, value)
    return value


def tagged(tag: str, value: str) -> Any:
    """What a scalar with an explicit tag stands for.

    Raises:
        ValueError: for a tag that plain data does not have, and for text that does not fit the tag.
    """
    if tag in _TEXT:
        return value
    if tag not in _CONSTRUCT:
        raise ValueError(f'the tag "{short_tag(tag)}", which is not plain data')
    try:
        return _CONSTRUCT[tag](_CONSTRUCTOR, ScalarNode(tag, value))
    except (ValueError, KeyError, IndexError, OverflowError, ConstructorError):
        shown = value if len(value) <= 40 else f"{value[:40]}..."
        raise ValueError(f"{shown!r} is not a value of the type {short_tag(tag)}") from None


def short_tag(tag: str) -> str:
    """A tag as people write it: ``!!int``."""
    return f"!!{tag[len(_TAG) :]}" if tag.startswith(_TAG) else tag
