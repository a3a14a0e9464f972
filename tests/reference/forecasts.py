"""Forecasts and their scores, number by number: slow and dull on purpose.

It shares no code with the package.
"""

import numpy as np


def persistence(known, horizon):
    return [known[-1] for _ in range(horizon)]


def extrapolation(known, horizon):
    return [known[-1] + (step + 1) * (known[-1] - known[-2]) for step in range(horizon)]


def seasonal_naive(known, horizon, season):
    rows = list(known)
    for _ in range(horizon):
        rows.append(rows[-season])
    return rows[len(known):]


def rolled(forecast, y, first, horizon, step=1):
    """`forecast(known, horizon)` from every cutoff, as an array (n, horizon, columns)."""
    out = []
    cutoff = first
    while cutoff + horizon <= len(y):
        out.append(forecast(y[:cutoff], horizon))
        cutoff += step
    return np.array(out)


def window_ridge(blocks, known, horizon, look_back, sees, penalty, relative):
    """Forecast of the rows after `known` by least squares with a row more for each weight, column by column."""
    scale = np.concatenate(blocks).std(axis=0)
    n_columns = blocks[0].shape[1]
    pairs = []
    for block in blocks:
        for start in range(len(block) - look_back - horizon + 1):
            window = block[start : start + look_back] / scale
            after = block[start + look_back : start + look_back + horizon] / scale
            level = window[-1] if relative else np.zeros(n_columns)
            pairs.append((window - level, after - level))
    window = known[-look_back:] / scale
    level = window[-1] if relative else np.zeros(n_columns)
    answer = np.zeros((horizon, n_columns))
    for column in range(n_columns):
        if sees == "all":
            rows = [(past.ravel(), future[:, column]) for past, future in pairs]
            asked = (window - level).ravel()
        else:
            columns = [column] if sees == "own" else range(n_columns)
            rows = [(past[:, c], future[:, c]) for past, future in pairs for c in columns]
            asked = (window - level)[:, column]
        x = np.array([past for past, _ in rows])
        y = np.array([future for _, future in rows])
        more = np.sqrt(penalty) * np.eye(x.shape[1])
        weight = np.linalg.lstsq(np.concatenate([x - x.mean(0), more]),
                                 np.concatenate([y - y.mean(0), np.zeros((x.shape[1], horizon))]), rcond=None)[0]
        answer[:, column] = (asked - x.mean(0)) @ weight + y.mean(0) + level[column]
    return answer * scale


def scores(truth, forecast, train, season):
    """MAE, MSE, RMSE, sMAPE and MASE of nested lists [cutoff][step][column]; `train` is a list of series."""
    total = squares = percent = scaled = n = 0
    columns = len(truth[0][0])
    units = []
    for column in range(columns):
        steps = [abs(block[t][column] - block[t - season][column])
                 for block in train for t in range(season, len(block))]
        units.append(sum(steps) / len(steps))
    for one, other in zip(truth, forecast, strict=True):
        for row, said in zip(one, other, strict=True):
            for column in range(columns):
                error = abs(row[column] - said[column])
                total += error
                squares += error**2
                size = abs(row[column]) + abs(said[column])
                percent += 200 * error / size if size else 0
                scaled += error / units[column]
                n += 1
    return {"mae": total / n, "mse": squares / n, "rmse": (squares / n) ** 0.5, "smape": percent / n,
            "mase": scaled / n}


def naive2(values, horizon, season):
    """Seasonal naive 2 by M4's recipe: test for a season, take it out by division, repeat the last value, put it in."""
    n = len(values)
    mean = sum(values) / n
    total = sum((value - mean) ** 2 for value in values)
    r = [sum((values[t] - mean) * (values[t - lag] - mean) for t in range(lag, n)) / total
         for lag in range(1, season + 1)]
    limit = 1.645 * ((1 + 2 * sum(one * one for one in r[:-1])) / n) ** 0.5
    if season == 1 or n < 3 * season or abs(r[-1]) <= limit:
        return [values[-1]] * horizon
    ratios = [[] for _ in range(season)]
    half = season // 2
    for t in range(half, n - half):
        if season % 2:
            trend = sum(values[t - half : t + half + 1]) / season
        else:
            ends = (values[t - half] + values[t + half]) / 2
            trend = (ends + sum(values[t - half + 1 : t + half])) / season
        ratios[t % season].append(values[t] / trend)
    factors = [sum(own) / len(own) for own in ratios]
    level = sum(factors) / season
    last = values[-1] / (factors[(n - 1) % season] / level)
    return [last * factors[(n + step) % season] / level for step in range(horizon)]


def diebold_mariano(losses, others, horizon):
    """The statistic with the correction of Harvey, Leybourne and Newbold, Bartlett's weights where it needs them."""
    d = [one - other for one, other in zip(losses, others, strict=True)]
    n = len(d)
    mean = sum(d) / n

    def total(weight):
        found = sum((one - mean) ** 2 for one in d) / n
        for lag in range(1, horizon):
            found += 2 * weight(lag) * sum((d[t] - mean) * (d[t - lag] - mean) for t in range(lag, n)) / n
        return found

    variance = total(lambda lag: 1)
    if variance <= 0:
        variance = total(lambda lag: 1 - lag / horizon)
    return mean / (variance / n) ** 0.5 * ((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n) ** 0.5
