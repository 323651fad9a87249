"""Cron expressions are taken as Kubernetes takes them, and what is wrong is named with its field."""

from __future__ import annotations

import pytest

from kfbridge.backends.cron import NAMED, check_cron
from kfbridge.backends.schedule import Timing, timing
from kfbridge.errors import UsageError

GOOD = (
    "0 3 * * *", "*/15 8-18/2 1,15 JAN-mar MON", "5/15 * * * *", "? ? ? ? ?", "59 23 31 12 6", "0 0 29 2 *",
    "0 0 30 2 1", "0 0 31 1,2 *", *NAMED,
)  # fmt: skip

BAD = {
    "": "has 0 fields instead of five",
    "0 3 * *": "has 4 fields instead of five",
    "0 3 * * * *": "has 6 fields instead of five",
    "60 * * * *": "wrong in field 1, the minute: 60 is not within 0 to 59.",
    "0 24 * * *": "wrong in field 2, the hour: 24 is not within 0 to 23.",
    "0 0 0 * *": "wrong in field 3, the day of the month: 0 is not within 1 to 31.",
    "0 0 * 13 *": "wrong in field 4, the month: 13 is not within 1 to 12, or JAN to DEC.",
    "0 0 * JANUARY *": "wrong in field 4, the month: 'JANUARY' is none of 1 to 12, or JAN to DEC.",
    "0 0 * * 7": "wrong in field 5, the day of the week: 7 is not within 0 to 6, or SUN to SAT.",
    "0 0 MON * *": "wrong in field 3, the day of the month: 'MON' is none of 1 to 31.",
    "0 5-3 * * *": "wrong in field 2, the hour: the range 5-3 ends before it begins.",
    "*/0 * * * *": "wrong in field 1, the minute: the step '0' is no number above 0.",
    "*/x * * * *": "wrong in field 1, the minute: the step 'x' is no number above 0.",
    "*-5 * * * *": "wrong in field 1, the minute: '*-5' begins a range with *.",
    "1,,2 * * * *": "wrong in field 1, the minute: there is nothing beside a comma.",
    "-1 * * * *": "wrong in field 1, the minute: '-1' is no number, range or step.",
    "1-2-3 * * * *": "wrong in field 1, the minute: '1-2-3' is no number, range or step.",
    "0 0 30 2 *": "names a day that never comes: 30 (day of the month) in 2.",
    "0 0 31 4,6,SEP,11 ?": "names a day that never comes: 31 (day of the month) in 4,6,SEP,11.",
    "@dayly": "is none that names times.\n  Did you mean '@daily'?",
    "@every 90m": "is none that names times.\n  Name the times: */15 * * * *.",
    "TZ=UTC 0 3 * * *": "begins with a time zone.\n  Leave it out, and say: --time-zone",
}


@pytest.mark.parametrize("text", GOOD)
def test_what_kubernetes_takes(text: str) -> None:
    assert check_cron(text) == text


def test_blanks_do_not_count() -> None:
    assert check_cron("  0  3 * * *\n") == "0 3 * * *"


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_is_named(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_cron(text)
    assert f"The cron expression {text!r} " in str(caught.value)
    assert BAD[text] in str(caught.value)


def test_a_timing_is_looked_at_as_a_whole() -> None:
    assert timing("@daily", "Europe/Berlin", "Forbid") == Timing("@daily", "Europe/Berlin", "forbid")
    with pytest.raises(UsageError, match=r"no time zone 'Europe/Berln'\.\n  Did you mean 'Europe/Berlin'\?"):
        timing("@daily", "Europe/Berln")
    with pytest.raises(UsageError, match=r"no concurrency 'skip'\.\n  There are: allow, forbid, replace\."):
        timing("@daily", concurrency="skip")
