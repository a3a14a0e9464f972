"""The ridge on scale-space proportions by itself, as a classifier: nothing is trained, so that it fits in seconds."""

from typing import Any

from torch import nn

from tsattn._checks import check_int
from tsattn._estimator import MOST_PROPORTIONS
from tsattn._inputs import Inputs
from tsattn.classification._base import NetworkClassifier
from tsattn.nn.ridge_head import ProportionRidge
from tsattn.training import Training


class ScaleSpaceRidgeClassifier(NetworkClassifier):
    """Classify series by how long random mixtures of their scale-space channels stand above thresholds.

    Each feature is the share of a series' time during which the sum of a few random channels, at random weights, stands
    above a threshold; a ridge regression of the classes on all of them is solved in closed form. It is the part of our
    other classifiers that is not trained, by itself: fitted in seconds, and explained by `attention` as they are.
    Series may have several channels, unequal lengths and gaps.

    Parameters
    ----------
    proportions : int, default=2500
        Mixtures, of at most 8 channels each; four thresholds each.
    saliency : {"channels", "events"}, transformer or None, default="channels"
        What is mixed: the bands of a scale space, see `ScaleSpaceChannels`; or as for `SDMAClassifier`. None: the
        series itself.
    scaling : {"standard", "series", None}, default="standard"
        As for `SDMAClassifier`.
    class_weight : "balanced" or dict, optional
        Weight of each class in the regression: inverse to its frequency, or by label (1 for labels not named).
    device : str, default="auto"
        "cpu", "cuda", "cuda:1"...; "auto" takes a GPU where there is one.
    random_state : int or RandomState, optional
        Seed of the mixtures, from 0 to 2³² - 1.

    Attributes
    ----------
    classes_ : ndarray
        Labels, sorted, with the dtype they came with; the columns of `predict_proba`.
    network_ : torch.nn.Module
        The mixtures and the linear layer, on the CPU.
    n_parameters_ : int
        Weights of the linear layer.

    Raises
    ------
    ValueError, TypeError
        In fit and predict, as `SDMAClassifier`.
    MemoryError
        In fit, where features and their solution do not fit into memory; see Notes.

    Notes
    -----
    Time of the solution grows with n² p for n series of p = 4 `proportions` features, or with n p² where there are more
    series than features. Memory beside the series, in bytes, to within a factor of 2: 12 n p + 24 n² for n <= p, else
    28 n p + 24 p², of which 28 n p becomes 4 n p + the larger of 4·10⁸ and 2048 n where n p is above 2²⁷; and 200 for
    each value of the training series; 2·10⁸ at least. fit raises MemoryError, before it takes what the solution needs,
    if there is less.

    Probabilities are those that would have been best for series left out, one at a time: where persons or sessions
    differ more than series of one do, they are too sure.

    A share of time has no direction, and a scale space is symmetric: a series and the same read from its end cannot be
    told apart. Nor, with `saliency="channels"`, series that differ by a constant: the bands are differences.

    References
    ----------
    Dempster, Schmidt & Webb, "MiniRocket: a very fast (almost) deterministic transform for time series classification",
    KDD 2021. Differs: the kernels are those of a scale space, and a step is a ramp; see `tsattn.nn.proportions`.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from tsattn.classification import ScaleSpaceRidgeClassifier
    >>> X, y = load_unit_test(split="train", return_type="numpy3D")
    >>> classifier = ScaleSpaceRidgeClassifier(proportions=100, random_state=0).fit(X, y)
    >>> classifier.predict_proba(X).shape
    (20, 2)
    """

    def __init__(self, proportions=2500, saliency="channels", scaling="standard", class_weight=None, device="auto",
                 random_state=None):
        self.proportions = proportions
        self.saliency = saliency
        self.scaling = scaling
        self.class_weight = class_weight
        self.device = device
        self.random_state = random_state
        super().__init__()

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_int("proportions", self.proportions, maximum=MOST_PROPORTIONS)

    @property
    def training(self) -> Training:  # type: ignore[override] # no parameter here, and never set
        """Where it is computed; nothing is trained."""
        return Training(device=self.device)

    def _network(self, inputs: Inputs, n_outputs: int) -> nn.Module:
        n_mixtures = check_int("proportions", self.proportions, maximum=MOST_PROPORTIONS)
        return ProportionRidge(inputs.widths[-1], n_outputs, n_mixtures=n_mixtures)

    @classmethod
    def get_test_params(cls, parameter_set: Any = "default") -> list[dict[str, Any]]:  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [{"proportions": 20}, {"proportions": 7, "saliency": None, "scaling": "series",
                                      "class_weight": "balanced"}]
