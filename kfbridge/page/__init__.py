"""A run as one self-contained HTML page: its graph, its tasks, its metrics; no server and no network needed.

`write_page` writes it, `page` gives it as text. Whatever comes from users (names, values, logs, reports) is text in the
page and never markup; `markup.element` sees to that, and the page's own policy forbids any script but its one.
"""

from kfbridge.page.document import page, write_page

__all__ = ["page", "write_page"]
