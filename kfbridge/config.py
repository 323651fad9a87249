"""Targets: which backend a pipeline runs on, and with what settings.

A target is a section of ``kfbridge.toml``, which is looked for in the working directory and in the folders
above it. Three layers, the later one wins: the file, environment variables (``KFBRIDGE_DEFAULT``,
``KFBRIDGE_TARGETS__AWS__REGION``), and settings of the single call (``--set region=eu-west-1``). Without a
file there is one target, ``local``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kfbridge.errors import UsageError
from kfbridge.spelling import hint
from kfbridge.toml import line_of, parse_value, read_toml

if TYPE_CHECKING:
    from kfbridge.target import BackendConfig, Target

FILE_NAME: Final = "kfbridge.toml"
LOCAL: Final = "local"
ENVIRONMENT_PREFIX: Final = "KFBRIDGE_TARGETS__"
DEFAULT_VARIABLE: Final = "KFBRIDGE_DEFAULT"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What kfbridge.toml and the environment say, before any backend has looked at it.

    Attributes:
        folder: Where the file lies, or the working directory; relative paths in a target start here.
        file: The file itself, None when there is none.
        text: Its text, for the line numbers of messages.
        default: The name of the target that is used when none is named.
        targets: The settings of each target, as written; `local` is always there.
        variables: The environment variables that set something, by target and key.
    """

    folder: Path
    file: Path | None
    text: str
    default: str
    targets: Mapping[str, Mapping[str, Any]]
    variables: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def place(self, target: str, key: str | None = None) -> str | None:
        """Where `key` of `target` was set, for a message: ``kfbridge.toml:7``, a variable; None: nowhere."""
        if key is not None and (target, key) in self.variables:
            return self.variables[target, key]
        if self.file is None:
            return None
        line = line_of(self.text, target, key)
        return f"{self.file}:{line}" if line else str(self.file)


def find_file(folder: Path | None = None) -> Path | None:
    """The nearest kfbridge.toml in `folder` (default: the working directory) or above it."""
    start = (folder or Path.cwd()).absolute()
    return next((path for at in (start, *start.parents) if (path := at / FILE_NAME).is_file()), None)


def read(
    file: str | Path | None = None,
    *,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Configuration:
    """Read the configuration.

    Args:
        file: The file to read instead of looking for kfbridge.toml.
        folder: Where the search begins; the working directory by default.
        environ: The environment variables; those of the process by default.

    Raises:
        UsageError: The file is missing, is not TOML, or has keys that mean nothing.
    """
    environ = os.environ if environ is None else environ
    path = Path(file).absolute() if file is not None else find_file(folder)
    text, content = ("", {}) if path is None else read_toml(path)
    targets = {name: dict(section) for name, section in content.get("targets", {}).items()}
    targets.setdefault(LOCAL, {"backend": LOCAL})
    variables = {
        _set_from_environment(targets, name, value): name
        for name, value in sorted(environ.items())
        if name.startswith(ENVIRONMENT_PREFIX)
    }
    return Configuration(
        folder=(folder or Path.cwd()).absolute() if path is None else path.parent,
        file=path,
        text=text,
        default=environ.get(DEFAULT_VARIABLE) or content.get("default", LOCAL),
        targets=targets,
        variables=variables,
    )


def target(
    name: str | None = None,
    *,
    configuration: Configuration | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Target:
    """The target called `name`, or the default one, with its settings typed by its backend.

    Args:
        name: A target of the configuration.
        configuration: What `read` gave; read now when left out.
        settings: Settings for this call, by key (``parallel``) or by target and key (``aws.region``). Text is
            converted to the type that the backend wants.

    Raises:
        UsageError: No such target, no such backend, or a setting that the backend does not take.
    """
    found = configuration or read()
    chosen = name or found.default
    if chosen not in found.targets:
        raise _no_target(found, chosen, named=name is not None)
    made, problems = _made(found, chosen, settings or {})
    if made is None:
        raise problems[0]
    return made


def problems(
    name: str, *, configuration: Configuration | None = None, settings: Mapping[str, Any] | None = None
) -> tuple[UsageError, ...]:
    """Everything that keeps the target `name` from being used, as `target` would raise it; empty when it is whole.

    Raises:
        UsageError: No such target.
    """
    found = configuration or read()
    if name not in found.targets:
        raise _no_target(found, name, named=True)
    return _made(found, name, settings or {})[1]


def parse_settings(texts: Iterable[str]) -> dict[str, str]:
    """``key=value`` texts, as ``--set`` takes them, by key.

    Raises:
        UsageError: A text without ``=``, or with nothing before it.
    """
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"The setting {text!r} is not of the form key=value.", remedy="Write --set parallel=4.")
        found[key.strip()] = value
    return found


# Layers over the file -------------------------------------------------------------------------------


def _set_from_environment(targets: dict[str, dict[str, Any]], variable: str, value: str) -> tuple[str, str]:
    """Set what ``KFBRIDGE_TARGETS__AWS__REGION`` says; gives the target and the key.

    Case does not count, and ``-`` in a target's name is ``_``.
    """
    parts = variable.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
    if len(parts) < 2 or not all(parts):
        raise UsageError(
            f"The environment variable {variable} names no setting.",
            remedy=f"Write {ENVIRONMENT_PREFIX}TARGET__KEY, or unset it.",
        )
    by_folded_name = {name.lower().replace("-", "_"): name for name in targets}
    name = by_folded_name.get(parts[0], parts[0])
    _put(targets.setdefault(name, {}), parts[1:], value)
    return name, parts[1]


def _with_settings(
    found: Configuration, chosen: str, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    """The section of the chosen target with the settings of the call over it, and where those come from."""
    section, given = dict(found.targets[chosen]), {}
    for name, value in settings.items():
        keys = name.split(".")
        if len(keys) > 1 and keys[0] in found.targets:
            owner, *keys = keys
            if owner != chosen:
                continue
        _put(section, keys, value)
        given[chosen, keys[0]] = f"--set {name}={value}"
    return section, given


def _put(section: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        inner = section.get(key)
        section[key] = dict(inner) if isinstance(inner, dict) else {}
        section = section[key]
    section[keys[-1]] = _structured(value)


def _structured(value: Any) -> Any:
    """A list or table that was given as text; any other text stays text, for the backend's model to convert."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return parse_value(value)
    return value


# Types ----------------------------------------------------------------------------------------------


def _made(found: Configuration, name: str, settings: Mapping[str, Any]) -> tuple[Target | None, tuple[UsageError, ...]]:
    """The target called `name`, or all that is wrong with it."""
    from pydantic import ValidationError

    from kfbridge import plugins
    from kfbridge.target import Target

    section, given = _with_settings(found, name, settings)
    found = replace(found, variables={**found.variables, **given})
    try:
        model = plugins.backend(_backend_name(section, found, name)).Config
    except UsageError as error:
        where = error.where or found.place(name, "backend")
        return None, (UsageError(error.reason, where=where, remedy=error.remedy),)
    try:
        return Target(name=name, config=model.model_validate(section), folder=found.folder), ()
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        return None, tuple(_wrong_setting(one, model, section, found, name) for one in wrong)


def _backend_name(section: Mapping[str, Any], found: Configuration, name: str) -> str:
    if "backend" not in section:
        raise UsageError(
            f"Target {name!r} does not say which backend it uses.",
            where=found.place(name),
            remedy=f'Add a line such as backend = "local" to [targets.{name}].',
        )
    return str(section["backend"])


def _wrong_setting(
    first: Mapping[str, Any], model: type[BackendConfig], section: Mapping[str, Any], found: Configuration, name: str
) -> UsageError:
    path = [str(part) for part in first["loc"]]
    key = path[0] if path else ""
    backend = section["backend"]
    if first["type"] == "extra_forbidden":
        known = [field for field in model.model_fields if field != "backend"]
        reason = f"The backend {backend!r} has no setting {'.'.join(path)!r}."
        remedy = f"{hint(key, known)}It has: {', '.join(sorted(known))}."
        return UsageError(reason, where=found.place(name, key), remedy=remedy)
    if first["type"] == "missing":
        reason = f"Target {name!r} lacks the setting {'.'.join(path)!r}, which the backend {backend!r} needs."
        remedy = f"Add {key} = ... to [targets.{name}], or give --set {key}=..."
        return UsageError(reason, where=found.place(name), remedy=remedy)
    message = str(first["msg"]).removeprefix("Input ").removeprefix("Value error, ")
    reason = f"The setting {'.'.join(path)!r} of target {name!r} cannot be {first['input']!r}: it {message}."
    return UsageError(reason, where=found.place(name, key), remedy="Correct the value.")


def _no_target(found: Configuration, name: str, *, named: bool) -> UsageError:
    known = ", ".join(sorted(found.targets))
    place = str(found.file) if found.file else None
    reason = f"There is no target called {name!r}."
    if not named:
        reason = f"The default target, {name!r}, does not exist."
    remedy = f"{hint(name, list(found.targets))}There are: {known}. Others are made in {FILE_NAME}."
    return UsageError(reason, where=place, remedy=remedy)
