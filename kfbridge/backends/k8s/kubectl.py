"""The program kubectl, for what a person with rights of their own does once: setting a namespace up."""

from __future__ import annotations

import shutil
import subprocess
from typing import Final

from kfbridge.backends.k8s.config import Config
from kfbridge.errors import BackendError

_PROGRAM: Final = "kubectl"
_PATIENCE: Final = 120  # seconds


def apply(text: str, config: Config) -> str:
    """Make the objects of a manifest what it says, in the cluster of a target; what kubectl answered, a line for each.

    Raises:
        BackendError: There is no kubectl, it cannot reach the cluster in two minutes, or the cluster refuses.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        raise BackendError(
            "There is no kubectl on the path.",
            remedy="Install it, or give the manifests to who has it: kfbridge k8s install --dry-run",
            backend="k8s",
        )
    command = [program, *_where(config), "apply", "--filename=-"]
    try:
        done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", timeout=_PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise BackendError(
            f"kubectl did not end within {_PATIENCE} seconds.",
            remedy="See that the cluster can be reached: kubectl cluster-info",
            backend="k8s",
            transient=True,
        ) from error
    if done.returncode:
        raise BackendError(
            f"kubectl could not apply the manifests: {_said(done.stderr) or f'exit code {done.returncode}'}",
            remedy="Correct the target's context and namespace, or ask who has the rights for it.",
            backend="k8s",
        )
    return done.stdout


def _said(text: str) -> str:
    """What kubectl said first, and how often it said such a thing: it repeats a refusal for each object."""
    lines = text.splitlines()
    begins = [number for number, line in enumerate(lines) if line.lower().startswith("error")] or [0]
    first = lines[begins[0] : begins[1]] if len(begins) > 1 else lines
    more = f" (and {len(begins) - 1} more like it)" if len(begins) > 1 else ""
    return " ".join(" ".join(first).split()) + more


def _where(config: Config) -> list[str]:
    said = {"kubeconfig": config.kubeconfig, "context": config.context}
    return [f"--{name}={value}" for name, value in said.items() if value]
