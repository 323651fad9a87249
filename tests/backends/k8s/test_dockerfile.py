"""What the Dockerfile promises, as far as it can be seen without building it; ``.ci/try-dockerfile`` builds it."""

from __future__ import annotations

import re
import sys
from fnmatch import fnmatch

import pytest
from packaging.requirements import Requirement

from tests.conftest import REPOSITORY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEXT = (REPOSITORY / "Dockerfile").read_text()
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"(?m)^\s*#.*\n", "", TEXT).replace("\\\n", " ").splitlines()
    if line.strip()
]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
EXTRAS = re.findall(r"(?m)^ARG EXTRAS=(.*)$", TEXT)[0].split(",")


def said(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def test_the_image_runs_as_a_number_that_is_not_root() -> None:
    last = max(number for number, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM")
    users = [rest for name, rest in INSTRUCTIONS[last:] if name == "USER"]
    user = int(users[-1].split(":")[0])  # Kubernetes cannot tell that a user by name is not root
    assert user == 65532


def test_every_stage_begins_with_the_base_that_is_pinned_once() -> None:
    assert {rest.split(" AS ")[0] for rest in said("FROM")} == {"${PYTHON_IMAGE}"}
    (base,) = re.findall(r"(?m)^ARG PYTHON_IMAGE=(.*)$", TEXT)
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+\.\d+-slim-[a-z]+", base)


def test_nothing_comes_from_the_network_but_packages_and_nothing_is_of_one_processor() -> None:
    assert said("ADD") == []
    assert not re.search(r"curl|wget|apt-get|https?://|x86_64|amd64|aarch64|arm64", " ".join(said("RUN")))


def test_the_extras_exist_and_the_cluster_tests_image_has_the_same() -> None:
    assert set(EXTRAS) <= set(PROJECT["optional-dependencies"])
    script = (REPOSITORY / ".ci" / "runtime-image").read_text()
    assert re.findall(r'"([a-z0-9]+)"', re.findall(r"(?m)^RUNTIME = \((.*)\)$", script)[0]) == EXTRAS


def test_what_is_installed_is_pinned_to_a_version_that_fits() -> None:
    lines = (REPOSITORY / "image-constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    wanted = [*PROJECT["dependencies"], "hatchling"]
    wanted += [one for extra in EXTRAS for one in PROJECT["optional-dependencies"][extra]]
    for requirement in map(Requirement, wanted):
        if requirement.marker is None or requirement.marker.evaluate({"python_version": "3.12"}):
            assert requirement.specifier.contains(pins[requirement.name.lower()]), requirement


NEEDED = ("pyproject.toml", "README.md", "LICENSE", "Dockerfile", "image-constraints.txt", "kfbridge")


@pytest.mark.parametrize("name", NEEDED)
def test_the_build_is_sent_what_it_needs(name: str) -> None:
    assert (REPOSITORY / name).exists()
    ignored = False
    for line in (REPOSITORY / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if not line.startswith("#") and fnmatch(name, pattern):  # the last pattern that fits counts
            ignored = not line.startswith("!")
    assert not ignored
