"""Forecasters: sktime's interface to the networks."""

from tsattn.forecasting.lstm_san import LSTMSANForecaster
from tsattn.forecasting.sdma import SDMAForecaster
from tsattn.forecasting.seq2seq import Seq2SeqForecaster
from tsattn.forecasting.xm2a import XM2AForecaster

__all__ = ["LSTMSANForecaster", "SDMAForecaster", "Seq2SeqForecaster", "XM2AForecaster"]
