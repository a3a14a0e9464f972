"""Write what pip would install, from `pip install --dry-run --report`, as requirements with hashes."""

import json
import sys
from pathlib import Path

HEAD = """\
# What constraints.txt installs on Linux, x86-64, CPython 3.11, archive by archive: `make hashes` writes it, and
# `make audit` downloads every archive and compares.
"""


def pinned(report: dict) -> str:
    """The lines of a requirements file: an archive each, with its SHA-256. The package itself is none of them."""
    archives = sorted((one["metadata"]["name"].lower(), one["metadata"]["version"],
                       one["download_info"]["archive_info"]["hashes"]["sha256"])
                      for one in report["install"] if "archive_info" in one["download_info"])
    return HEAD + "".join(f"{name}=={version} \\\n    --hash=sha256:{digest}\n" for name, version, digest in archives)


if __name__ == "__main__":
    sys.stdout.write(pinned(json.loads(Path(sys.argv[1]).read_text())))
