"""Estimators in several forms, a maker a form."""

from collections.abc import Mapping
from typing import Any, ClassVar


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


class PaperForm(Form):
    """Makes the published form of an estimator of this package, `paper`, with its fields as options.

    Attributes
    ----------
    estimator : str
        Name of the class, in `tsattn.classification` or `tsattn.regression`.
    always : mapping
        Options of `paper` that all forms of a class share.

    Examples
    --------
    >>> from tsattn.benchmark.san_forms import PublishedSAN
    >>> PublishedSAN(placement="full")(7, None).get_params()["placement"]
    'full'
    """

    estimator: ClassVar[str]
    always: ClassVar[Mapping[str, Any]] = {}

    def __call__(self, seed: int, _info: Any) -> Any:
        from tsattn import classification, regression  # here: a suite is read and listed without them

        home = classification if hasattr(classification, self.estimator) else regression
        return getattr(home, self.estimator).paper(**self.get_params(), **self.always, random_state=seed)
