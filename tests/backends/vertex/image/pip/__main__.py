"""``python3 -m pip install ...``: kfp itself is there; anything else cannot be had."""

import re
import sys

# what KFP's boot command asks for: kfp, and the one package that it names beside itself
THERE = re.compile(r"(kfp|typing-extensions)\s*([=<>!~;].*)?")

if __name__ == "__main__":
    missing = [word for word in sys.argv[2:] if not word.startswith("-") and not THERE.fullmatch(word)]
    if sys.argv[1:2] != ["install"] or missing:
        sys.exit(f"there is no index to install {missing} from")
