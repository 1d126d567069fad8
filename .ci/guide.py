"""Run a page's `sh` blocks, and its Python blocks that load weights, in order.

Python blocks below the name of a file in this folder are written to it first.
"""

import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^`(\w+\.py)`\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main(page: str) -> None:
    text = Path(page).read_text(encoding="utf-8")
    for name, code in FILE.findall(text):
        Path(name).write_text(code, encoding="utf-8")
    for language, code in BLOCK.findall(text):
        if language == "sh":
            subprocess.run(["bash", "-eux", "-o", "pipefail", "-c", code], check=True)
        elif "zoo.load" in code:
            subprocess.run([sys.executable, "-c", code], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
