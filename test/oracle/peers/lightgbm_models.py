"""LightGBM models as text, and what they predict. Options: `cases`, each with its `parameters`, its number of `trees`,
which features are `categorical`, whether code 0 is `nan`, and whether it is trained on `raw` values. Prints the texts; scores are raw,
one case after the other. Option `texts` in place of `cases`: models to load and predict by."""

import json

import lightgbm
import numpy as np
from job import array, codes, folder, job, labels, options

X, y = codes().astype(float), labels()
names = options["names"]


def values(case):
    if case.get("raw"):
        return array("raw.f64", np.float64).reshape(X.shape)
    return np.where(X == 0, np.nan, X) if case.get("nan") else X


models, scores = [], []
for case in options.get("cases", []):
    rows = values(case)
    ranks = case["parameters"]["objective"] in ("lambdarank", "rank_xendcg")
    data = lightgbm.Dataset(
        rows,
        y,
        group=[options["slate"]] * (len(y) // options["slate"]) if ranks else None,
        feature_name=names,
        categorical_feature=case.get("categorical", []),
    )
    model = lightgbm.train({"verbose": -1, "num_threads": 1, **case["parameters"]}, data, case["trees"])
    models.append(model.model_to_string())
    scores.append(model.predict(rows, raw_score=True))
for text in options.get("texts", []):
    scores.append(lightgbm.Booster(model_str=text).predict(X, raw_score=True))
np.concatenate(scores).astype(np.float64).tofile(folder / "scores.f64")
print(json.dumps({"models": models}))
