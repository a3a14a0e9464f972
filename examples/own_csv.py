"""From a CSV file in long form (one row a time step) to a classifier that shows which moments and columns decided."""

import sys

import pandas as pd

from tsattn.classification import SDMAClassifier
from tsattn.datasets.shipped import shipped

file = sys.argv[1] if len(sys.argv) > 1 else shipped("planted_events/example.csv")
table = pd.read_csv(file, dtype={"class": str})  # columns: instance, time, class, and one for each channel
X = table.drop(columns="class").set_index(["instance", "time"])
y = table.groupby("instance", sort=False)["class"].first()

test = y.index[::4]
in_test = X.index.get_level_values("instance").isin(test)
model = SDMAClassifier(random_state=0).fit(X[~in_test], y.drop(test).to_numpy())
print("accuracy:", model.score(X[in_test], y[test].to_numpy()))

attention = model.attention(X[in_test])  # a DataFrame with X's own index and columns
first = attention.loc[test[0]]
print("series", test[0], "was decided around step", first.sum(axis=1).idxmax(), "in column", first.sum().idxmax())
