"""How a process is started in a container: the request that becomes a WebSocket."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.door.exec import ExecWire
from kfbridge.backends.k8s.draft import MAIN
from kfbridge.backends.k8s.resource import POD
from kfbridge.errors import StorageError
from kfbridge.storage.errors import AccessDeniedError, CredentialsError, UnreachableError

_PROTOCOL: Final = "v4.channel.k8s.io"
_CONNECT: Final = 30.0  # seconds
_REFUSED: Final[dict[int, tuple[type[StorageError], str]]] = {
    401: (CredentialsError, "Renew the credentials of the target's context: kubectl --context CONTEXT get pods"),
    403: (AccessDeniedError, "Ask for the verbs get and create on pods/exec, or name a namespace where you have them."),
}


def start(cluster: Cluster, pod: str, command: Sequence[str], where: str) -> ExecWire:
    """Start a process in a pod.

    Args:
        cluster: The cluster.
        pod: The pod.
        command: The process.
        where: What errors name.

    Raises:
        CredentialsError, AccessDeniedError: The server does not allow it.
        UnreachableError: It cannot be reached, or the pod is not there any more.
    """
    import websocket

    settings = cluster.configuration
    url = _url(str(settings.host).rstrip("/"), POD.path(cluster.namespace, pod, "exec"), command)
    headers = [f"{one['key']}: {one['value']}" for one in settings.auth_settings().values() if one["in"] == "header"]
    try:
        made = websocket.create_connection(
            url,
            timeout=_CONNECT,
            sslopt=_tls(settings),
            header=headers,
            subprotocols=[_PROTOCOL],
            suppress_origin=True,
            **_proxy(settings),
        )
    except websocket.WebSocketBadStatusException as error:
        raise _refused(error.status_code, where) from error
    except (websocket.WebSocketException, OSError) as error:
        raise UnreachableError(
            f"The API server cannot be reached for exec in the pod {pod}: {' '.join(str(error).split())[:500]}.",
            where=where,
            remedy="See that the cluster runs, and that no proxy before it stops WebSockets.",
        ) from error
    return ExecWire(made.sock)


def _url(host: str, path: str, command: Sequence[str]) -> str:
    scheme, _, rest = host.partition("://")
    asked = [("container", MAIN), ("stdin", "true"), ("stdout", "true"), ("stderr", "true"), ("tty", "false")]
    query = urlencode([*(("command", word) for word in command), *asked], quote_via=quote)
    return f"{'ws' if scheme == 'http' else 'wss'}://{rest}{path}?{query}"


def _tls(settings: Any) -> dict[str, Any]:
    """What the library ``kubernetes`` gives to requests, as this library calls it."""
    if not settings.verify_ssl:
        found: dict[str, Any] = {"cert_reqs": ssl.CERT_NONE, "check_hostname": False}
    else:
        found = {"cert_reqs": ssl.CERT_REQUIRED}
        if settings.ssl_ca_cert:
            found["ca_certs"] = settings.ssl_ca_cert
        if settings.assert_hostname is not None:
            found["check_hostname"] = bool(settings.assert_hostname)
    optional = {
        "certfile": settings.cert_file,
        "keyfile": settings.key_file,
        "server_hostname": getattr(settings, "tls_server_name", None),
    }
    return found | {name: value for name, value in optional.items() if value}


def _proxy(settings: Any) -> dict[str, Any]:
    if not settings.proxy:
        return {"http_no_proxy": ["*"]}  # as requests go, which this library would look up in the environment by itself
    address = urlsplit(settings.proxy)
    found: dict[str, Any] = {"http_proxy_host": address.hostname, "http_proxy_port": address.port, "proxy_type": "http"}
    if settings.no_proxy:
        found["http_no_proxy"] = str(settings.no_proxy).split(",")
    if address.username:
        found["http_proxy_auth"] = (address.username, address.password or "")
    return found


def _refused(code: int, where: str) -> StorageError:
    reason = f"The API server does not start a process in the door's pod ({code})."
    if code in _REFUSED:
        kind, remedy = _REFUSED[code]
        return kind(reason, where=where, remedy=remedy)
    # it is going away, or is not there any more
    return UnreachableError(reason, where=where, remedy="Try again; see: kubectl get pods -l kfbridge.dev/door")
