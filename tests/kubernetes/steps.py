"""Small components, and what a pipeline of them says about Kubernetes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfbridge import dsl


@dsl.component
def step():
    pass


@dsl.component
def choose_name() -> str:
    return "name"


@dsl.component
def choose_names() -> list:
    return ["name"]


@dsl.component
def choose_places() -> dict:
    return {}


def documents(function: Callable[..., Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both documents of a pipeline with this function."""
    return dsl.pipeline(name="p")(function).documents


def executors(function: Callable[..., Any]) -> dict[str, Any]:
    """The settings on Kubernetes by executor; empty when the pipeline has no second document."""
    platforms = documents(function)[1].get("platforms", {})
    return platforms.get("kubernetes", {}).get("deploymentSpec", {}).get("executors", {})


def settings(body: Callable[[dsl.PipelineTask], Any]) -> dict[str, Any]:
    """The settings of one step, after `body` has set them."""
    return executors(lambda: body(step()) and None).get("exec-step", {})
