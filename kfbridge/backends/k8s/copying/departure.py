"""After the step: what it left, by KFP's rules, into the stores.

An artifact is where ``executor_output.json`` says, else where the step was given it. Its data go to its URI; where the
step chose a path of its own, from there. A URI that is a path below the folders that the containers share is turned
into the store's; one on a volume claim of the user's is left alone, because it stays there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from kfbridge.backends.k8s.copying.arrival import read_input
from kfbridge.backends.k8s.copying.errand import Errand
from kfbridge.backends.k8s.copying.left import LEFT, Left
from kfbridge.backends.k8s.copying.placing import custom_path, in_order, is_below, path_of_artifact, uri_of
from kfbridge.backends.k8s.copying.report import say, telling
from kfbridge.backends.k8s.copying.stores import Stores, is_stored, stores_of
from kfbridge.engine.outputs import artifacts_written, read_executor_output
from kfbridge.errors import RunError

_SMALL_AT_ONCE: Final = 8
_WORK: Final = "work"  # in the attempt's folder: what has no name of its own there


def take(errand: Errand) -> None:
    """Store what the step left, and then tell of it in ``left.json``.

    Raises:
        RunError: Something that it left cannot be read, or lies where only its own container sees it.
        StorageError: Something could not be stored.
        UsageError: A URI cannot be read.
    """
    begun = time.monotonic()
    with stores_of(errand.root, errand.settings) as stores:
        outputs = json.loads(read_input(errand, stores))["outputs"]
        text = _text(outputs["outputFile"], "its executor output")
        parameters = dict(_parameters(outputs))
        parcels = Parcels(errand, stores, str(Path(outputs["outputFile"]).parent))
        told = read_executor_output(text)
        for name, group in outputs.get("artifacts", {}).items():
            parcels.add(name, group["artifacts"][0], artifacts_written(told, name))
        in_order(parcels.send, list(parcels.paths))
        _send_texts(errand, stores, outputs, text, parameters)
        left = Left(None if text is None else json.dumps(told), parameters, parcels.stored)
        with telling(f"{LEFT} cannot be stored"):
            stores.root.write_bytes(f"{errand.attempt}/{LEFT}", left.to_bytes())
    say(f"stored {len(parcels.paths)} output artifacts in {time.monotonic() - begun:.1f} s")


class Parcels:
    """The data that go to stores.

    Args:
        errand: What is shared in the pod.
        stores: The stores.
        work: The folder of the executor output, in which `dsl.get_uri` makes paths.

    Attributes:
        paths: Name and path of the data, by the URI to which they go.
        stored: The URIs with data, by the name of the output.
    """

    def __init__(self, errand: Errand, stores: Stores, work: str) -> None:
        self._errand = errand
        self._stores = stores
        self._work = work
        self.paths: dict[str, tuple[str, str]] = {}
        self.stored: dict[str, list[str]] = {}

    def add(self, name: str, given: Mapping[str, Any], told: list[dict[str, Any]]) -> None:
        """Take the artifacts of one output; what the step told of them is corrected in place.

        Args:
            name: The output.
            given: The artifact that the step was given.
            told: Those that it tells of; it may be more than one.

        Raises:
            RunError: One lies where only the step's own container sees it, or nothing opens its URI.
        """
        uris = self.stored[name] = []
        for one in told or [{}]:
            uri = str(one.get("uri") or given["uri"]).rstrip("/")
            said = custom_path(one) or (custom_path(given) if uri == given["uri"] else "")
            metadata = one.get("metadata") or given.get("metadata")
            path = path_of_artifact({"uri": uri, "custom_path": said, "metadata": metadata})
            if not said and self._stays(uri, path):
                continue
            if not is_below(path, self._errand.folders):
                raise self._out_of_sight(name, path)
            one["uri"] = uri = self._place(uri, path)
            one.pop("custom_path", None)
            one.pop("customPath", None)
            if os.path.lexists(path):
                self._add(name, uri, path)
                uris.append(uri)

    def send(self, uri: str) -> None:
        """Store the data of one URI.

        Raises:
            StorageError: They cannot be read or stored.
        """
        name, path = self.paths[uri]
        with telling(f"its output artifact {name!r} cannot be stored"):
            stored = self._stores.find(uri)
            stored.storage.put(Path(path), stored.name)

    def _stays(self, uri: str, path: str) -> bool:
        """Whether a URI is a reference: a path on a volume that stays, or of a kind that has no place in the pod."""
        if "://" in uri and not uri.startswith("file://"):
            return not is_stored(uri) and not os.path.lexists(path)
        return is_below(path, self._errand.volumes)

    def _place(self, uri: str, path: str) -> str:
        """The URI at which data are stored that the step put at a path, of which the path may be the URI."""
        if "://" in uri and not uri.startswith("file://"):
            return uri
        if is_below(path, (self._work,)):
            return self._stores.locate(f"{self._errand.attempt}/{_WORK}/{Path(path).relative_to(self._work)}")
        return uri_of(path)

    def _add(self, name: str, uri: str, path: str) -> None:
        if not is_stored(uri):
            raise RunError(
                f"the step wrote its output artifact {name!r} to {path}, and nothing opens its URI {uri}",
                remedy="Leave the artifact its URI, or give it one of a store: s3://, gs://, az://.",
            )
        other = self.paths.setdefault(uri, (name, path))
        if other[1] != path:
            raise RunError(
                f"the step put both {other[1]} and {path} at the URI {uri}",
                remedy="Give each artifact of a list a URI of its own.",
            )

    def _out_of_sight(self, name: str, path: str) -> RunError:
        return RunError(
            f"the step put its output artifact {name!r} at {path}, which only its own container sees",
            remedy=f"Write to the artifact's own .path, or below one of {', '.join(self._errand.folders)}.",
        )


def _parameters(outputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts that the step wrote for its output parameters."""
    for name, one in outputs.get("parameters", {}).items():
        text = _text(one["outputFile"], f"its output parameter {name!r}")
        if text is not None:
            yield name, text


def _send_texts(
    errand: Errand, stores: Stores, outputs: Mapping[str, Any], text: str | None, parameters: Mapping[str, str]
) -> None:
    """Store what people look at: the executor output as it was written, and the files of the parameters."""
    files = {f"outputs/{Path(outputs['parameters'][name]['outputFile']).name}": parameters[name] for name in parameters}
    if text is not None:
        files["executor_output.json"] = text

    def send(name: str) -> None:
        with telling(f"{name} cannot be stored"):
            stores.root.write_bytes(f"{errand.attempt}/{name}", files[name].encode())

    with ThreadPoolExecutor(_SMALL_AT_ONCE, thread_name_prefix="kfbridge-copy") as threads:
        list(threads.map(send, files))


def _text(place: str, what: str) -> str | None:
    try:
        return Path(place).read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise RunError(
            f"{what} is not UTF-8 text: {error.reason} at byte {error.start}",
            remedy="Write text to it; other data belong into an artifact.",
        ) from error
    except OSError as error:
        raise RunError(
            f"{what} cannot be read: {place}: {error.strerror}",
            remedy="Let the step write a file there that other users may read.",
        ) from error
