"""Classifiers of series: sktime's interface, with a network of tsattn behind it."""

from tsattn.classification.sdma import SDMAClassifier

__all__ = ["SDMAClassifier"]
