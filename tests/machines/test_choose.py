"""Choosing: what fits, what is best, what is said of the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kfbridge.errors import MachineError
from kfbridge.machines.accelerators import Accelerator, every, find
from kfbridge.machines.choose import choose
from kfbridge.machines.machine import Machine, Price
from kfbridge.machines.quantity import GIB
from kfbridge.machines.request import MachineRequest, of_text
from kfbridge.machines.sizes import PROVIDERS
from kfbridge.machines.table import machines

T4, L4 = every()["T4"], every()["L4"]


def machine(name: str, vcpu: int = 4, gib: int = 16, gpu: str | None = None, count: Any = 1, **more: Any) -> Machine:
    accelerator = every()[gpu] if gpu else None
    return Machine(
        "cloud", name, Fraction(vcpu), gib * GIB, accelerator, Fraction(count if gpu else 0), source="a test", **more
    )


def price(usd: str) -> Price:
    return Price(Fraction(usd), date(2026, 11, 1), "a test")


class TestOrder:
    def test_fewest_accelerators_then_memory_then_processors_then_name(self) -> None:
        table = [
            machine("d", 2, 16, "T4", 2),
            machine("c2", 8, 16, "T4"),
            machine("c1", 8, 16, "T4"),
            machine("b", 4, 32, "T4"),
        ]
        choice = choose(of_text("T4"), table)
        assert [m.name for m in (choice.machine, *choice.runners_up)] == ["c1", "c2", "b", "d"]

    def test_the_price_where_all_have_one(self) -> None:
        table = [machine("small", 4, price=price("2")), machine("large", 8, price=price("1.5"))]
        assert choose(of_text(cpu="2"), table).machine.name == "large"

    def test_the_size_where_one_has_no_price(self) -> None:
        table = [machine("small", 4, price=price("2")), machine("large", 8, price=price("1.5")), machine("x", 16)]
        assert choose(of_text(cpu="2"), table).machine.name == "small"

    def test_prices_of_machines_that_do_not_fit_do_not_matter(self) -> None:
        table = [machine("tiny", 1), machine("small", 4, price=price("2")), machine("large", 8, price=price("1.5"))]
        assert choose(of_text(cpu="2"), table).machine.name == "large"

    def test_a_previous_generation_comes_last(self) -> None:
        table = [machine("old", 4, 8, traits=frozenset({"previous"})), machine("new", 8, 64)]
        choice = choose(of_text(cpu="4"), table)
        assert choice.machine.name == "new"
        assert choose(of_text(cpu="4"), table[:1]).remarks == ("the provider counts it as a previous generation",)

    def test_of_equal_machines_the_newer_accelerator(self) -> None:
        table = [machine("n1", gpu="P4"), machine("n1", gpu="T4"), machine("n1", gpu="K80")]
        assert choose(of_text("nvidia.com/gpu"), table).machine.accelerator is T4


class TestFitting:
    def test_exactly_enough_is_enough(self) -> None:
        assert choose(of_text("T4:2", "4", "16Gi"), [machine("m", gpu="T4", count=2)]).machine.name == "m"

    def test_a_byte_too_little_is_too_little(self) -> None:
        with pytest.raises(MachineError):
            choose(MachineRequest(memory=16 * GIB + 1), [machine("m")])

    def test_a_share_of_a_gpu_is_not_one(self) -> None:
        with pytest.raises(MachineError, match="cloud has no machine with A10"):
            choose(of_text("A10"), [machine("share", gpu="A10", count="1/2")])
        choice = choose(of_text("A10"), [machine("share", gpu="A10", count="1/2"), machine("whole", gpu="A10")])
        assert choice.machine.name == "whole"
        assert [(one.group, one.reason) for one in choice.rejected] == [
            ("a share of an accelerator", "it has 1/2 of one A10")
        ]

    def test_more_accelerators_than_asked_for_are_remarked(self) -> None:
        assert choose(of_text("T4:3"), [machine("m", gpu="T4", count=4)]).remarks == ("it has 4 T4, 3 were asked for",)
        assert choose(of_text("T4"), [machine("m", gpu="T4", count=4)]).remarks == ("it has 4 T4, 1 was asked for",)

    def test_no_accelerator_is_given_unasked(self) -> None:
        table = [machine("gpu", 4, 16, "T4"), machine("cpu", 64, 512)]
        choice = choose(of_text(cpu="4"), table)
        assert choice.machine.name == "cpu"
        assert choice.rejected[0].reason == "it has 1 x T4, which was not asked for"

    def test_unless_nothing_else_is_large_enough(self) -> None:
        table = [machine("gpu", 96, 16, "T4"), machine("cpu", 64, 512)]
        choice = choose(of_text(cpu="80"), table)
        assert choice.machine.name == "gpu"
        assert choice.remarks == ("no machine without accelerators is large enough",)
        assert [one.machine.name for one in choice.rejected] == ["cpu"]

    def test_an_arm_processor_comes_with_a_named_accelerator_only(self) -> None:
        arm = machine("arm", 128, 900, "GB200", 4, traits=frozenset({"arm64"}))
        assert "linux/arm64" in choose(of_text("GB200:4"), [arm]).remarks[0]
        for asked in ("nvidia.com/gpu:4", None):
            with pytest.raises(MachineError):
                choose(of_text(asked, cpu="100"), [arm])

    def test_figures_that_nobody_publishes_satisfy_nothing(self) -> None:
        tpu = replace(machine("cloud-tpu", gpu="TPU-v3", count=8), vcpu=None, memory=None)
        assert choose(of_text("TPU-v3:8"), [tpu]).machine is tpu
        with pytest.raises(MachineError, match="nobody publishes how many vCPU it has"):
            choose(of_text("TPU-v3:8", cpu="1"), [tpu])

    def test_the_providers_own_rules(self) -> None:
        table = [machine("a"), machine("b")]
        choice = choose(of_text(cpu="1"), table, allow=lambda m: "it is retired" if m.name == "a" else None)
        assert choice.machine.name == "b"
        assert [(one.group, one.reason) for one in choice.rejected] == [("it is retired", "it is retired")]


class TestNothing:
    def test_the_nearest_and_what_it_lacks(self) -> None:
        table = [machine("two", 8, 32, "T4", 2), machine("four", 16, 64, "T4", 4), machine("cpu", 64, 512)]
        with pytest.raises(MachineError) as caught:
            choose(of_text("T4:8", "16", "128Gi"), table)
        assert str(caught.value) == (
            "cloud has no machine with 8 x T4, 16 vCPU, 128Gi of memory.\n"
            "  The nearest is four (16 vCPU, 64 GiB, 4 x T4): it has 4 of 8 T4, and it has 64 GiB of 128 GiB of memory."
            " Ask for less, or split the step."
        )
        assert caught.value.exit_code == 1
        assert caught.value.backend == "cloud"

    def test_the_nearest_has_the_most_of_them(self) -> None:
        table = [
            machine("two", gpu="T4", count=2),
            machine("four", gpu="T4", count=4),
            machine("half", gpu="T4", count="1/2"),
        ]
        with pytest.raises(MachineError, match=r"The nearest is four .*: it has 4 of 8 T4\."):
            choose(of_text("T4:8"), table)

    def test_an_accelerator_that_is_not_there_at_all(self) -> None:
        with pytest.raises(MachineError) as caught:
            choose(
                of_text("MI300X"),
                [machine("a", gpu="L4"), machine("b", gpu="T4"), machine("c", gpu="A10", count="1/6")],
            )
        assert str(caught.value) == (
            "cloud has no machine with MI300X.\n"
            "  It has: T4, L4. A size that is missing here is added with kfbridge machines --update FILE.csv."
        )

    def test_a_part_of_a_gpu(self) -> None:
        with pytest.raises(MachineError, match="Parts of a GPU are handed out on Kubernetes only"):
            choose(of_text("nvidia.com/mig-1g.10gb"), [machine("a", gpu="A100-80GB")])

    def test_an_empty_table(self) -> None:
        with pytest.raises(MachineError, match="this provider has no machine with 4 vCPU"):
            choose(of_text(cpu="4"), [])


# Properties -----------------------------------------------------------------------------------------

prices = st.none() | st.integers(1, 50).map(lambda cents: price(f"{cents}/100"))
rows = st.builds(
    machine,
    st.sampled_from("abcdef"),
    st.integers(1, 16),
    st.integers(1, 64),
    st.sampled_from([None, "T4", "L4", "A10"]),
    st.sampled_from([1, 2, 4, 8, "1/2"]),
    price=prices,
)
asked = st.builds(
    of_text,
    st.sampled_from([None, "T4", "L4:2", "nvidia.com/gpu", "A10:4"]),
    st.none() | st.integers(1, 16).map(str),
    st.none() | st.integers(1, 64).map("{}Gi".format),
)


def fits(request: MachineRequest, one: Machine) -> bool:
    wanted = request.accelerator
    if wanted is not None and (
        one.accelerator is None or not wanted.accepts(one.accelerator) or one.count < request.count
    ):
        return False
    if "arm64" in one.traits and not isinstance(wanted, Accelerator):
        return False
    return (one.vcpu or 0) >= (request.cpu or 0) and (one.memory or 0) >= (request.memory or 0)


@given(asked, st.lists(rows, max_size=12))
def test_what_is_chosen_fits_and_nothing_better_does(request: MachineRequest, table: list[Machine]) -> None:
    fitting = [one for one in table if fits(request, one)]
    if not fitting:
        with pytest.raises(MachineError):
            choose(request, table)
        return
    choice = choose(request, table)
    assert fits(request, choice.machine)
    rivals = fitting
    if request.accelerator is None and any(one.accelerator is None for one in fitting):
        rivals = [one for one in fitting if one.accelerator is None]
    assert sorted(map(id, (choice.machine, *choice.runners_up))) == sorted(map(id, rivals))
    if all(one.price for one in rivals):
        assert all(one.price.usd_per_hour >= choice.machine.price.usd_per_hour for one in rivals)  # type: ignore[union-attr]
    else:
        assert all((one.count, one.memory) >= (choice.machine.count, choice.machine.memory) for one in rivals)  # type: ignore[operator]
    assert len(choice.rejected) + len(rivals) == len(table)


@given(asked, st.lists(rows, min_size=1, max_size=12), st.randoms())
def test_the_order_of_the_table_does_not_matter(request: MachineRequest, table: list[Machine], random: Any) -> None:
    assume(any(fits(request, one) for one in table))
    shuffled = random.sample(table, len(table))
    assert choose(request, table).machine == choose(request, shuffled).machine


@pytest.mark.parametrize("provider", PROVIDERS)
@given(st.data())
def test_the_same_holds_for_the_tables(provider: str, data: st.DataObject) -> None:
    table = machines(provider)
    models = sorted({one.accelerator.name for one in table if one.accelerator and one.count >= 1})
    name = data.draw(st.none() | st.sampled_from(models))
    request = MachineRequest(
        data.draw(st.none() | st.integers(1, 128).map(Fraction)),
        data.draw(st.none() | st.integers(1, 1024).map(lambda gib: gib * GIB)),
        find(name) if name else None,
        data.draw(st.integers(1, 8)) if name else 0,
    )
    fitting = [one for one in table if fits(request, one)]
    if fitting:
        chosen = choose(request, table).machine
        assert fits(request, chosen)
        rivals = [one for one in fitting if one.accelerator is None or request.accelerator] or fitting
        rivals = [one for one in rivals if "previous" not in one.traits] or rivals
        assert (chosen.count, chosen.memory) == min((one.count, one.memory) for one in rivals)  # type: ignore[type-var]
