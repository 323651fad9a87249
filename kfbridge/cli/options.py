"""Options that several verbs share, and the reading of ``name=value``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import click

from kfbridge.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

_TARGET = (
    click.option("-t", "--target", metavar="NAME", help="The target of kfbridge.toml; its default when left out."),
    click.option("--config", metavar="FILE", help="The configuration file, instead of the nearest kfbridge.toml."),
    click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="A setting of the target, this once."),
)
_COMMON = (
    click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output."),
    click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback when something goes wrong."),
)
_DRIVING = (
    click.option("--parallel", type=click.IntRange(min=1), metavar="N", help="How many steps run at once."),
    click.option("--no-cache", is_flag=True, help="Run every step, whatever earlier runs left."),
    click.option(
        "--containers",
        type=click.Choice(["refuse", "host", "docker"]),
        help="What to do with container components on this machine.",
    ),
)


def target_options(function: F) -> F:
    """Add the options that say where; the function gets `target`, `config`, `settings` and `as_json`."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_TARGET + _COMMON), function)


def common_options(function: F) -> F:
    """Add the options that every verb has; the function gets `as_json`."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_COMMON), function)


def driving_options(function: F) -> F:
    """Add the options that say how to run; the function gets `parallel`, `no_cache` and `containers`."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_DRIVING), function)


loss_option = click.option(
    "--allow-loss",
    metavar="FEATURE",
    multiple=True,
    help="Do without this feature where the backend does not have it; may be repeated.",
)


def all_settings(
    settings: Iterable[str],
    parallel: int | None = None,
    no_cache: bool = False,
    containers: str | None = None,
    allow_loss: Iterable[str] = (),
) -> dict[str, Any]:
    """The settings of ``--set`` with those that have an option of their own.

    Raises:
        UsageError: One is not of the form key=value.
    """
    from kfbridge.config import parse_settings

    own: dict[str, Any] = {
        "parallel": parallel,
        "containers": containers,
        "cache": False if no_cache else None,
        "allow_loss": list(allow_loss) or None,
    }
    return {**parse_settings(settings), **{key: value for key, value in own.items() if value is not None}}


def text_arguments(pairs: Iterable[str]) -> dict[str, str]:
    """The pipeline's arguments from ``-p name=value``.

    Raises:
        UsageError: One is not of that form, or a name comes twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"The argument {pair!r} is not of the form name=value.", remedy="Write -p epochs=3.")
        if name.strip() in found:
            raise UsageError(f"The argument {name.strip()!r} is given twice.", remedy="Leave one out.")
        found[name.strip()] = value
    return found


def file_arguments(file: str | None) -> dict[str, Any]:
    """The pipeline's arguments from a JSON or YAML file.

    Raises:
        UsageError: The file is missing, cannot be parsed, or is not a mapping.
    """
    if file is None:
        return {}
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix.lower() == ".json" else _yaml(text)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"The arguments in {file} cannot be read: {reason}.", remedy="Correct the file.") from error
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise UsageError(f"{file} holds no arguments.", remedy="Write name: value lines (YAML) or a JSON object.")
    return found


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
