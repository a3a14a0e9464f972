"""Scale space inside pipelines: events as features for a forest, dense channels in front of MiniRocket."""

from sklearn.ensemble import RandomForestClassifier
from sktime.classification.kernel_based import RocketClassifier
from sktime.datasets import load_basic_motions

from tsattn.transformations import ScaleSpaceChannels, UVTFEvents

X_train, y_train = load_basic_motions(split="train", return_type="pd-multiindex")
X_test, y_test = load_basic_motions(split="test", return_type="pd-multiindex")

forest = UVTFEvents() * RandomForestClassifier(random_state=0)
print("events, then a forest:       ", forest.fit(X_train, y_train).score(X_test, y_test))

minirocket = RocketClassifier(num_kernels=500, rocket_transform="minirocket", random_state=0)
rocket = ScaleSpaceChannels(keep=True) * minirocket
print("channels, then MiniRocket:   ", rocket.fit(X_train, y_train).score(X_test, y_test))
