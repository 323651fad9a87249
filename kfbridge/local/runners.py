"""KFP's local runners, as settings of the local backend."""

from __future__ import annotations

from dataclasses import dataclass

from kfbridge.dsl.location import here
from kfbridge.errors import UsageError


@dataclass(frozen=True, slots=True)
class SubprocessRunner:
    """Python functions run as processes of this machine; container components are refused.

    The fields are KFP's and change nothing here: packages always go into an environment that is kept for the next
    run, and each environment is made once.
    """

    use_venv: bool = True
    serialize_pip_installs: bool = True
    max_concurrent_pip_installs: int = 1

    @property
    def containers(self) -> str:
        """The setting ``containers`` of the target."""
        return "refuse"


class DockerRunner:
    """As `SubprocessRunner`, and container components run by the docker command line.

    Python functions run as processes here, not in their images, as everywhere on the local backend.

    Args:
        max_concurrent_pip_installs: Changes nothing; see `SubprocessRunner`.
        container_run_args: None are taken; KFP hands them to Docker's own library.

    Raises:
        UsageError: There are some.
    """

    def __init__(self, max_concurrent_pip_installs: int = 1, **container_run_args: object) -> None:
        self.max_concurrent_pip_installs = max_concurrent_pip_installs
        if container_run_args:
            raise UsageError(
                f"local.DockerRunner cannot hand {', '.join(container_run_args)} on to Docker.",
                where=here(),
                remedy="Name a wrapper of the docker command line as docker_command in kfbridge.toml.",
            )

    @property
    def containers(self) -> str:
        """The setting ``containers`` of the target."""
        return "docker"
