"""scikit-learn's grid search over the network and over its training alike."""

from sklearn.model_selection import GridSearchCV
from sktime.datasets import load_basic_motions

from tsattn.classification import SDMAClassifier
from tsattn.training import Training

X, y = load_basic_motions(split="train", return_type="numpy3D")
search = GridSearchCV(
    SDMAClassifier(training=Training(epochs=10), random_state=0),
    {"saliency": ["channels", None], "training__lr": [1e-3, 3e-3]},
    cv=2,
)
search.fit(X, y)
print("best:", search.best_params_)
print(f"cross-validated accuracy {search.best_score_:.3f}")
