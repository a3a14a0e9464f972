"""Regressors of series: sktime's interface, with a network of tsattn behind it."""

from tsattn.regression.lstm_san import LSTMSANRegressor
from tsattn.regression.sdma import SDMARegressor
from tsattn.regression.xm2a import XM2ARegressor

__all__ = ["LSTMSANRegressor", "SDMARegressor", "XM2ARegressor"]
