"""The README's Python blocks; run as a script, it prints the first of them: the quick start."""

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def python_blocks(page=README):
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.M | re.S)


if __name__ == "__main__":
    print(python_blocks()[0])
