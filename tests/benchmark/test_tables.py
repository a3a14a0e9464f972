import pytest

from tsattn.benchmark.tables import tables
from tsattn.benchmark.text import markdown


@pytest.fixture
def made(rows):
    row = rows.row
    (table,) = tables([
        row("ours", 0, 0.9, ours=True), row("ours", 1, 0.8, ours=True),
        row("rival", 0, 0.9, notes=["resampled to 30 steps"]), row("rival", 1, 0.9, notes=["resampled to 30 steps"]),
        row("broken", 0, status="failed", notes=["resampled to 30 steps", "old"]),
    ], reference="ours")
    return table


def column(table, name):
    place = table.columns.index(name) - 1
    return {line.name: line.cells[place] for line in table.lines}


def test_scores_are_percent_with_their_spread(made):
    accuracy = column(made, "accuracy %")
    assert accuracy["ours"].text == "85.00 ± 7.07"  # sqrt(2 * 5^2 / 1)
    assert accuracy["rival"].text == "90.00 ± 0.00"
    assert column(made, "log loss")["ours"].text == "–"


def test_the_best_is_marked_and_a_lost_comparison_is_seen(made):
    assert {name for name, cell in column(made, "accuracy %").items() if cell.best} == {"rival"}
    against = column(made, "vs ours")
    assert (against["rival"].text, against["rival"].bad) == ("+5.00", True)
    assert against["ours"].text == "reference"


def test_ties_are_all_best(rows):
    (table,) = tables([rows.row("a", accuracy=0.9), rows.row("b", accuracy=0.9), rows.row("c", accuracy=0.8)])
    assert [name for name, cell in column(table, "accuracy %").items() if cell.best] == ["a", "b"]
    assert column(table, "vs a")["c"].text == "−10.00"


def test_a_failed_estimator_stays_in_the_table(made):
    assert column(made, "accuracy %")["broken"].text == "failed"
    assert column(made, "runs")["broken"].text == "0 of 1"
    assert column(made, "vs ours")["broken"].text == "–"


def test_a_partly_failed_estimator_says_how_many_runs_count(rows):
    (table,) = tables([rows.row("a", 0, 0.9), rows.row("a", 1, status="failed")])
    assert column(table, "accuracy %")["a"].text == "90.00"
    assert (column(table, "runs")["a"].text, column(table, "runs")["a"].bad) == ("1 of 2", True)


def test_fewer_runs_than_the_suite_has_are_said(rows):
    made = [rows.row("a", 0), rows.row("a", 1), rows.row("knn", seeded=False)]
    (table,) = tables(made, about={"reference": "knn", "seeds": 5})
    assert {name: cell.text for name, cell in column(table, "runs").items()} == {"a": "2 of 5", "knn": "1"}
    assert "vs knn" in table.columns
    (table,) = tables(made, about={"seeds": 2}, reference="a")
    assert column(table, "runs")["a"].text == "2"


def test_threads_and_cells_at_a_time_are_said_and_mixtures_warned_of(rows):
    one = rows.row("a", hardware={"torch_threads": 1, "jobs": 2})
    (table,) = tables([one])
    assert table.remarks == ["times: torch threads 1, cells at a time 2"]
    (table,) = tables([one, rows.row("b")])
    assert table.remarks[-1] == "times do not compare; torch threads × cells at a time were: a 1 × 2; b 2 × 1"
    assert markdown(table).endswith(f"  \n{table.remarks[-1]}\n")


def test_notes_are_footnotes_numbered_once(made):
    assert made.notes == [("a", "resampled to 30 steps"), ("b", "old")]
    assert [line.marks for line in made.lines] == ["", "a", "a b"]


def test_costs_are_means_and_memory_is_the_most(rows):
    (table,) = tables([rows.row("a", 0, fit_seconds=1.0), rows.row("a", 1, fit_seconds=2.0, ours=True,
                                                                   memory={"peak_mb": 111.4})])
    assert column(table, "fit s")["a"].text == "1.5"
    assert column(table, "peak MB")["a"].text == "111"


def test_one_table_a_protocol(rows):
    other = rows.row("a") | {"split": {"kind": "cv", "folds": 5, "fold": 0}}
    titles = [table.title for table in tables([rows.row("a"), other, rows.row("a", task="hills")])]
    assert [title.split(";")[0] for title in titles] == [
        "slopes: official split", "slopes: 5-fold cross-validation", "hills: official split"]
    assert titles[0].endswith("9 test series of 5–7 steps, 2 channels, 3 classes; the most frequent class alone 25.0 %")


def test_markdown_is_a_table_with_bold_and_footnotes(made):
    text = markdown(made, ["accuracy %", "runs"])
    lines = text.splitlines()
    assert lines[2:7] == [
        "| estimator | accuracy % | runs |",
        "| --- | ---: | ---: |",
        "| ours | 85.00 ± 7.07 | 2 |",
        "| rival <sup>a</sup> | **90.00 ± 0.00** | 2 |",
        "| broken <sup>a b</sup> | failed | 0 of 1 |",
    ]
    assert "<sup>b</sup> old" in text


def test_markdown_escapes_what_would_break_the_table(rows):
    (table,) = tables([rows.row("a|b_c", notes=["<i>"])])
    assert "| a\\|b\\_c <sup>a</sup> |" in markdown(table)
    assert "&lt;i>" in markdown(table)


def test_an_unknown_column_lists_the_columns(made):
    with pytest.raises(ValueError, match="unknown column 'speed'; choose one of 'estimator', 'accuracy %'"):
        markdown(made, ["speed"])


def with_published(rows, *accuracies_and_printed):
    made = []
    for name, (accuracy, printed) in zip("abcdef", accuracies_and_printed, strict=False):
        made.append(rows.row(name, accuracy=accuracy))
        made[-1]["estimator"]["published"] = printed
    return made


def test_published_figures_stand_beside_ours_with_how_far_the_order_is_kept(rows):
    (table,) = tables(with_published(rows, (0.7, 71.5), (0.8, 70.25), (0.6, 69.0), (0.5, 60), (0.4, 50), (0.9, None)))
    assert [cell.text for cell in column(table, "published %").values()] == ["71.50", "70.25", "69.00", "60.00",
                                                                             "50.00", "–"]
    assert column(table, "vs a")["b"].text == "+10.00"
    (said,) = [remark for remark in table.remarks if "Spearman" in remark]
    assert said.endswith("over 5 estimators, Spearman's rank correlation with ours is 0.90")  # 1 - 6 * 2 / (5 * 24)


def test_what_was_printed_may_be_another_score(rows):
    made = with_published(rows, (0.5, 0.1), (0.6, 0.2), (0.7, 0.03), (0.8, 0.0401), (0.9, 0.05))
    for place, one in enumerate(made):
        one["estimator"]["published_as"] = "log_loss"
        one["scores"]["log_loss"] = [0.2, 0.1, 0.03, 0.04, 0.05][place]
    (table,) = tables(made)
    assert "published %" not in table.columns
    assert column(table, "published log loss")["d"].text == "0.0401"
    (said,) = [remark for remark in table.remarks if "Spearman" in remark]
    assert said.startswith("published log loss: what the source prints")
    assert said.endswith("with ours is 0.90")  # of losses, in which two neighbours have changed places


def test_what_the_library_lacks_stands_in_the_table(rows):
    made = with_published(rows, (0.7, 71.5), (0.8, 70.25))
    (table,) = tables(made, about={"unbuilt": {"slopes/official": {"other": 72.125}, "slopes/cv": {"another": 1.0}}})
    assert list(column(table, "published %")) == ["a", "b", "other"]
    assert column(table, "accuracy %")["other"].text == "not built"
    assert column(table, "published %")["other"].text == "72.12"
    assert {len(line.cells) for line in table.lines} == {len(table.columns) - 1}
    assert column(table, "vs a")["other"].text == column(table, "runs")["other"].text == "–"


def test_where_nothing_is_published_there_is_no_such_column(made, rows):
    assert "published %" not in made.columns
    (table,) = tables(with_published(rows, (0.7, 71.5), (0.8, 70.25)))
    assert "published %" in table.columns
    assert not [remark for remark in table.remarks if "Spearman" in remark]  # two have no order to speak of
    (table,) = tables(with_published(rows, (0.7, 71.5), (0.8, 70.25), (0.6, 60.0), (0.5, 50.0)))
    assert not [remark for remark in table.remarks if "Spearman" in remark]  # nor have four
    (table,) = tables(with_published(rows, *[(0.7, printed) for printed in (71.5, 70.25, 60.0, 50.0, 40.0)]))
    assert not [remark for remark in table.remarks if "Spearman" in remark]
