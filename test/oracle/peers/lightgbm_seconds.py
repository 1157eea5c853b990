"""How long LightGBM takes to grow trees on codes, each with a bin of its own, and the training loss it reaches. Options: its own parameters, and `trees`."""

import json
import time

import lightgbm
import numpy as np
from job import codes, labels, options

X, y = codes().astype(np.float32), labels()
bins = dict(max_bin=256, min_data_in_bin=1, verbose=-1)
parameters = {**bins, **{key: value for key, value in options.items() if key != "trees"}}
start = time.perf_counter()
data = lightgbm.Dataset(X, y, params=parameters).construct()
ready = time.perf_counter()
model = lightgbm.train(parameters, data, options["trees"])
end = time.perf_counter()
s = model.predict(X, raw_score=True)
loss = float(np.mean(np.maximum(s, 0) - y * s + np.log1p(np.exp(-np.abs(s)))))
print(json.dumps(dict(seconds=end - start, loadSeconds=ready - start, loss=loss)))
