"""LightGBM models as text, and what they predict. Options: `cases`, each with its `parameters`, its number of `trees`,
which features are `categorical`, whether code 0 is `nan`, and whether it is trained on `raw` values; of these, `texts` are those that the
numbers of a column stand for, from 0 on, which makes it a column of categories (with pandas), and `edges` the only ends of a column's bins. Prints
the texts and the version of LightGBM; scores are raw, one case after the other. Option `texts` in place of `cases`: models to load and predict by."""

import json

import lightgbm
import numpy as np
from job import array, codes, folder, job, labels, options

X, y = codes().astype(float), labels()
names = options["names"]


def values(case):
    if case.get("raw"):
        return framed(case, array("raw.f64", np.float64).reshape(-1, len(names)))
    return np.where(X == 0, np.nan, X) if case.get("nan") else X


def framed(case, raw):
    if "texts" not in case:
        return raw
    import pandas

    frame = pandas.DataFrame(raw, columns=names)
    for name, texts in case["texts"].items():
        places = frame[name].fillna(-1).astype(int)
        frame[name] = pandas.Categorical.from_codes(places, categories=texts)
    return frame


def bins(case):
    """One bin more than there are ends, and one for missing values."""
    if "edges" not in case:
        return {}
    ends = [case["edges"].get(name) for name in names]
    forced = [{"feature": i, "bin_upper_bound": own} for i, own in enumerate(ends) if own]
    (folder / "bins.json").write_text(json.dumps(forced))
    most = [len(own) + 2 if own else 255 for own in ends]
    return {"forcedbins_filename": str(folder / "bins.json"), "max_bin_by_feature": most}


models, scores = [], []
for case in options.get("cases", []):
    rows = values(case)
    ranks = case["parameters"]["objective"] in ("lambdarank", "rank_xendcg")
    data = lightgbm.Dataset(
        rows,
        y,
        group=[options["slate"]] * (len(y) // options["slate"]) if ranks else None,
        feature_name=names,
        categorical_feature="auto" if "texts" in case else case.get("categorical", []),
        params=bins(case),
    )
    model = lightgbm.train({"verbose": -1, "num_threads": 1, **case["parameters"]}, data, case["trees"])
    models.append(model.model_to_string())
    scores.append(model.predict(rows, raw_score=True))
for text in options.get("texts", []):
    scores.append(lightgbm.Booster(model_str=text).predict(X, raw_score=True))
np.concatenate(scores).astype(np.float64).tofile(folder / "scores.f64")
print(json.dumps({"models": models, "version": lightgbm.__version__}))
