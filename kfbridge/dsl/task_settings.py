"""What can be set on a task after it was made: resources, retries, caching, environment, and kfbridge's extras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kfbridge.dsl.constants import Template, bind_text, plain_text
from kfbridge.dsl.location import here
from kfbridge.dsl.pipeline_channel import PipelineChannel, find_references
from kfbridge.dsl.quantities import check_cpu, check_memory, duration_seconds
from kfbridge.dsl.reference import Reference
from kfbridge.dsl.structures import ContainerImplementation
from kfbridge.errors import CompileError

if TYPE_CHECKING:
    from typing_extensions import Self

    from kfbridge.dsl.structures import ComponentSpec

KFBRIDGE = "kfbridge"
"""The platform under which kfbridge keeps what the IR cannot say."""

INLINE = "**"
"""A key in `TaskSettings.platform_config`: the fields of its channel's source go among those beside it."""

IMAGE = "base_image"
"""The key of the image among `TaskSettings.container_values`; the others are fields of `graph.Resources`."""


class TaskSettings:
    """The settable part of a task; every setter returns the task, so that calls chain."""

    __slots__ = (
        "_cache_key",
        "_caching",
        "_display_name",
        "_env",
        "_platform_config",
        "_retry",
        "_values",
        "component_spec",
        "name",
    )

    component_spec: ComponentSpec
    name: str

    def __init__(self, caching: bool) -> None:
        self._caching = caching
        self._cache_key: str | None = None
        self._retry: dict[str, Any] | None = None
        self._display_name: str | None = None
        self._values: dict[str, str | Template] | None = None
        self._env: dict[str, str] | None = None
        self._platform_config: dict[str, dict[str, Any]] | None = None

    # Read by the compiler -----------------------------------------------------------------------

    @property
    def platform_config(self) -> dict[str, dict[str, Any]]:
        """Settings of this task by platform, in the JSON form of the second document; may be changed."""
        if self._platform_config is None:
            self._platform_config = {key: dict(value) for key, value in self.component_spec.platforms.items()}
        return self._platform_config

    @property
    def container_values(self) -> Mapping[str, str | Template]:
        """The resources and the image that were set on this task."""
        return self._values or {}

    @property
    def setting_references(self) -> list[Reference]:
        """The references in `container_values`."""
        values = (self._values or {}).values()
        return [ref for value in values if isinstance(value, Template) for ref in value.references]

    @property
    def image_references(self) -> list[Reference]:
        """The references in the image that was set."""
        image = self.container_values.get(IMAGE)
        return list(image.references) if isinstance(image, Template) else []

    @property
    def platform_references(self) -> list[Reference]:
        """The references and channels anywhere in `platform_config`."""
        return find_references(self._platform_config) if self._platform_config else []

    @property
    def display_name(self) -> str:
        """The name that user interfaces show."""
        return self._display_name or self.name

    # KFP's setters ------------------------------------------------------------------------------

    def set_caching_options(self, enable_caching: bool, cache_key: str | None = None) -> Self:
        """Whether the outputs of an earlier, equal execution may be used; `cache_key` replaces what equal means."""
        self._caching = enable_caching
        self._cache_key = plain_text(cache_key, f"The cache key of the task {self.name!r}") if cache_key else None
        return self

    def set_cpu_request(self, cpu: str | PipelineChannel) -> Self:
        """The processors that must be free: ``2``, ``500m``, or a channel."""
        return self._set("cpu_request", cpu, check_cpu)

    def set_cpu_limit(self, cpu: str | PipelineChannel) -> Self:
        """The processors that the task may use at most."""
        return self._set("cpu_limit", cpu, check_cpu)

    def set_memory_request(self, memory: str | PipelineChannel) -> Self:
        """The memory that must be free: ``16Gi``, ``512M``, or a channel."""
        return self._set("memory_request", memory, check_memory)

    def set_memory_limit(self, memory: str | PipelineChannel) -> Self:
        """The memory that the task may use at most."""
        return self._set("memory_limit", memory, check_memory)

    def set_accelerator_type(self, accelerator: str | PipelineChannel) -> Self:
        """The accelerator by the platform's own name (``nvidia.com/gpu``, ``NVIDIA_TESLA_T4``); one unless set."""
        self._set("accelerator_type", accelerator)
        if "accelerator_count" not in self.container_values:
            self._set("accelerator_count", "1")
        return self

    def set_accelerator_limit(self, limit: int | str | PipelineChannel) -> Self:
        """How many accelerators the task gets."""
        return self._set("accelerator_count", str(limit) if isinstance(limit, int) else limit, _check_count)

    def set_gpu_limit(self, gpu: str) -> Self:
        """The old name of `set_accelerator_limit`."""
        _deprecated("set_gpu_limit", "set_accelerator_limit")
        return self.set_accelerator_limit(gpu)

    def add_node_selector_constraint(self, accelerator: str) -> Self:
        """The old name of `set_accelerator_type`."""
        _deprecated("add_node_selector_constraint", "set_accelerator_type")
        return self.set_accelerator_type(accelerator)

    def set_retry(
        self,
        num_retries: int,
        backoff_duration: str | None = None,
        backoff_factor: float | None = None,
        backoff_max_duration: str | None = None,
    ) -> Self:
        """Try the task again when it fails.

        Args:
            num_retries: How many more times.
            backoff_duration: The wait before the first retry (``60s``, ``5m``); at once unless given.
            backoff_factor: What each further wait is multiplied with; 2 unless given.
            backoff_max_duration: The longest wait; an hour unless given.
        """
        self._retry = {
            "maxRetryCount": num_retries or 0,
            "backoffDuration": f"{duration_seconds(backoff_duration or '0s')}s",
            "backoffFactor": backoff_factor or 2.0,
            "backoffMaxDuration": f"{duration_seconds(backoff_max_duration or '3600s')}s",
        }
        return self

    def set_display_name(self, name: str) -> Self:
        """The name that user interfaces show."""
        self._display_name = plain_text(name, f"The display name of the task {self.name!r}")
        return self

    def set_env_variable(self, name: str, value: str) -> Self:
        """Set a variable of the container's environment."""
        self._require_container("set_env_variable")
        what = f"The environment variable {name!r} of the task {self.name!r}"
        if not isinstance(value, str):
            raise CompileError(
                f"{what} must be constant text.",
                where=here(),
                remedy="Pass a string; for a value of the run, use an argument of the component.",
            )
        self._env = {**(self._env or {}), name: plain_text(value, what)}
        return self

    def set_container_image(self, name: str | PipelineChannel) -> Self:
        """The image to run instead of the component's own; a channel, or text with channels in it, too."""
        return self._set(IMAGE, name)

    def set_debug_pause(self, before: bool = False, after: bool = True, on_error: bool = False) -> Self:
        """Keep the task's container for inspection (Argo Workflows): before it starts, after it ended, or failed."""
        if on_error and not after:
            raise CompileError(
                "on_error pauses after the task, but after is False.", where=here(), remedy="Leave after as True."
            )
        if not (before or after):
            raise CompileError("There is nothing to pause at.", where=here(), remedy="Set before or after to True.")
        if before:
            self.set_env_variable("ARGO_DEBUG_PAUSE_BEFORE", "true")
        if after:
            self.set_env_variable(f"ARGO_DEBUG_PAUSE_{'ON_ERROR' if on_error else 'AFTER'}", "true")
        return self

    # kfbridge's own -----------------------------------------------------------------------------

    def set_accelerator(self, name: str, count: int = 1) -> Self:
        """Ask for accelerators by a portable name (``A100-80GB``), which each backend translates to a machine."""
        if count < 1:
            raise CompileError(
                f"The task {self.name!r} asks for {count} accelerators.", where=here(), remedy="Ask for one or more."
            )
        return self._set_extra("accelerator", {"name": name, "count": count})

    def set_spot(self, spot: bool = True) -> Self:
        """Run on machines that the provider may take away (spot, preemptible, low priority)."""
        return self._set_extra("spot", spot)

    def set_timeout(self, timeout: str | int) -> Self:
        """Fail an attempt that takes longer: seconds, or ``30m``, ``2h``."""
        seconds = timeout if isinstance(timeout, int) else duration_seconds(timeout)
        return self._set_extra("timeout", f"{seconds}s")

    def set_shared_memory(self, size: str) -> Self:
        """The size of ``/dev/shm``: ``16Gi``."""
        check_memory(size)
        return self._set_extra("sharedMemory", size)

    def set_native(self, backend: str, settings: Mapping[str, Any]) -> Self:
        """Settings for one backend, in its own words, merged into what it submits for this task."""
        native = {**self.platform_config.get(KFBRIDGE, {}).get("native", {}), backend: dict(settings)}
        return self._set_extra("native", native)

    # --------------------------------------------------------------------------------------------

    def _set(self, field: str, value: object, check: Any = None) -> Self:
        self._require_container(f"set_{field}")
        bound = bind_text(value)
        if check is not None and isinstance(bound, str):
            check(bound)
        self._values = {**(self._values or {}), field: bound}
        return self

    def _set_extra(self, field: str, value: Any) -> Self:
        self._require_container(field)
        self.platform_config.setdefault(KFBRIDGE, {})[field] = value
        return self

    def _require_container(self, what: str) -> None:
        if not isinstance(self.component_spec.implementation, ContainerImplementation):
            raise CompileError(
                f"{what} is not possible on the task {self.name!r}, which runs no container of its own.",
                where=here(),
                remedy="Use it on tasks of single-step components, not on pipelines or importers.",
            )


def _check_count(text: str) -> None:
    if not text.isdigit():
        raise CompileError(
            f"{text!r} is not a number of accelerators.", where=here(), remedy="Write a whole number from 0 on."
        )


def _deprecated(old: str, new: str) -> None:
    import warnings

    warnings.warn(f"{old} is deprecated, use {new} instead", DeprecationWarning, stacklevel=3)
