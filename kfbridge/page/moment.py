"""Times and durations as people read them."""

from __future__ import annotations

import time

from kfbridge.page.markup import Markup, element


def duration(started: float | None, ended: float | None) -> str:
    """``0.3 s``, ``42 s``, ``3:07 min`` or ``1:02:03 h``; empty when one of the times is not known."""
    if started is None or ended is None:
        return ""
    seconds = max(0.0, ended - started)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h" if hours else f"{minutes}:{rest:02} min"


def instant(moment: float | None) -> Markup | None:
    """A point in time, in UTC: the page is read elsewhere than where it was made."""
    if moment is None:
        return None
    parts = time.gmtime(moment)
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", parts)
    return element("time", shown, datetime=time.strftime("%Y-%m-%dT%H:%M:%SZ", parts))
