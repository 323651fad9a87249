"""An artifact class of a user's own."""

from __future__ import annotations


class Catalogue:
    schema_title = "shop.Catalogue"
    schema_version = "1.2.0"
