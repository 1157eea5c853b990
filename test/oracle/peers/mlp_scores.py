"""scikit-learn's multilayer perceptron on codes, one-hot or as standardised numbers. Options: its own, `codes`: `hot` or
`numbers`, and `loss`: `log` for labels of 0 and 1 (scores are log-odds), `squared` for others."""

import numpy as np
import scipy.sparse
from job import codes, labels, leave, options, splits
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

X, y = codes(), labels()
rows, features = X.shape
if options["codes"] == "hot":
    columns = (X + 256 * np.arange(features)).ravel()
    inputs = scipy.sparse.csr_matrix(
        (np.ones(columns.size), columns, np.arange(0, columns.size + 1, features)), shape=(rows, 256 * features)
    )
    # Buckets that never occur would only be more parameters.
    inputs = inputs[:, np.unique(columns)]
else:
    inputs = X.astype(np.float64)
own = {key: value for key, value in options.items() if key not in ("loss", "codes")}
scores = []
for train, _, test in splits():
    known, asked = inputs[train], inputs[test]
    if options["codes"] == "numbers":
        scaler = StandardScaler().fit(known)
        known, asked = scaler.transform(known), scaler.transform(asked)
    if options["loss"] == "log":
        p = MLPClassifier(**own).fit(known, y[train] > 0).predict_proba(asked)[:, 1]
        p = np.clip(p, 1e-9, 1 - 1e-9)
        scores.append(np.log(p / (1 - p)))
    else:
        scores.append(MLPRegressor(**own).fit(known, y[train]).predict(asked))
leave(scores)
