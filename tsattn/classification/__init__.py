"""Classifiers of series: sktime's interface, with a network of tsattn behind it."""

from tsattn.classification.lstm_san import LSTMSANClassifier
from tsattn.classification.scale_space_ridge import ScaleSpaceRidgeClassifier
from tsattn.classification.sdma import SDMAClassifier
from tsattn.classification.xm2a import XM2AClassifier

__all__ = ["LSTMSANClassifier", "SDMAClassifier", "ScaleSpaceRidgeClassifier", "XM2AClassifier"]
