"""Amounts in the notation of Kubernetes, against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfbridge.errors import RequestError
from kfbridge.machines.quantity import format_cpu, format_memory, parse_cpu, parse_memory, show_cpu, show_memory

DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "K": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
SIZES = {**{s: Fraction(10) ** e for s, e in DECIMAL.items()}, **{s: Fraction(2) ** e for s, e in BINARY.items()}}
LARGEST = 2**63 - 1

numbers = st.from_regex(r"[0-9]{1,6}(\.[0-9]{0,4})?|\.[0-9]{1,4}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "cpu"),
    [
        ("2", 2),
        ("0.5", Fraction(1, 2)),
        ("500m", Fraction(1, 2)),
        ("1e1", 10),
        ("+3", 3),
        ("1.", 1),
        (".25", Fraction(1, 4)),
    ],
)
def test_processors(text: str, cpu: Fraction) -> None:
    assert parse_cpu(text) == cpu


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("128974848", 128974848),
        ("129e6", 129_000_000),
        ("129M", 129_000_000),
        ("123Mi", 128974848),
        ("128974848000m", 128974848),
        ("4G", 4 * 10**9),
        ("16Gi", 16 * 2**30),
        ("0.5Gi", 2**29),
        ("1E", 10**18),
        ("1E3", 1000),
        ("1Ei", 2**60),
        ("100k", 100_000),
        ("100K", 100_000),
        (" 1Gi ", 2**30),
    ],
)
def test_memory(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize(("text", "size"), [("1m", 1), ("1001m", 2), ("0.1", 1), ("1n", 1), ("0", 0)])
def test_a_part_of_a_byte_is_a_byte(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "x",
        "-1",
        "1 Gi",
        "1gi",
        "1GiB",
        "16GB",
        "1,5",
        "0x10",
        "1e",
        "e3",
        "1e1e1",
        "nan",
        "inf",
        "٣",
        "1_000",
        ".",
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_memory(text, "task train, memory limit")
    assert caught.value.reason == f"{text!r} is not an amount of memory."
    assert caught.value.where == "task train, memory limit"
    assert caught.value.remedy is not None
    assert "'16Gi'" in caught.value.remedy


@pytest.mark.parametrize("text", ["8Ei", "1e99", "9223372036854775808"])
def test_more_than_kubernetes_can_express(text: str) -> None:
    with pytest.raises(RequestError, match="is more memory than Kubernetes can express"):
        parse_memory(text)


def test_a_text_without_end_is_shortened_in_the_message() -> None:
    with pytest.raises(RequestError) as caught:
        parse_cpu("1" * 10_000)
    assert len(str(caught.value)) < 200


@given(numbers, st.sampled_from(sorted(SIZES)))
def test_every_number_with_every_suffix_is_exact(number: str, suffix: str) -> None:
    exact = Fraction(number) * SIZES[suffix]
    if exact > LARGEST:
        with pytest.raises(RequestError):
            parse_cpu(number + suffix)
    else:
        assert parse_cpu(number + suffix) == exact
        assert parse_memory(number + suffix) == ceil(exact)


@given(numbers, st.integers(-9, 9), st.sampled_from("eE"))
def test_exponents_are_exact(number: str, exponent: int, sign: str) -> None:
    assert parse_cpu(f"{number}{sign}{exponent}") == Fraction(number) * Fraction(10) ** exponent


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    try:
        assert parse_cpu(text) >= 0
    except RequestError as error:
        assert error.exit_code == 2


@given(st.integers(0, LARGEST))
def test_memory_is_written_so_that_it_is_read_back(size: int) -> None:
    assert parse_memory(format_memory(size)) == size


@given(st.integers(1, 10**6))
def test_processors_are_written_so_that_they_are_read_back(thousandths: int) -> None:
    assert parse_cpu(format_cpu(Fraction(thousandths, 1000))) == Fraction(thousandths, 1000)


@pytest.mark.parametrize(
    ("size", "text"),
    [(16 * 2**30, "16Gi"), (4 * 10**9, "4G"), (0, "0"), (1500 * 10**6, "1500M"), (1, "1"), (2**20, "1Mi")],
)
def test_memory_is_written_short(size: int, text: str) -> None:
    assert format_memory(size) == text


def test_amounts_for_people() -> None:
    assert [show_memory(size) for size in (680 * 2**30, int(14.4 * 2**30), 2**29)] == ["680 GiB", "14.4 GiB", "512 MiB"]
    assert [show_cpu(Fraction(cpu)) for cpu in ("32", "1/2")] == ["32", "0.5"]
    assert [format_cpu(Fraction(cpu)) for cpu in ("32", "1/2", "1/3")] == ["32", "500m", "334m"]
