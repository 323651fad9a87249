"""What a step asks for, whichever way it was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from kfbridge.errors import RequestError
from kfbridge.graph.model import Container, Resources
from kfbridge.machines.accelerators import Wanted, find
from kfbridge.machines.quantity import format_cpu, format_memory, parse_cpu, parse_memory

_PLACEHOLDER: Final = "{{$"

Resolver = Callable[[str], str | None]
"""Gives a text with its placeholders replaced; None where only the run will know a value."""


@dataclass(frozen=True, slots=True)
class MachineRequest:
    """A request for a machine; None is "not said".

    Attributes:
        cpu: Processors (vCPU), at least.
        memory: Bytes, at least.
        accelerator: The model, or the kind, of accelerator.
        count: How many of them, at least; 0 without an accelerator.
        spot: Whether the provider may take the machine away.
    """

    cpu: Fraction | None = None
    memory: int | None = None
    accelerator: Wanted | None = None
    count: int = 0
    spot: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether any machine will do."""
        return self.cpu is None and self.memory is None and self.accelerator is None

    def __str__(self) -> str:
        """``4 x A100-80GB, 32 vCPU, 200Gi of memory, spot``."""
        parts = (
            f"{self.count} x {self.accelerator.name}" if self.accelerator else "",
            f"{format_cpu(self.cpu)} vCPU" if self.cpu else "",
            f"{format_memory(self.memory)} of memory" if self.memory else "",
            "spot" if self.spot else "",
        )
        return ", ".join(part for part in parts if part) or "nothing in particular"


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """What a step of a pipeline asks for.

    Attributes:
        request: What is known before the run.
        unknown: The settings whose values only the run will know: ``cpu limit``, ``accelerator type``.
        remarks: What was read otherwise than it looks.
    """

    request: MachineRequest
    unknown: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def parse_gpu(text: str, where: str | None = None) -> tuple[Wanted, int]:
    """Accelerators from ``A100-80GB:4``; one where no number is given.

    Raises:
        RequestError: The name means nothing, or several things, or the number is none.
    """
    name, colon, number = text.strip().rpartition(":")
    if not colon:
        name, number = number, "1"
    return find(name, where=where), _count(number, where)


def of_text(
    gpu: str | None = None, cpu: str | None = None, memory: str | None = None, spot: bool = False
) -> MachineRequest:
    """A request from texts, as the command line takes them: ``A100-80GB:4``, ``32``, ``200Gi``.

    Raises:
        RequestError: One of them cannot be read; the message begins with its option.
    """
    wanted, count = parse_gpu(gpu, "--gpu") if gpu else (None, 0)
    return MachineRequest(
        cpu=parse_cpu(cpu, "--cpu") or None if cpu else None,
        memory=parse_memory(memory, "--memory") or None if memory else None,
        accelerator=wanted if count else None,
        count=count,
        spot=spot,
    )


def of_container(
    container: Container, platforms: Mapping[str, Any], resolve: Resolver | None = None, *, task: str = ""
) -> TaskRequest:
    """What a step of the graph asks for: its container's resources, and kfbridge's own settings of its executor.

    The larger of request and limit counts, as a machine has to hold both. An accelerator under its portable name
    (``set_accelerator``) goes before one under a platform's name (``set_accelerator_type``).

    Args:
        container: The step.
        platforms: The graph's ``platforms``.
        resolve: Replaces placeholders, as far as the arguments tell; without it they count as unknown.
        task: The task's path, for errors.

    Raises:
        RequestError: An amount or a name cannot be read, or a request exceeds its limit.
    """
    reader = _Reader(container.resources, resolve or (lambda text: None), f"task {task}" if task else None)
    own = _settings(platforms, container.label)
    cpu = reader.larger("cpu", parse_cpu)
    memory = reader.larger("memory", parse_memory)
    wanted, count = reader.portable(own["accelerator"]) if own.get("accelerator") else reader.accelerator()
    request = MachineRequest(cpu or None, memory or None, wanted if count else None, count, bool(own.get("spot")))
    return TaskRequest(request, tuple(reader.unknown), tuple(reader.remarks))


class _Reader:
    """Reads one step's resources, and notes what is not known."""

    def __init__(self, resources: Resources, resolve: Resolver, where: str | None) -> None:
        self._resources = resources
        self._resolve = resolve
        self._where = where
        self.unknown: list[str] = []
        self.remarks: list[str] = []

    def larger(self, what: str, parse: Callable[[str, str | None], Any]) -> Any:
        """The larger of request and limit; None where neither is set or known."""
        amounts = {}
        for kind in ("request", "limit"):
            text = self._text(f"{what}_{kind}")
            if text:
                amounts[kind] = parse(text, self._at(f"{what} {kind}"))
        if len(amounts) == 2 and amounts["request"] > amounts["limit"] > 0:
            raise RequestError(
                f"It requests more {what} than its limit allows.",
                where=self._where,
                remedy=f"Raise set_{what}_limit, or lower set_{what}_request.",
            )
        return max(amounts.values(), default=None)

    def accelerator(self) -> tuple[Wanted | None, int]:
        """Type and count as ``set_accelerator_type`` and ``set_accelerator_limit`` give them."""
        name, number = self._text("accelerator_type"), self._text("accelerator_count")
        if not name:
            if number and "accelerator type" not in self.unknown:
                self.remarks.append("a number of accelerators without a type asks for none, as in KFP")
            return None, 0
        count = _count(number, self._at("accelerator count")) if number else 1
        return find(name, where=self._at("accelerator type")), count

    def portable(self, setting: Any) -> tuple[Wanted, int]:
        """What ``set_accelerator`` gives: ``{"name": ..., "count": ...}``."""
        if not isinstance(setting, Mapping) or not isinstance(setting.get("name"), str):
            raise RequestError(
                f"The setting accelerator cannot be {setting!r}.",
                where=self._where,
                remedy='Write {"name": "A100-80GB", "count": 4}.',
            )
        count = setting.get("count", 1)
        number = f"{count:g}" if isinstance(count, float) else str(count)  # protobuf's Struct makes 4 a 4.0
        return find(setting["name"], where=self._at("accelerator")), _count(number, self._at("accelerator"))

    def _text(self, field: str) -> str | None:
        text = getattr(self._resources, field)
        if text is None or _PLACEHOLDER not in text:
            return text
        resolved = self._resolve(text)
        if resolved is None:
            self.unknown.append(field.replace("_", " "))
        return resolved

    def _at(self, what: str) -> str:
        return f"{self._where}, {what}" if self._where else what


def _count(text: str, where: str | None) -> int:
    if not text.strip().isdecimal() or len(text) > 6:
        raise RequestError(
            f"{text!r} is not a number of accelerators.", where=where, remedy="Write a whole number: A100-80GB:4."
        )
    return int(text)


def _settings(platforms: Mapping[str, Any], label: str) -> Mapping[str, Any]:
    """The settings of one executor that are kfbridge's own."""
    found: Any = platforms
    for key in ("kfbridge", "deploymentSpec", "executors", label):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
