"""A Kubernetes of one's own on this machine: a kind cluster that has kfbridge's image, and the target for it."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import kfbridge
from kfbridge.backends.k8s.programs import Tell, call, need, succeeds
from kfbridge.backends.k8s.wheel import write_wheel
from kfbridge.errors import BackendError

_CONTEXT: Final = ("Dockerfile", "image-constraints.txt")
_STANDARD: Final = "kfbridge"
_SECTION: Final = """\
[targets.{target}]
backend = "k8s"
context = "kind-{name}"
namespace = "kfbridge"
artifact_root = "pvc://kfbridge-artifacts/runs"
access_mode = "ReadWriteOnce"   # all that kind's storage has
runtime_image = "{image}"
resources = "none"              # steps get no GPUs here, and ask for none
"""


@dataclass(frozen=True, slots=True)
class KindCluster:
    """A cluster of kind that is ready for a target.

    Attributes:
        name: The cluster.
        made: Whether it was made now; else it was there.
        image: kfbridge's image, which its nodes have.
        target: The name of the target in `section`.
        section: The target, as kfbridge.toml has it.
    """

    name: str
    made: bool
    image: str
    target: str
    section: str


def make_kind(name: str, image: str | None, tell: Tell) -> KindCluster:
    """Make a cluster with kfbridge's image on its nodes; one that is there is kept, with all that runs in it.

    Args:
        name: The cluster.
        image: An image that Docker has already; None builds one of the kfbridge that runs.
        tell: Is told what docker and kind say.

    Raises:
        BackendError: docker or kind is missing or fails, or Docker has no such image.
    """
    need("docker", "kind")
    if image is None:
        image = build_image(tell)
    elif not succeeds("docker", "image", "inspect", image):
        raise BackendError(
            f"Docker has no image {image!r}.",
            remedy=f"Get it with: docker pull {image}, or leave --image out to build one.",
            backend="k8s",
        )
    again = "Look at what it says above, and call kfbridge k8s kind again: what is done is kept."
    made = name not in call("kind", "get", "clusters", tell=lambda line: None, remedy=again)
    if made:
        call("kind", "create", "cluster", "--name", name, "--wait", "120s", tell=tell, remedy=again)
    else:
        call("kind", "export", "kubeconfig", "--name", name, tell=tell, remedy=again)
    call("kind", "load", "docker-image", image, "--name", name, tell=tell, remedy=again)
    target = "kind" if name == _STANDARD else f"kind-{name}"
    return KindCluster(name, made, image, target, _SECTION.format(target=target, name=name, image=image))


def build_image(tell: Tell) -> str:
    """Build the image of the kfbridge that runs; its name, which tells its version and its content.

    Raises:
        BackendError: docker fails, or this kfbridge is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="kfbridge-image-") as folder:
        digest = write_context(Path(folder))
        image = f"kfbridge:{kfbridge.__version__}-{digest}"
        remedy = "See that Docker runs (docker info) and that it reaches a package index, or name an image: --image."
        call("docker", "build", "--tag", image, folder, tell=tell, remedy=remedy)
    return image


def write_context(folder: Path) -> str:
    """Write what docker builds the image from: the Dockerfile, its constraints, and the wheel; a hash of them.

    Raises:
        BackendError: This kfbridge is not installed, or without the Dockerfile.
    """
    wheel = write_wheel(folder)
    digest = hashlib.sha256(wheel.read_bytes())
    for name in _CONTEXT:
        data = _part(name)
        (folder / name).write_bytes(data)
        digest.update(data)
    return digest.hexdigest()[:8]


def _part(name: str) -> bytes:
    """A file that wheels have beside this module, and checkouts at their root."""
    beside, root = Path(__file__).with_name("image"), Path(kfbridge.__file__).parents[1]
    for folder in (beside, root):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    raise BackendError(
        f"This kfbridge has no {name} to build its image with.",
        remedy="Install kfbridge from a wheel or a checkout, or name an image that has it: --image NAME.",
        backend="k8s",
    )
