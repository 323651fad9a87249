"""``python -m kfbridge``."""

from __future__ import annotations

import sys

from kfbridge.cli import main

if __name__ == "__main__":
    sys.exit(main())
