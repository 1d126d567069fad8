"""Run a page's `sh` blocks, and its Python blocks that load weights, in order."""

import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main(page: str) -> None:
    for language, code in BLOCK.findall(Path(page).read_text(encoding="utf-8")):
        if language == "sh":
            subprocess.run(["bash", "-eux", "-o", "pipefail", "-c", code], check=True)
        elif "zoo.load" in code:
            subprocess.run([sys.executable, "-c", code], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
