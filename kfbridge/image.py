"""Images that hold component functions: what ``kfbridge component build`` writes and builds.

A component with a ``target_image`` carries no source: its command asks the image for ``kfp.dsl.executor_main``, and
that looks the function up in ``kfp_config.ini``. So the folder with the components becomes the image, with that file
and with kfbridge's runtime under KFP's name.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from inspect import getsource
from pathlib import Path
from typing import Final

from kfbridge.dsl.python_component import ImageContent, PythonComponent
from kfbridge.errors import BackendError, UsageError
from kfbridge.execution import execute
from kfbridge.runtime import __main__ as entry
from kfbridge.runtime.boot import WORKER
from kfbridge.spec._bundle import BUNDLE

HOME: Final = "/usr/local/src/kfp/components"
"""Where the folder lies in the image; the same as in images that KFP builds."""

RUNTIME: Final = ".kfbridge-runtime"
CONFIGURATION: Final = "kfp_config.ini"
REQUIREMENTS: Final = "runtime-requirements.txt"
METADATA: Final = "component_metadata"
KEPT: Final = ("Dockerfile", ".dockerignore")
"""Files that belong to the user once they are there."""

_DOCKERIGNORE: Final = f"# Written by kfbridge.\n{METADATA}/\n**/__pycache__/\n"
_PACKAGE: Final = '''\
"""The names of KFP from kfbridge's runtime; written by ``kfbridge component build``."""

import sys

if sys.argv[:1] != ["-m"]:  # Python is not just looking for executor_main, which is a file of this folder
{worker}'''
_MAIN: Final = '''\
"""The command line of a step; written by ``kfbridge component build``."""

import sys
from configparser import ConfigParser

for name in ("kfp.dsl", "kfp"):  # these are folders; the runtime has them as modules
    sys.modules.pop(name, None)

import kfp

runtime = sys.modules["kfbridge_runtime"]
install, main, parse = runtime.install, runtime.main, runtime.parse


{find}

{run}

run()
'''


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did.

    Attributes:
        image: The image's name.
        components: The function of each component, with its file.
        written: The files that were written.
        kept: The files that were there already and stayed.
    """

    image: str
    components: dict[str, Path]
    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def write_context(folder: Path, pattern: str = "**/*.py", *, overwrite: bool = False) -> Built:
    """Make a folder with components the context of an image.

    Args:
        folder: The folder.
        pattern: The files in it to look at; only those that say ``target_image`` are run.
        overwrite: Whether a Dockerfile and .dockerignore that are there are replaced.

    Raises:
        UsageError: There is no component with a target_image, or they do not agree on the images.
        CompileError: A file has a component that cannot be one.
    """
    found = find_components(folder, pattern)
    content = _common([component.image_content for component, _ in found], folder)
    files = {
        "Dockerfile": _dockerfile(content),
        ".dockerignore": _DOCKERIGNORE,
        REQUIREMENTS: "".join(f"{package}\n" for package in content.packages),
        CONFIGURATION: _configuration(found, folder),
        **_runtime(),
    }
    kept = [folder / name for name in KEPT if (folder / name).exists() and not overwrite]
    written = [folder / name for name in files if folder / name not in kept]
    try:
        for path in written:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path.relative_to(folder).as_posix()], encoding="utf-8")
        (folder / METADATA).mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{error.filename or folder} cannot be written: {error.strerror}.", remedy="Name another folder."
        ) from error
    written += [_write_component(component, folder / METADATA) for component, _ in found]
    functions = {component.python_func.__name__: path for component, path in found}
    return Built(content.target_image, functions, tuple(written), tuple(kept))


def find_components(folder: Path, pattern: str) -> list[tuple[PythonComponent, Path]]:
    """The components with a target_image that the files of a folder define, each with its file.

    Raises:
        UsageError: There is none.
    """
    files = [path for path in sorted(folder.glob(pattern)) if not _hidden(path.relative_to(folder)) and _mentions(path)]
    found = [(component, path) for path in files for component in _defined(path)]
    if not found:
        raise UsageError(
            f"There is no component with a target_image in {folder / pattern}.",
            remedy="Write @dsl.component(target_image='registry/name:tag') above its function.",
        )
    return found


def docker_build(folder: Path, image: str, platform: str | None = None, *, push: bool = False) -> None:
    """Build the image of a folder with the docker command line, and push it if asked to.

    Raises:
        BackendError: Docker ended with an error, which it has told on standard error.
    """
    options = ["--platform", platform] if platform else []
    _docker(["build", "--tag", image, *options, str(folder)])
    if push:
        _docker(["push", image])


def has_docker() -> bool:
    """Whether the docker command line is there."""
    return shutil.which("docker") is not None


# ----------------------------------------------------------------------------------------------------


def _docker(arguments: Sequence[str]) -> None:
    done = subprocess.run(["docker", *arguments], stdout=2)  # standard output is for our own words
    if done.returncode:
        raise BackendError(
            f"docker {arguments[0]} ended with exit code {done.returncode}.",
            backend="docker",
            remedy="See what docker said above; the files for the image are written.",
        )


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _mentions(path: Path) -> bool:
    return path.is_file() and b"target_image" in path.read_bytes()


def _defined(path: Path) -> list[PythonComponent]:
    module = execute(path.absolute())
    components = [value for value in vars(module).values() if isinstance(value, PythonComponent)]
    return [
        component
        for component in dict.fromkeys(components)
        if component.image_content is not None and component.python_func.__module__ == module.__name__
    ]


def _common(contents: Iterable[ImageContent | None], folder: Path) -> ImageContent:
    """What one image must hold for all components."""
    wanted = [content for content in contents if content is not None]
    for name in ("target_image", "base_image"):
        images = sorted({str(getattr(content, name)) for content in wanted})
        if len(images) > 1:
            raise UsageError(
                f"The components in {folder} have {len(images)} different {name}s: {', '.join(images)}.",
                remedy=f"Give all of them the same {name}, or keep them in folders of their own.",
            )
    return ImageContent(
        wanted[0].target_image,
        wanted[0].base_image,
        tuple(sorted({package for content in wanted for package in content.packages})),
        tuple(dict.fromkeys(url for content in wanted for url in content.index_urls)),
        tuple(dict.fromkeys(host for content in wanted for host in content.trusted_hosts)),
    )


def _dockerfile(content: ImageContent) -> str:
    first, *others = content.index_urls or ("",)
    options = [f"--index-url {first}"] if first else []
    options += [f"--extra-index-url {url}" for url in others]
    options += [f"--trusted-host {host}" for host in content.trusted_hosts]
    pip = " ".join(["pip install --no-cache-dir", *options, "-r", REQUIREMENTS])
    install = [f"COPY {REQUIREMENTS} {REQUIREMENTS}", f"RUN {pip}"] if content.packages else []
    lines = [
        "# Written by kfbridge; yours from now on.",
        f"FROM {content.base_image}",
        f"WORKDIR {HOME}",
        *install,
        "COPY . .",
        f"ENV PYTHONPATH={HOME}/{RUNTIME}",
    ]
    return "\n".join(lines) + "\n"


def _configuration(found: Sequence[tuple[PythonComponent, Path]], folder: Path) -> str:
    entries = [f"{component.python_func.__name__} = {path.relative_to(folder).as_posix()}" for component, path in found]
    return "\n".join(["# Written by kfbridge.", "[Components]", *entries]) + "\n"


def _runtime() -> dict[str, str]:
    """The files by which the image answers ``python3 -m kfp.dsl.executor_main``."""
    worker = "".join(f"    {line}\n" for line in (WORKER % BUNDLE).splitlines() if not line.startswith("import sys"))
    package = _PACKAGE.format(worker=f"    import types\n    import zlib\n    import binascii\n{worker}")
    return {
        f"{RUNTIME}/kfp/__init__.py": package,
        f"{RUNTIME}/kfp/dsl/__init__.py": "",
        f"{RUNTIME}/kfp/dsl/executor_main.py": _MAIN.format(find=getsource(entry.find), run=getsource(entry.run)),
    }


def _write_component(component: PythonComponent, folder: Path) -> Path:
    from kfbridge.compiler import Compiler

    path = folder / f"{component.python_func.__name__}.yaml"
    Compiler().compile(component, path)
    return path
