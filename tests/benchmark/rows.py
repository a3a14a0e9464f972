"""Rows written by hand."""


def row(name, seed=0, accuracy=0.5, *, ours=False, seeded=True, notes=(), status="done", task="slopes", **changes):
    made = {
        "format": 2, "key": f"{task}-{name}-{seed}", "slot": f"{task}/official/1/0/{name}/{seed}", "status": status,
        "task": {"name": task, "checksum": "abc", "n_train": 12, "n_test": 9, "n_channels": 2, "n_classes": 3,
                 "min_length": 5, "max_length": 7, "majority": 0.25, "about": ""},
        "split": {"kind": "official", "folds": 1, "fold": 0},
        "estimator": {"name": name, "what": {"class": name, "params": {}}, "ours": ours, "seeded": seeded,
                      "notes": list(notes)},
        "seed": seed, "error": None,
        "scores": {"accuracy": accuracy, "balanced_accuracy": accuracy, "macro_f1": accuracy, "log_loss": None},
        "fit_seconds": 1.5, "predict_seconds": 0.25, "n_parameters": 1234 if ours else None, "history": None,
        "memory": {"peak_mb": 99.6, "before_mb": 90.0, "what": "peak"},
        "classes": ["a", "b"], "true": [0, 1], "predicted": [0, 1], "remarks": [],
        "hardware": {"cpu": "a cpu", "cores": 2, "torch_threads": 2, "gpu": None, "system": "Linux", "jobs": 1},
        "versions": {"python": "3.11", "tsattn": "0.1.0"}, "code": "c0de", "commit": "c0ffee", "source": "feed",
        "command": "tsattn bench",
        "started": "2026-01-01T00:00:00", "finished": "2026-01-01T00:01:00",
    }
    if status == "failed":
        made |= {"scores": None, "error": {"type": "ValueError", "message": "no <way>", "traceback": "Traceback"}}
    return made | changes
