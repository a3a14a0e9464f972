"""What estimators of both tasks learn, from series with gaps too."""

import numpy as np

from tests.estimators.conftest import answers, bumps, every_task, every_trained, fit, learning, make, target
from tsattn.training import Training


def test_it_learns_an_easy_problem(unseen, learned):
    assert (bumps(learned, unseen.X) == (unseen.y == "bump")).mean() >= 0.9
    assert learned.score(unseen.X, target(type(learned), unseen)) >= 0.8


@every_trained
def test_its_loss_falls(cls, ragged):
    losses = fit(learning(cls), ragged).history_["train_loss"]
    assert losses.iloc[-1] < losses.iloc[0]


@every_task
def test_gaps_are_filled_and_told_to_the_network(cls, ragged, unseen):
    X = ragged.X.copy()
    X.iloc[3:6, 0] = np.nan
    X.loc["i4", "width"] = np.nan
    made = learning(cls).fit(X, target(cls, ragged))
    assert made.inputs_.observed
    assert made.inputs_.widths == (6, 15)
    assert (bumps(made, unseen.X) == (unseen.y == "bump")).mean() >= 0.9
    assert made.attention(X).shape == X.shape
    gone = unseen.X.copy()
    gone.loc["i7"] = np.nan
    assert np.isfinite(answers(made, gone)).all()


def test_gaps_in_new_data_only_are_drawn_as_lines(ragged, learned):
    line, gap = ragged.X.copy(), ragged.X.copy()
    line.iloc[4, 0] = (line.iloc[3, 0] + line.iloc[5, 0]) / 2
    gap.iloc[4, 0] = np.nan
    np.testing.assert_allclose(answers(learned, gap), answers(learned, line), rtol=0, atol=1e-6)


@every_task
def test_whole_groups_can_be_held_out(cls, ragged):
    training = Training(epochs=2, validation=0.3, groups=lambda name: int(name[1:]) // 4)
    made = fit(make(cls, training=training), ragged)
    assert made.history_["validation_loss"].notna().all()
