"""Attention and temporal scale space for time series.

A map:

    tsattn.classification     SDMAClassifier, XM2AClassifier, LSTMSANClassifier, ScaleSpaceRidgeClassifier,
                              RACKNetClassifier: classify series, with gaps and of unequal length; ImageClassifier and
                              RACKNetImageClassifier: classify images
    tsattn.regression         SDMARegressor, XM2ARegressor, LSTMSANRegressor: predict a value of each such series
    tsattn.forecasting        SDMAForecaster, XM2AForecaster, LSTMSANForecaster, Seq2SeqForecaster: forecast series
    tsattn.transformations    ScaleSpaceChannels, UVTFSaliency, UVTFEvents: scale space as sktime transformers
    tsattn.image              keypoints of images (tsattn.image.sift), and networks with a place for attention
    tsattn.design             networks whose shape the data say
    tsattn.training           Training: how networks are trained
    tsattn.datasets           real data, by splits without leakage
    tsattn.plots              attention, saliency, events and keypoints as pictures
    tsattn.scalespace         the mathematics: blur, octaves, events, descriptors
    tsattn.nn, tsattn.models  layers and networks
    tsattn.benchmark          how every figure was obtained
    tsattn.save, tsattn.load  model files that carry no code
    tsattn.ModelFileError, tsattn.DivergenceError, tsattn.DatasetNotFoundError
                              what load, training and data sets raise

Importing this imports nothing else.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tsattn._checks import DatasetNotFoundError, DivergenceError, ModelFileError

__version__ = "0.1.0"

__all__ = ["DatasetNotFoundError", "DivergenceError", "ModelFileError", "__version__", "load", "save"]


def __getattr__(name):
    """The errors, looked up as they are asked for: what they stand beside imports NumPy."""
    if name in ("DatasetNotFoundError", "DivergenceError", "ModelFileError"):
        from tsattn import _checks

        return getattr(_checks, name)
    raise AttributeError(f"module 'tsattn' has no attribute {name!r}")


def __dir__():
    """What can be asked for."""
    return sorted({*globals(), *__all__})


def save(estimator, path):
    """Write a fitted estimator of tsattn as one file: weights and plain values, no code.

    The file of a forecaster holds the series that it was fitted to and pretrained on, too: forecasts go on from these,
    and `update` and `pretrain` learn from them again.

    Parameters
    ----------
    estimator : a classifier, regressor or forecaster of tsattn, ScaleSpaceChannels, UVTFSaliency or UVTFEvents
        Fitted; of a forecaster, fitted or pretrained.
    path : str or Path
        Written whole or not at all.

    Raises
    ------
    NotFittedError
        The estimator is not fitted.
    TypeError
        The estimator, or a part of it that predicting needs, is not one that can be written; the message lists those.
    ValueError
        Its parameters were changed after `fit`, so that they are not those of the network that predicts.
    OSError
        The file cannot be written.

    Warns
    -----
    UserWarning
        A parameter plays no part in predicting and cannot be written (a function that names groups, a generator of
        random numbers, the path of a checkpoint): the loaded estimator has None, or nothing, there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import tsattn
    >>> from sktime.datasets import load_airline
    >>> from tsattn.transformations import ScaleSpaceChannels
    >>> path = Path(tempfile.mkdtemp()) / "bands.tsattn"
    >>> tsattn.save(ScaleSpaceChannels(sigmas=(0, 1, 2)).fit(load_airline()), path)
    >>> tsattn.load(path)
    ScaleSpaceChannels(sigmas=(0, 1, 2))
    """
    from tsattn._persistence import write

    write(estimator, path)


def load(path):
    """Read what `save` wrote. Nothing in the file is run, and no class is imported by a name in it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    estimator
        Fitted, or pretrained, as the saved one was; predicts what that one did, and goes on from where it was.

    Raises
    ------
    ModelFileError, a ValueError
        The file is of another kind, damaged, from a newer version, or holds what no estimator of ours has; or its
        parts do not fit each other. Nothing else is raised of what stands in a file, and no more memory is taken than
        twice its size and 100 MB.
    OSError
        The file cannot be read.

    Examples
    --------
    A file in which anything was changed is refused:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import tsattn
    >>> from sktime.datasets import load_airline
    >>> from tsattn.transformations import ScaleSpaceChannels
    >>> path = Path(tempfile.mkdtemp()) / "bands.tsattn"
    >>> tsattn.save(ScaleSpaceChannels().fit(load_airline()), path)
    >>> tsattn.load(path).is_fitted
    True
    >>> _ = path.write_bytes(path.read_bytes().replace(b"2.8", b"2.9"))
    >>> try:
    ...     tsattn.load(path)
    ... except tsattn.ModelFileError as error:
    ...     print(error)
    damaged model file: the checksum of '...bands.tsattn' does not match its content
    """
    from tsattn._persistence import read

    return read(path)
