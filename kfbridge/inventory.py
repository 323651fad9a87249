"""What is at hand: the targets of the configuration and the backends that are installed, with what each lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfbridge import config, plugins
from kfbridge.errors import KfbridgeError

if TYPE_CHECKING:
    from kfbridge.backends.base import Backend, Checkup
    from kfbridge.config import Configuration
    from kfbridge.target import Target


@dataclass(frozen=True, slots=True)
class TargetEntry:
    """A target as it is listed.

    Attributes:
        name: Its name.
        backend: The backend that it names; empty when it names none.
        default: Whether it is used when none is named.
        where: Its place in the file; None for the ``local`` that is always there.
        settings: What is set, from the file and the environment; it never holds a secret.
        problems: What keeps it from being used, one error each.
        missing: Modules that running it needs and this environment lacks, with the command that installs each.
        checks_only: Whether its backend checks pipelines and cannot run them.
    """

    name: str
    backend: str
    default: bool
    where: str | None
    settings: dict[str, Any]
    problems: tuple[KfbridgeError, ...]
    missing: dict[str, str]
    checks_only: bool = False


@dataclass(frozen=True, slots=True)
class BackendEntry:
    """An installed backend, or a plugin that could not be loaded (then `error` says why).

    `package` and `version` are of the distribution that brings it, `missing` as in `TargetEntry`, `settings` the keys
    that its targets take with what each means. `checks_only` is whether it checks pipelines and cannot run them.
    """

    name: str
    package: str
    version: str
    missing: dict[str, str]
    settings: dict[str, str]
    error: str = ""
    checks_only: bool = False


def targets(configuration: Configuration) -> list[TargetEntry]:
    """Every target of the configuration, by name."""
    return [_target(configuration, name) for name in sorted(configuration.targets)]


def backends() -> list[BackendEntry]:
    """Every backend that is installed, by name, and every plugin that could not be loaded."""
    found = [_backend(name, cls) for name, cls in plugins.backends().items()]
    broken = [
        BackendEntry(plugin.name, plugin.package, plugin.version, {}, {}, plugin.error)
        for plugin in plugins.installed()
        if plugin.error
    ]
    return sorted(found + broken, key=lambda entry: entry.name)


def examine(target: Target) -> Iterator[Checkup]:
    """Whether a target is ready for a run: what it needs is installed, and what its backend itself looks at."""
    from kfbridge.backends.base import Checkup, ExaminedBackend

    cls = plugins.backend(target.config.backend)
    missing = plugins.missing_modules(cls)
    for module, package in getattr(cls, "modules", {}).items():
        if module in missing:
            yield Checkup(f"module {module}", False, "is not installed", f"Install it with: {missing[module]}")
        else:
            yield Checkup(f"module {module}", True, f"is installed ({package})")
    backend = cls(target)
    if isinstance(backend, ExaminedBackend):
        yield from backend.doctor()
    else:
        yield Checkup("credentials and reachability", None, f"The backend {cls.name!r} cannot look at them.")


def _target(configuration: Configuration, name: str) -> TargetEntry:
    section = configuration.targets[name]
    backend = str(section.get("backend", ""))
    problems = config.problems(name, configuration=configuration)
    cls = plugins.backends().get(backend)
    return TargetEntry(
        name=name,
        backend=backend,
        default=name == configuration.default,
        where=configuration.place(name),
        settings={key: value for key, value in section.items() if key != "backend"},
        problems=problems,
        missing=plugins.missing_modules(cls) if cls else {},
        checks_only=getattr(cls, "checks_only", False),
    )


def _backend(name: str, cls: type[Backend]) -> BackendEntry:
    plugin = plugins.brought_by(name)
    settings = {
        key: field.description or "" for key, field in sorted(cls.Config.model_fields.items()) if key != "backend"
    }
    return BackendEntry(
        name,
        plugin.package if plugin else "",
        plugin.version if plugin else "",
        plugins.missing_modules(cls),
        settings,
        checks_only=getattr(cls, "checks_only", False),
    )
