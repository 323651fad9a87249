"""The API server of a target: requests and answers as JSON.

The library ``kubernetes`` finds the cluster and the credentials (kubeconfig with its plugins, or the account of the
pod) and keeps the connections; its thousands of model classes are left alone, because objects are plain data here.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.faults import Refusal, refused, unreachable
from kfbridge.backends.k8s.resource import BY_KIND, Resource
from kfbridge.errors import BackendError

Document = dict[str, Any]

_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")  # there in pods alone
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
_CONNECT: Final = 10.0  # seconds
_READ: Final = 60.0  # seconds
_FIRST_WAIT: Final = 0.2  # seconds; doubled for each further try
_SETTLING: Final = 15.0  # seconds after a fault in which a 403 is not taken for the last word
_LONGEST_WAIT: Final = 5.0  # seconds
_USUAL_CONNECTIONS: Final = 32


class Cluster:
    """What kfbridge asks of an API server, in one namespace. Every method may be called from several threads.

    Requests that fail for a passing reason (no connection, 429, 5xx) are tried again for `patience` seconds.

    Args:
        config: The target: kubeconfig, context and namespace.
        patience: Seconds.

    Raises (every method):
        BackendError: The library is missing, no cluster is configured, it cannot be reached, or it says no; see
            `kfbridge.backends.k8s.faults`.
    """

    def __init__(self, config: Config, patience: float = 120.0) -> None:
        self._config = config
        self.patience = patience
        self._last_fault = float("-inf")  # when the server was last not there, by the steady clock

    @cached_property
    def namespace(self) -> str:
        """The target's namespace; the context's own where it names none."""
        if self._config.namespace:
            return self._config.namespace
        if self._inside:
            return _ACCOUNT.read_text(encoding="ascii").strip()
        from kubernetes import config as kubeconfig

        with _configuring(self._config):
            contexts, active = kubeconfig.list_kube_config_contexts(self._config.kubeconfig)
        named = [one for one in contexts if one["name"] == self._config.context]
        return str((named[0] if named else active)["context"].get("namespace") or "default")

    @cached_property
    def version(self) -> tuple[int, int]:
        """The server's version: (1, 20)."""
        found = self.request("GET", "/version")
        return int(found["major"]), int("".join(filter(str.isdigit, found["minor"])))

    def create(self, document: Mapping[str, Any]) -> Document:
        """Make an object, in the namespace of the target.

        Raises:
            Refusal: With the code 409 where there is one of that name already.
        """
        return self.request("POST", _resource(document).path(self.namespace), body=document)

    def create_once(self, document: Mapping[str, Any]) -> None:
        """Make an object unless there is one of that name, which is taken for the same."""
        try:
            self.create(document)
        except Refusal as error:
            if error.cause != "AlreadyExists":
                raise

    def get(self, resource: Resource, name: str) -> Document | None:
        """One object; None where there is none of that name."""
        try:
            return self.request("GET", resource.path(self.namespace, name))
        except Refusal as error:
            if error.code == 404:
                return None
            raise

    def list(self, resource: Resource, selector: str = "", fields: str = "") -> Document:
        """The objects with these labels and fields, as the server's list: ``items``, and its ``metadata``."""
        query = {"labelSelector": selector, "fieldSelector": fields}
        return self.request("GET", resource.path(self.namespace), query=query)

    def patch(self, resource: Resource, name: str, change: Mapping[str, Any]) -> Document:
        """Change an object by a merge patch (RFC 7386)."""
        return self.request("PATCH", resource.path(self.namespace, name), body=change)

    def delete(self, resource: Resource, name: str, grace: int | None = None) -> bool:
        """Remove an object, and in the background all that it owns; whether there was one.

        Args:
            resource: Its kind.
            name: Its name.
            grace: How many seconds its containers may take to end; as long as the pod says when left out.
        """
        try:
            self.request("DELETE", resource.path(self.namespace, name), body=_deletion(grace))
        except Refusal as error:
            if error.code == 404:
                return False
            raise
        return True

    def delete_all(self, resource: Resource, selector: str, grace: int | None = None) -> None:
        """Remove all objects with these labels; see `delete`."""
        path = resource.path(self.namespace)
        self.request("DELETE", path, query={"labelSelector": selector}, body=_deletion(grace))

    def log(self, pod: str, container: str, *, follow: bool = False, previous: bool = False) -> Iterator[bytes]:
        """What a container has printed, in pieces as they come; with `follow` until it ends."""
        from kfbridge.backends.k8s.resource import POD

        query = {"container": container, **({"follow": "true"} if follow else {})}
        if previous:
            query["previous"] = "true"
        yield from self.stream(POD.path(self.namespace, pod, "log"), query, None if follow else _READ)

    def stream(self, path: str, query: Mapping[str, str], silence: float | None) -> Iterator[bytes]:
        """The body of an answer, in pieces as they come; a connection that is silent for longer is given up.

        Raises:
            Refusal: The server says no.
            BackendError: The connection broke, which is transient: the caller knows whether to begin anew.
        """
        response = self._answer("GET", path, query, None, silence)
        try:
            with _reaching(path):
                yield from response.stream(amt=None, decode_content=False)
        finally:
            response.close()
            response.release_conn()

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Document:
        """One request, tried again as long as it fails for a passing reason; the answer's document."""
        response = self._answer(method, path, query or {}, body, _READ)
        with _reaching(path):
            return dict(json.loads(response.read()))

    def _answer(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None, silence: float | None
    ) -> Any:
        until, wait = time.monotonic() + self.patience, _FIRST_WAIT
        while True:
            try:
                return self._once(method, path, query, body, silence)
            except BackendError as error:
                pause = getattr(error, "wait", None) or wait
                if error.transient:
                    self._last_fault = time.monotonic()
                elif not self._may_be_settling(error):
                    raise
                if time.monotonic() + pause > until:
                    raise
            time.sleep(pause)
            wait = min(_LONGEST_WAIT, 2 * wait)

    def _may_be_settling(self, error: BackendError) -> bool:
        """Whether a server that has just come again may refuse what it will grant once it has read its roles."""
        return getattr(error, "code", None) == 403 and time.monotonic() - self._last_fault < _SETTLING

    def _once(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None, silence: float | None
    ) -> Any:
        from urllib3 import Timeout
        from urllib3.util import parse_url

        patch = method == "PATCH"
        kind = "application/merge-patch+json" if patch else "application/json"
        headers = {"Accept": "application/json", **({"Content-Type": kind} if body is not None else {})}
        with _reaching(path):
            response = self._pool.request_encode_url(
                method,
                str(parse_url(self._host + path)),
                fields={name: value for name, value in query.items() if value},
                headers={**headers, **self._credentials()},
                preload_content=False,
                retries=False,
                timeout=Timeout(connect=_CONNECT, read=silence),
                **({"body": json.dumps(body).encode()} if body is not None else {}),
            )
            if response.status < 300:
                return response
            text = response.read()
            response.release_conn()
        raise refused(method, path, response.status, text, response.headers.get("Retry-After"), _PASSING)

    def _credentials(self) -> dict[str, str]:
        """The headers by which the server knows us, made anew each time: tokens run out."""
        settings = self._configuration.auth_settings().values()
        return {one["key"]: one["value"] for one in settings if one["in"] == "header" and one["value"]}

    @property
    def _host(self) -> str:
        return str(self._configuration.host).rstrip("/")

    @property
    def configuration(self) -> Any:
        """The ``kubernetes.client.Configuration`` of the cluster, for what speaks another protocol (exec)."""
        return self._configuration

    @property
    def _inside(self) -> bool:
        """Whether this is a pod, and the target names no other cluster."""
        return not (self._config.kubeconfig or self._config.context) and _ACCOUNT.exists()

    @cached_property
    def _configuration(self) -> Any:
        try:
            from kubernetes import client
            from kubernetes import config as kubeconfig
        except ImportError as error:
            raise BackendError(
                "The library kubernetes is not installed.",
                remedy='Install it with: pip install "kfbridge[k8s]"',
                backend="k8s",
            ) from error
        made = client.Configuration()
        made.connection_pool_maxsize = _USUAL_CONNECTIONS
        with _configuring(self._config):
            if self._inside:
                kubeconfig.load_incluster_config(made)
            else:
                kubeconfig.load_kube_config(self._config.kubeconfig, self._config.context, made, persist_config=False)
        return made

    @cached_property
    def _pool(self) -> Any:
        from kubernetes.client.rest import RESTClientObject

        with _configuring(self._config):
            return RESTClientObject(self._configuration).pool_manager


def _resource(document: Mapping[str, Any]) -> Resource:
    known = BY_KIND[document["kind"]]
    return Resource(known.kind, document["apiVersion"], known.plural)


def _deletion(grace: int | None) -> Document:
    options: Document = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
    return options if grace is None else {**options, "gracePeriodSeconds": grace}


@contextmanager
def _configuring(config: Config) -> Iterator[None]:
    """What the library says about a kubeconfig, as an error of ours."""
    from kubernetes.config import ConfigException
    from yaml import YAMLError

    try:
        yield
    except (ConfigException, OSError, YAMLError, ssl.SSLError, TypeError) as error:
        where = config.kubeconfig or "KUBECONFIG or ~/.kube/config"
        said = f", context {config.context}" if config.context else ""
        why = _unknown_context(config) or " ".join(str(error).split())
        raise BackendError(
            f"The kubeconfig cannot be used ({where}{said}): {why}",
            remedy="Set kubeconfig and context in kfbridge.toml to what `kubectl config get-contexts` shows.",
            backend="k8s",
        ) from error


def _unknown_context(config: Config) -> str:
    """What is wrong where the kubeconfig has no context of the target's name; empty where something else is."""
    from kubernetes import config as kubeconfig
    from kubernetes.config import ConfigException
    from yaml import YAMLError

    try:
        contexts, _ = kubeconfig.list_kube_config_contexts(config.kubeconfig)
    except (ConfigException, OSError, YAMLError, TypeError):
        return ""
    names = [str(one["name"]) for one in contexts]
    if config.context is None or config.context in names:
        return ""
    return f"it has no context {config.context!r}; it has: {', '.join(names)}"


@contextmanager
def _reaching(path: str) -> Iterator[None]:
    """A connection that cannot be made, or breaks, as an error of ours."""
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (HTTPError, OSError) as error:
        raise unreachable(path, error) from error
    except ValueError as error:  # an answer that was cut off is no JSON
        raise unreachable(path, error) from error
