"""What each pipeline of the KFP corpus must do on this machine, as the files in ``expectations`` say it.

One YAML file for each folder of the corpus, one entry for each pipeline. They were written by reading the pipelines
(the functions stand in the IR), not by copying what came out. An entry holds

* what the run is given: ``arguments``, ``environment`` (variables), ``files`` (name to text, in a scratch folder that
  is ``{folder}`` in an argument), ``secrets``, ``volumes`` (claims that are there already), ``programs`` that
  must be installed here; ``mounts: true`` where the machine must be able to mount a folder for a step;
* ``state``: how the run ends (``succeeded`` when not said);
* ``steps``: every step that runs, by path, and no other. ``[0-2]`` in a path stands for three iterations that are
  alike; with ``[*]`` the entry is a list, one element an iteration. What is said of a step: its outputs by name, its
  ``state``, its number of ``attempts``, the lines it ``prints`` (among others, in that order). An artifact is an object
  with any of ``text`` (the file), ``begins``, ``metadata``, ``type``, ``uri``; ``{matches: REGEX}`` is part of a text;
* ``skipped``: every group and step that is skipped; ``order``: chains of tasks, each over before the next begins;
* ``outputs``: the outputs of the pipeline;
* ``cached_next_time``: the steps that a second run takes from the first;
* ``drawn: true``: it draws random numbers; `tests.corpus.drawn` says what follows from them;
* ``also``: a list of further entries, for other arguments;
* ``cannot``: why it cannot run offline; then ``state`` and ``says`` are how it ends and a part of the error,
  ``with_index`` is an entry for where packages can be installed, and ``with_stand_in`` one for where programs that the
  pipeline needs are played by shell scripts: its ``stand_ins``, by name.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "expectations"

Steps = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of one pipeline; the module says what the fields mean."""

    state: str = "succeeded"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    mounts: bool = False
    steps: Steps = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()
    order: tuple[tuple[str, ...], ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    cached_next_time: frozenset[str] | None = None
    drawn: bool = False
    minutes: int = 0
    cannot: str = ""
    says: str = ""
    also: tuple[Expectation, ...] = ()
    with_index: Expectation | None = None
    with_stand_in: Expectation | None = None


@functools.cache
def expectations() -> Mapping[str, Expectation]:
    """Every expectation by the pipeline's file, such as ``critical/parameter_cache``, in the order of the table."""
    return {
        f"{path.stem}/{name}": _expectation(entry)
        for path in sorted(FOLDER.glob("*.yaml"))
        for name, entry in yaml.safe_load(path.read_text(encoding="utf-8")).items()
    }


def spread(steps: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The steps with every iteration by itself."""
    return {path: said or {} for pattern, entry in steps.items() for path, said in _iterations(pattern, entry)}


# ----------------------------------------------------------------------------------------------------


def _expectation(entry: Mapping[str, Any]) -> Expectation:
    given = dict(entry)
    given["steps"] = spread(given.get("steps", {}))
    given["skipped"] = frozenset(given.get("skipped", ()))
    given["volumes"] = tuple(given.get("volumes", ()))
    given["programs"] = tuple(given.get("programs", ()))
    given["order"] = tuple(tuple(chain) for chain in given.get("order", ()))
    given["also"] = tuple(_expectation(other) for other in given.get("also", ()))
    for name in {"with_index", "with_stand_in"} & given.keys():
        given[name] = _expectation(given[name])
    if "cached_next_time" in given:
        given["cached_next_time"] = frozenset(given["cached_next_time"])
    return Expectation(**given)


def _iterations(pattern: str, entry: Any) -> Iterator[tuple[str, Any]]:
    ranged = re.search(r"\[(\d+)-(\d+)]", pattern)
    if ranged is not None:
        for index in range(int(ranged[1]), int(ranged[2]) + 1):
            yield from _iterations(f"{pattern[: ranged.start()]}[{index}]{pattern[ranged.end() :]}", entry)
    elif isinstance(entry, list):
        assert pattern.count("[*]") == 1, pattern
        for index, one in enumerate(entry):
            yield pattern.replace("[*]", f"[{index}]"), one
    else:
        yield pattern, entry
