"""Finding components by name, in folders and below URLs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from kfbridge.components import ComponentStore
from kfbridge.errors import SpecError, UsageError
from tests.components.website import Site

TRAIN = "name: Train\nimplementation: {container: {image: 'train:1'}}\n"
TAGGED = "name: Train\nimplementation: {container: {image: 'train:2'}}\n"


def publish(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    publish(tmp_path, "ml/train/component.yaml", TRAIN)
    publish(tmp_path, "ml/train/versions/tags/v2", TAGGED)
    publish(tmp_path, "ml/train/versions/sha256/" + hashlib.sha256(TAGGED.encode()).hexdigest(), TAGGED)
    publish(tmp_path, "text/split/component.yaml", TRAIN)
    return tmp_path


@pytest.fixture
def store(folder: Path) -> ComponentStore:
    return ComponentStore(local_search_paths=[folder])


def image(component: object) -> str:
    return component.component_spec.implementation.image  # type: ignore[attr-defined, no-any-return]


def test_by_name(store: ComponentStore) -> None:
    assert image(store.load_component("ml/train")) == "train:1"


def test_by_tag(store: ComponentStore) -> None:
    assert image(store.load_component("ml/train", tag="v2")) == "train:2"


def test_by_digest(store: ComponentStore) -> None:
    assert image(store.load_component("ml/train", digest=hashlib.sha256(TAGGED.encode()).hexdigest())) == "train:2"


def test_a_digest_is_checked(store: ComponentStore, folder: Path) -> None:
    publish(folder, "ml/train/versions/sha256/" + "0" * 64, TRAIN)
    with pytest.raises(UsageError, match="The component 'ml/train' is not the one with the digest 000"):
        store.load_component("ml/train", digest="0" * 64)


def test_a_digest_and_a_tag_are_too_much(store: ComponentStore) -> None:
    with pytest.raises(UsageError, match="by digest or by tag, not both"):
        store.load_component("ml/train", digest="0" * 64, tag="v2")


def test_an_unknown_name_is_refused_with_the_places_and_the_nearest(store: ComponentStore, folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        store.load_component("ml/trian")
    assert str(caught.value) == (
        f"The component 'ml/trian' was not found. Looked for:\n    {folder}/ml/trian/component.yaml\n"
        "  Did you mean 'ml/train'?"
    )


@pytest.mark.parametrize("name", ["../secret", "/etc", "", "a/../../b", "a\\b"])
def test_a_name_cannot_leave_the_store(store: ComponentStore, name: str) -> None:
    with pytest.raises(UsageError, match="does not name a component of a store"):
        store.load_component(name)


def test_the_working_directory_is_the_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert image(ComponentStore().load_component("ml/train")) == "train:1"


def test_search(store: ComponentStore) -> None:
    assert store.search() == ["ml/train", "text/split"]
    assert store.search("TRAIN") == ["ml/train"]


def test_a_file_below_a_search_path(store: ComponentStore, folder: Path) -> None:
    assert image(store.load_component_from_file("ml/train/component.yaml")) == "train:1"
    assert image(store.load_component_from_file(folder / "text/split/component.yaml")) == "train:1"


def test_a_file_that_is_not_there(store: ComponentStore) -> None:
    with pytest.raises(UsageError, match=r"there is no file x\.yaml"):
        store.load_component_from_file("x.yaml")


class TestBelowUrls:
    def test_after_the_folders(self, folder: Path, site: Site) -> None:
        site.pages["/store/web/component.yaml"] = TAGGED.encode()
        store = ComponentStore([folder], [f"{site.address}/nothing", f"{site.address}/store"])
        assert image(store.load_component("web")) == "train:2"
        assert [path for path, _ in site.requests] == ["/nothing/web/component.yaml", "/store/web/component.yaml"]

    def test_a_file_url(self, folder: Path) -> None:
        assert image(ComponentStore([], [folder.as_uri()]).load_component("ml/train", tag="v2")) == "train:2"

    def test_with_credentials(self, site: Site) -> None:
        site.pages["/web/component.yaml"] = TRAIN.encode()
        store = ComponentStore([], [site.address], auth=("ada", "secret"))
        store.load_component("web")
        store.load_component_from_url(f"{site.address}/web/component.yaml")
        assert site.requests == [("/web/component.yaml", "Basic YWRhOnNlY3JldA==")] * 2

    def test_nowhere(self, site: Site) -> None:
        with pytest.raises(UsageError, match=rf"'web' was not found\. Looked for:\n    {site.address}/web/component"):
            ComponentStore([], [site.address]).load_component("web")

    def test_a_server_in_trouble_is_not_passed_over(self, site: Site) -> None:
        site.pages["/web/component.yaml"] = (500, {})
        with pytest.raises(UsageError, match="500 Internal Server Error"):
            ComponentStore([], [site.address, site.address]).load_component("web")

    def test_what_is_no_component_is_refused_with_its_address(self, site: Site) -> None:
        site.pages["/web/component.yaml"] = b"hello: world"
        with pytest.raises(SpecError, match=f"{site.address}/web/component.yaml"):
            ComponentStore([], [site.address]).load_component("web")
