"""LightGBM. Options: its own parameters, and `trees`. Every code keeps a bin of its own. Scores are raw."""

import lightgbm
from job import codes, labels, leave, options, splits

X, y = codes().astype(float), labels()
bins = dict(max_bin=256, min_data_in_bin=1, verbose=-1)
parameters = {key: value for key, value in options.items() if key != "trees"}
scores = []
for train, groups, test in splits():
    ranks = options["objective"] == "lambdarank"
    data = lightgbm.Dataset(X[train], y[train], group=groups if ranks else None)
    model = lightgbm.train({**bins, **parameters}, data, options["trees"])
    scores.append(model.predict(X[test], raw_score=True))
leave(scores)
