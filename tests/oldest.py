"""Write the oldest versions that pyproject.toml allows, as constraints for pip."""

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement


def oldest(project: dict) -> list[str]:
    """Each dependency at its lower bound, such as "numpy==2.0.0"; one without a bound is left to pip."""
    found = []
    for requirement in map(Requirement, project["dependencies"]):
        bounds = [one.version for one in requirement.specifier if one.operator == ">="]
        found += [f"{requirement.name}=={bound}" for bound in bounds]
    return found


if __name__ == "__main__":
    sys.stdout.write("\n".join(oldest(tomllib.loads(Path("pyproject.toml").read_text())["project"])) + "\n")
