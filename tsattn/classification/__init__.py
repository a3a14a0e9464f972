"""Classifiers of series, by sktime's interface, and of images, by scikit-learn's: a network of tsattn is behind."""

from tsattn.classification.image import ImageClassifier
from tsattn.classification.lstm_san import LSTMSANClassifier
from tsattn.classification.racknet import RACKNetClassifier
from tsattn.classification.racknet_image import RACKNetImageClassifier
from tsattn.classification.scale_space_ridge import ScaleSpaceRidgeClassifier
from tsattn.classification.sdma import SDMAClassifier
from tsattn.classification.xm2a import XM2AClassifier

__all__ = ["ImageClassifier", "LSTMSANClassifier", "RACKNetClassifier", "RACKNetImageClassifier",
           "SDMAClassifier", "ScaleSpaceRidgeClassifier", "XM2AClassifier"]
