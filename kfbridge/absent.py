"""What of KFP needs a KFP server, which kfbridge has not: names that can be imported, and say so when they are called.

Pipeline files often import ``kfp.Client`` at the top and use it under ``if __name__ == "__main__"``; such a file works.
"""

from __future__ import annotations

from typing import Any, NoReturn

from kfbridge.dsl.location import here
from kfbridge.errors import UsageError

__all__ = [
    "ApiAuth",
    "Client",
    "KubernetesBackendConfig",
    "PipelinesClient",
    "RegistryClient",
    "ServiceAccountTokenVolumeCredentials",
    "TokenCredentialsBase",
]


class _NeedsServer:
    """Something whose only use is to talk to a KFP server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse(type(self).__name__)


def _refuse(name: str) -> NoReturn:
    raise UsageError(
        f"{name} talks to a KFP server, and kfbridge has none.",
        where=here(),
        remedy="Put it under if __name__ == '__main__', and start runs with `kfbridge run FILE` or kfbridge.run(...).",
    )


class Client(_NeedsServer):
    """``kfp.Client``."""


class RegistryClient(_NeedsServer):
    """``kfp.registry.RegistryClient``."""


class ApiAuth(_NeedsServer):
    """``kfp.registry.ApiAuth``."""


class PipelinesClient(_NeedsServer):
    """``kfp.kubeflow_client.PipelinesClient``."""


class KubernetesBackendConfig(_NeedsServer):
    """``kfp.kubeflow_client.KubernetesBackendConfig``."""


class TokenCredentialsBase(_NeedsServer):
    """``kfp.client.TokenCredentialsBase``."""


class ServiceAccountTokenVolumeCredentials(TokenCredentialsBase):
    """``kfp.client.ServiceAccountTokenVolumeCredentials``."""
