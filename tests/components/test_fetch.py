"""Text from URLs: what is read, what is refused, and where credentials go."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfbridge.components.fetch import NotThere, fetch
from kfbridge.errors import UsageError
from tests.components.website import Site


def test_a_page(site: Site) -> None:
    site.pages["/c.yaml"] = "größe".encode()
    assert fetch(f"{site.address}/c.yaml") == "größe"


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "a b.yaml").write_text("name: x")
    assert fetch((tmp_path / "a b.yaml").as_uri()) == "name: x"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match=f"There is no file {tmp_path}/x"):
        fetch(f"file://{tmp_path}/x")


def test_a_page_that_is_not_there(site: Site) -> None:
    with pytest.raises(NotThere, match=r"The server did not give http://.*/x: 404 Not Found\.\n  Correct the address"):
        fetch(f"{site.address}/x")


def test_a_server_in_trouble_is_not_the_same_as_a_missing_page(site: Site) -> None:
    site.pages["/x"] = (503, {})
    with pytest.raises(UsageError, match="503 Service Unavailable") as caught:
        fetch(f"{site.address}/x")
    assert not isinstance(caught.value, NotThere)


def test_a_user_and_password(site: Site) -> None:
    site.pages["/x"] = b"ok"
    fetch(f"{site.address}/x", ("ada", "secret"))
    assert site.requests == [("/x", "Basic YWRhOnNlY3JldA==")]


def test_an_object_that_sets_headers(site: Site) -> None:
    site.pages["/x"] = b"ok"
    fetch(f"{site.address}/x", lambda request: request.headers.update(Authorization="Bearer token"))
    assert site.requests == [("/x", "Bearer token")]


@pytest.mark.parametrize("auth", [("ada", "secret"), lambda request: request.headers.update(Authorization="Bearer t")])
def test_credentials_do_not_follow_a_redirect(site: Site, other_site: Site, auth: object) -> None:
    site.pages["/x"] = (302, {"Location": f"{other_site.address}/y"})
    other_site.pages["/y"] = b"moved"
    assert fetch(f"{site.address}/x", auth) == "moved"  # type: ignore[arg-type]
    assert other_site.requests == [("/y", None)]


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://127.0.0.1/x"])
def test_a_server_cannot_point_to_a_file_or_another_protocol(site: Site, address: str) -> None:
    site.pages["/x"] = (302, {"Location": address})
    with pytest.raises(UsageError, match=r"The server did not give .*: 302 .*(not safe|not allowed)"):
        fetch(f"{site.address}/x")


def test_a_server_that_takes_too_long(site: Site) -> None:
    site.delay = 5
    with pytest.raises(UsageError, match=r"The server took longer than 0\.1 seconds\."):
        fetch(f"{site.address}/x", timeout=0.1)


def test_too_much_text(site: Site) -> None:
    site.pages["/x"] = b"x" * (2**20 + 1)
    with pytest.raises(UsageError, match="is larger than 1 MB"):
        fetch(f"{site.address}/x", max_bytes=2**20)


def test_what_is_not_text(site: Site) -> None:
    site.pages["/x"] = b"\xff\xfe"
    with pytest.raises(UsageError, match="is not UTF-8 text"):
        fetch(f"{site.address}/x")


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"It cannot be read: Connection refused\.\n  Check the address"):
        fetch("http://127.0.0.1:9/x")


@pytest.mark.parametrize("url", ["gs://bucket/c.yaml", "ftp://host/c.yaml", "component.yaml", "http://"])
def test_addresses_of_another_kind(url: str) -> None:
    with pytest.raises(UsageError):
        fetch(url)
