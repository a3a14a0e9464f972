"""Files that come with the package: cards, and the small data sets of our own."""

from pathlib import Path

from tsattn._checks import DatasetNotFoundError

ROOTS = (Path(__file__).parent / "files", Path(__file__).parents[2] / "datasets")  # in a wheel; in a checkout


def shipped(path: str) -> Path:
    """The shipped file of this relative path."""
    for root in ROOTS:
        if (root / path).is_file():
            return root / path
    raise DatasetNotFoundError(f"{path!r} did not come with this installation; it belongs at {str(ROOTS[0] / path)!r}")


def cards() -> list[str]:
    """Names of the data sets that have a card.

    Examples
    --------
    >>> from tsattn.datasets import cards
    >>> "auslan" in cards()
    True
    """
    return sorted({file.parent.name for root in ROOTS for file in root.glob("*/README.md")})


def card(name: str) -> str:
    """The card of a data set: source, licence, checksums, size, classes, split, citation, traps; as Markdown.

    Parameters
    ----------
    name : str
        One of `cards()`.

    Raises
    ------
    ValueError
        There is no card of this name.

    Examples
    --------
    >>> from tsattn.datasets import card
    >>> card("hdm05").splitlines()[0]
    '# HDM05, eleven classes'
    """
    if name not in cards():
        raise ValueError(f"no card of the name {name!r}; choose one of {', '.join(cards())}")
    return shipped(f"{name}/README.md").read_text(encoding="utf-8")
