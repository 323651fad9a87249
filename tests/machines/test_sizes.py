"""The user's own sizes: what a row means, what is refused, and that nothing is ever lost."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfbridge.errors import RequestError
from kfbridge.machines import own
from kfbridge.machines.machine import Machine, Price
from kfbridge.machines.quantity import GIB
from kfbridge.machines.sizes import parse_sizes
from kfbridge.machines.table import machines
from kfbridge.machines.update import update

NEW = "provider,name,vcpu,memory_gib,source\nvertex,n2-standard-8,8,32,our quota page\n"
PRICE = "provider,name,price_usd_hour,price_date,price_source\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def take(text: str, folder: Path, name: str = "mine.csv") -> own.Path:
    file = folder.parent / name
    file.write_text(text, encoding="utf-8")
    return update(file, folder).file


def named(provider: str, name: str, folder: Path) -> list[Machine]:
    return [machine for machine in machines(provider, folder) if machine.name == name]


class TestRows:
    def test_a_new_size(self, folder: Path) -> None:
        take(NEW, folder)
        [machine] = named("vertex", "n2-standard-8", folder)
        assert (machine.vcpu, machine.memory, machine.accelerator) == (8, 32 * GIB, None)
        assert machine.source == "our quota page"
        assert len(machines("vertex", folder)) == len(machines("vertex")) + 1
        assert machines("sagemaker", folder) is machines("sagemaker")

    def test_a_new_size_with_accelerators(self, folder: Path) -> None:
        take(
            "provider,name,vcpu,memory_gib,accelerator,accelerator_count,accelerator_memory_gib,native_accelerator,traits,source\n"
            "sagemaker,ml.p7.48xlarge,192,4096,NVIDIA H100,8,80,,training; arm64,hearsay\n",
            folder,
        )
        [machine] = named("sagemaker", "ml.p7.48xlarge", folder)
        assert machine.accelerators == "8 x H100-80GB"
        assert machine.traits == {"training", "arm64"}

    def test_a_price_for_a_known_size_leaves_its_figures(self, folder: Path) -> None:
        take(f"{PRICE}vertex,a2-highgpu-1g,3.67,2026-11-01,an invoice\n", folder)
        [machine] = named("vertex", "a2-highgpu-1g", folder)
        assert machine.price == Price(Fraction("3.67"), date(2026, 11, 1), "an invoice")
        [shipped] = [one for one in machines("vertex") if one.name == "a2-highgpu-1g"]
        assert (machine.vcpu, machine.accelerator, machine.source) == (
            shipped.vcpu,
            shipped.accelerator,
            shipped.source,
        )
        assert shipped.price is None

    def test_a_size_with_a_choice_of_accelerators_is_named_with_them(self, folder: Path) -> None:
        header = "provider,name,accelerator,accelerator_count,price_usd_hour,price_date,price_source\n"
        rows = "vertex,n1-standard-4,T4,2,0.9,2026-11-01,x\nvertex,n1-standard-4,,,0.2,2026-11-01,x\n"
        take(header + rows, folder)
        prices = {machine.accelerators: machine.price for machine in named("vertex", "n1-standard-4", folder)}
        assert {name: float(price.usd_per_hour) for name, price in prices.items() if price} == {"2 x T4": 0.9, "": 0.2}

    def test_a_correction_replaces_what_it_says(self, folder: Path) -> None:
        take("provider,name,memory_gib,source\nazureml,Standard_E96ds_v5,768,measured\n", folder)
        [machine] = named("azureml", "Standard_E96ds_v5", folder)
        assert (machine.vcpu, machine.memory, machine.source) == (96, 768 * GIB, "measured")

    def test_no_file_is_no_sizes(self, folder: Path) -> None:
        assert machines("vertex", folder) is machines("vertex")


HEADER = (
    "provider,name,vcpu,memory_gib,accelerator,accelerator_count,accelerator_memory_gib,"
    "traits,price_usd_hour,price_date,price_source,source\n"
)


class TestRefusals:
    @pytest.mark.parametrize(
        ("row", "problem"),
        [
            ("gcp,x,1,1,,,,,,,,s", "the provider is 'gcp', and not one of vertex, sagemaker, azureml"),
            ("vertex,,1,1,,,,,,,,s", "'' is not a name of a machine"),
            ("vertex,a b,1,1,,,,,,,,s", "'a b' is not a name of a machine"),
            ("vertex,x,many,1,,,,,,,,s", "vcpu is 'many', and not a number above 0"),
            ("vertex,x,-1,1,,,,,,,,s", "vcpu is '-1', and not a number above 0"),
            ("vertex,x,1e9,1,,,,,,,,s", "vcpu is '1e9', and not a number above 0"),
            ("vertex,x,1,0,,,,,,,,s", "memory_gib is '0', and not a number above 0"),
            ("vertex,x,1,nan,,,,,,,,s", "memory_gib is 'nan', and not a number above 0"),
            ("vertex,x,1,1,T4,1/0,,,,,,s", "accelerator_count is '1/0', and not a number above 0"),
            ("vertex,x,1,1,T4,,,,,,,s", "accelerator and accelerator_count go together"),
            ("vertex,x,1,1,,2,,,,,,s", "accelerator and accelerator_count go together"),
            ("vertex,x,1,1,A100,1,,,,,,s", "The accelerator 'A100' is ambiguous: it can be A100-40GB or A100-80GB."),
            ("vertex,x,1,1,nvidia.com/gpu,1,,,,,,s", "'nvidia.com/gpu' is no model of an accelerator."),
            ("vertex,x,1,1,,,,fast,,,,s", "there is no trait 'fast'"),
            ("vertex,x,1,1,,,,,1,,,s", "a price needs its date and its source"),
            ("vertex,x,1,1,,,,,1,yesterday,me,s", "price_date is 'yesterday', and not a date such as 2026-11-21"),
            ("vertex,x,1,1,,,,,,,,", "the source of its figures is missing"),
            ("vertex,x,,,,,,,,,,s", "it says nothing about the machine"),
            ("vertex,x,1,1,,,,,,,,s,more,,x", "there is more than the columns hold: 'more,,x'"),
            (
                "vertex,x,1,,,,,,,,,s",
                "x is not in the tables as it stands here; a new size needs vcpu, memory_gib and source",
            ),
            ("vertex,n1-standard-4,,,T4,3,,,1,2026-11-01,me,s", "n1-standard-4 is not in the tables as it stands here"),
            ("sagemaker,ml.x,1,1,,,,,,,,s", "ml.x is new on SageMaker and needs processing, training or both"),
        ],
    )
    def test_a_wrong_row_is_named_by_its_line(self, row: str, problem: str, folder: Path) -> None:
        with pytest.raises(RequestError) as caught:
            take(f"{HEADER}vertex,ok,1,1,,,,,,,,s\n{row}\n", folder)
        assert caught.value.where == str(folder.parent / "mine.csv")
        assert f"line 3: {problem}" in caught.value.reason
        assert caught.value.remedy is not None
        assert "its columns are: provider,name,vcpu" in caught.value.remedy
        assert list(folder.iterdir()) == []

    def test_every_wrong_row_is_named_at_once_up_to_ten(self, folder: Path) -> None:
        with pytest.raises(RequestError) as caught:
            take(HEADER + "vertex,x y,1,1,,,,,,,,s\n" * 12, folder)
        assert caught.value.reason.startswith("It has 12 things that cannot be read:\n  line 2: 'x y' is not a name")
        assert caught.value.reason.endswith("line 11: 'x y' is not a name of a machine\n  and 2 more")

    def test_lines_are_counted_as_an_editor_counts_them(self, folder: Path) -> None:
        text = HEADER + '\n"vertex",ok,1,1,,,,,,,,"two\nlines"\n\nvertex,x y,1,1,,,,,,,,s\n'
        with pytest.raises(RequestError, match="line 6: 'x y' is not a name of a machine"):
            take(text, folder)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "line 1: the column 'provider' is missing"),
            ("provider,vcpu\n", "line 1: the column 'name' is missing"),
            ("provider,name,vcpus\n", "line 1: there is no column 'vcpus'. Did you mean 'vcpu'?"),
            ('provider,name\n"vertex,x\n', "It is not a CSV file"),
        ],
    )
    def test_a_wrong_header_or_no_csv(self, text: str, problem: str, folder: Path) -> None:
        with pytest.raises(RequestError) as caught:
            take(text, folder)
        assert problem in caught.value.reason

    def test_the_same_size_twice(self, folder: Path) -> None:
        with pytest.raises(RequestError, match="line 3: it is on line 2 already"):
            take(NEW + "vertex,n2-standard-8,16,64,other\n", folder)

    def test_a_file_that_is_not_there_or_not_text(self, folder: Path) -> None:
        with pytest.raises(RequestError, match="It cannot be read: No such file or directory"):
            update(folder / "missing.csv", folder)
        (folder / "binary.csv").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(RequestError, match="It cannot be read: it is not UTF-8 text"):
            update(folder / "binary.csv", folder)

    @given(st.text(max_size=80))
    def test_any_text_is_sizes_or_refused(self, text: str) -> None:
        try:
            assert isinstance(parse_sizes(f"provider,name,vcpu,memory_gib,source\n{text}", "x.csv"), list)
        except RequestError as error:
            assert error.where == "x.csv"


class TestUpdate:
    def test_counts_what_is_new_and_what_changed(self, folder: Path) -> None:
        take(NEW, folder)
        (folder.parent / "more.csv").write_text(
            "provider,name,vcpu,memory_gib,price_usd_hour,price_date,price_source,source\n"
            "vertex,n2-standard-8,,,0.4,2026-11-01,an invoice,\n"
            "vertex,n2-standard-4,4,16,,,,our quota page\n"
        )
        done = update(folder.parent / "more.csv", folder)
        assert (done.file, done.added, done.changed, done.rows) == (folder / "kfbridge-machines.csv", 1, 1, 2)
        again = update(folder.parent / "more.csv", folder)
        assert (again.added, again.changed, again.rows) == (0, 0, 2)

    def test_cells_that_are_left_empty_keep_what_was_there(self, folder: Path) -> None:
        take(NEW, folder)
        take(f"{PRICE}vertex,n2-standard-8,0.4,2026-11-01,an invoice\n", folder)
        [machine] = named("vertex", "n2-standard-8", folder)
        assert machine.price is not None
        assert (machine.vcpu, machine.memory, machine.source) == (8, 32 * GIB, "our quota page")

    def test_bad_input_loses_nothing(self, folder: Path) -> None:
        mine = take(NEW, folder)
        before = mine.read_bytes()
        with pytest.raises(RequestError):
            take(f"{HEADER}vertex,good,1,1,,,,,,,,s\nvertex,bad,x,1,,,,,,,,s\n", folder)
        assert mine.read_bytes() == before
        assert [path.name for path in folder.iterdir()] == ["kfbridge-machines.csv"]

    def test_a_project_file_that_cannot_be_read_is_left_alone(self, folder: Path) -> None:
        (folder / "kfbridge-machines.csv").write_text("provider,name\nnowhere,x\n")
        with pytest.raises(RequestError) as caught:
            take(NEW, folder)
        assert caught.value.where == str(folder / "kfbridge-machines.csv")
        assert (folder / "kfbridge-machines.csv").read_text() == "provider,name\nnowhere,x\n"
        with pytest.raises(RequestError, match="line 2: the provider is 'nowhere'"):
            machines("vertex", folder)

    def test_a_write_that_fails_loses_nothing(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        mine = take(NEW, folder)
        before = mine.read_bytes()

        def full(handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(own.os, "fsync", full)
        with pytest.raises(RequestError) as caught:
            take(f"{PRICE}vertex,n2-standard-8,0.4,2026-11-01,an invoice\n", folder)
        assert str(caught.value).startswith(f"{mine}: It cannot be written: No space left on device.")
        assert mine.read_bytes() == before
        assert [path.name for path in folder.iterdir()] == ["kfbridge-machines.csv"]

    def test_a_folder_that_is_not_there(self, folder: Path) -> None:
        (folder.parent / "mine.csv").write_text(NEW)
        with pytest.raises(RequestError, match="It cannot be written: No such file or directory"):
            update(folder.parent / "mine.csv", folder / "missing")

    def test_the_file_is_replaced_and_never_written_over(self, folder: Path) -> None:
        """Whoever has it open, or dies in the middle, keeps the whole old one."""
        mine = take(NEW, folder)
        before = mine.read_bytes()
        (folder / "opened earlier").hardlink_to(mine)
        take(f"{PRICE}vertex,n2-standard-8,0.4,2026-11-01,an invoice\n", folder)
        assert (folder / "opened earlier").read_bytes() == before
        assert mine.read_bytes() != before

    def test_a_file_that_changed_is_read_anew(self, folder: Path) -> None:
        take(NEW, folder)
        assert named("vertex", "n2-standard-8", folder)[0].price is None
        take(f"{PRICE}vertex,n2-standard-8,0.4,2026-11-01,an invoice\n", folder)
        assert named("vertex", "n2-standard-8", folder)[0].price is not None
        (folder / "kfbridge-machines.csv").unlink()
        assert named("vertex", "n2-standard-8", folder) == []

    def test_what_a_spreadsheet_writes_is_read(self, folder: Path) -> None:
        (folder.parent / "sheet.csv").write_bytes(("\ufeff" + NEW.replace("\n", "\r\n")).encode())
        update(folder.parent / "sheet.csv", folder)
        assert len(named("vertex", "n2-standard-8", folder)) == 1
