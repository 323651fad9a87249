"""A pod in the making: what settings add to, before it becomes plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kfbridge.backends.k8s.names import object_name
from kfbridge.errors import BackendError

MAIN: Final = "main"
"""The name of the container that is the step itself."""


@dataclass(slots=True)
class Draft:
    """A pod with one container so far, `MAIN`; every setting puts its part where it belongs.

    Attributes:
        main: Fields of the step's container, but for ``env`` and ``volumeMounts``.
        spec: Fields of the pod, but for its containers and volumes.
        env: Variables of the step's container by name, in their order.
        mounts: Its mounts by path.
        init: Containers that run before it.
        volumes: The pod's volumes by name.
        documents: Other objects that the pod refers to, which have to be made before it.
        name: The name of the pod's Job, after which such objects are called.
    """

    name: str = ""
    main: dict[str, Any] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    env: dict[str, dict[str, Any]] = field(default_factory=dict)
    mounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    init: list[dict[str, Any]] = field(default_factory=list)
    volumes: dict[str, dict[str, Any]] = field(default_factory=dict)
    documents: list[dict[str, Any]] = field(default_factory=list)
    _called: dict[str, str] = field(default_factory=dict)

    def variable(self, name: str, value: str | Mapping[str, Any]) -> None:
        """Set a variable: text, or where it comes from (``valueFrom``); the last word on a name counts."""
        self.env.pop(name, None)
        self.env[name] = {"name": name, **({"value": value} if isinstance(value, str) else {"valueFrom": dict(value)})}

    def volume(self, said: str, source: Mapping[str, Any]) -> str:
        """Add a volume, once for each source; its name in the pod.

        Args:
            said: What it is called after, and what init containers call it: a claim may be named by what no volume can.
            source: The volume without its name: ``{"secret": {...}}``.
        """
        name = object_name(said)
        number = 1
        while self.volumes.get(name, source) != source:
            number += 1
            name = object_name(f"{said}-{number}")
        self.volumes[name] = dict(source)
        self._called.setdefault(said, name)
        return name

    def volume_called(self, said: str) -> str | None:
        """The name in the pod of the first volume that was added under a name; None without one."""
        return self._called.get(said)

    def mount(self, name: str, path: str, **more: Any) -> None:
        """Mount a volume into the step's container.

        Raises:
            BackendError: Something else is mounted at that path.
        """
        mount = {"name": name, "mountPath": path, **more}
        if self.mounts.setdefault(path, mount) != mount:
            raise BackendError(
                f"its settings mount two things at {path!r}", remedy="Mount one of them elsewhere.", backend="k8s"
            )

    def step(self) -> dict[str, Any]:
        """The step's container."""
        parts = {"env": list(self.env.values()), "volumeMounts": list(self.mounts.values())}
        return {"name": MAIN, **self.main, **{name: found for name, found in parts.items() if found}}

    def pod(self) -> dict[str, Any]:
        """The pod, as far as it goes: the step is its only container."""
        volumes = [{"name": name, **source} for name, source in self.volumes.items()]
        lists = {"initContainers": self.init, "containers": [self.step()], "volumes": volumes}
        return {**self.spec, **{name: found for name, found in lists.items() if found}}
