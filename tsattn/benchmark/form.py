"""Estimators in several forms, a maker a form."""

from typing import Any


class Form:
    """A maker of estimators that is named, in rows of results, by its fields; base of frozen dataclasses.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Nearest(Form):
    ...     n: int = 1
    >>> Nearest(3).get_params()
    {'n': 3}
    """

    def get_params(self, deep: bool = False) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn's form
        """The fields."""
        return dict(vars(self))
