"""Who made a series: speaker, session, actor. The ids carry it, so it survives every split and every shuffle."""

from collections.abc import Callable
from typing import Any

from tsattn._checks import check_one_of

GROUPS = {
    "auslan": "session",
    "spoken_arabic_digits": "speaker",
    "hdm05": "actor",
}


def before_slash(instance: Any) -> str:
    """The part of an instance id before its first slash."""
    return str(instance).split("/", 1)[0]


def groups_of(name: str) -> Callable[[Any], str]:
    """Return the function from an instance id to its group, which `Training(groups=...)` takes.

    Parameters
    ----------
    name : {"auslan", "spoken_arabic_digits", "hdm05"}
        The data set. Its groups are the sessions "tctodd1" to "tctodd9", the speakers "s00" to "s87" (training: up to
        "s65") and the actors "bd", "bk", "dg" (training), "mm", "tr".

    Returns
    -------
    callable
        Takes an id, returns the group's name. A function of a module: it can be pickled, copied and compared.

    Raises
    ------
    ValueError
        The data set has no groups.

    Examples
    --------
    >>> from tsattn.datasets import groups_of
    >>> groups_of("hdm05")("bk/sneak2StepsLStart/006")
    'bk'
    """
    check_one_of("data set with groups", name, GROUPS)
    return before_slash
