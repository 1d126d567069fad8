"""Type the pages of the documentation: their commands, programs and files.

    python -m tests.pages [--install] [--list] PAGE…

The test suite types all pages but the tutorial (`tests/test_pages.py`). This command prints a table
of the blocks and the seconds of each page. `--install` runs pip instead of using what is installed.
"""

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.pages.script import Block, read_blocks
from tests.pages.session import type_page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    parser.add_argument("--install", action="store_true", help="run pip, with the network")
    parser.add_argument("--list", action="store_true", help="only list blocks that are not run")
    arguments = parser.parse_args()
    blocks = {page.resolve(): read_blocks(page) for page in arguments.pages}
    if arguments.list:
        _print_reasons(blocks)
        return 0
    return max([_type(page, blocks[page], installs=arguments.install) for page in blocks])


def _type(page: Path, blocks: list[Block], *, installs: bool) -> int:
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "page")
        folder.mkdir()
        problem = type_page(page, folder, installs=installs)
    counts = ", ".join(f"{count} {kind}" for kind, count in Counter(b.kind for b in blocks).items())
    print(f"{time.perf_counter() - start:6.1f} s  {page.name}: {counts}{problem and ': failed'}")
    if problem:
        print(problem)
    return bool(problem)


def _print_reasons(pages: dict[Path, list[Block]]) -> None:
    for page, blocks in pages.items():
        for block in blocks:
            if block.reason:
                print(f"{page.name}:{block.line + 1}: {block.reason}")


if __name__ == "__main__":
    raise SystemExit(main())
