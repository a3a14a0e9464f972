"""A fitted model in one file that holds no code, and the same predictions from it."""

import numpy as np
from sktime.datasets import load_japanese_vowels

import tsattn
from tsattn.classification import SDMAClassifier
from tsattn.training import Training

X, y = load_japanese_vowels(split="train", return_type="pd-multiindex")
model = SDMAClassifier(training=Training(epochs=5), random_state=0).fit(X, y)

tsattn.save(model, "vowels.tsattn")
again = tsattn.load("vowels.tsattn")
assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
print("the loaded model predicts the same, to the last bit:", again)
