"""How long scikit-learn's logistic regression takes on one-hot codes, and the training loss it reaches."""

import json
import time

import numpy as np
import scipy.sparse
from job import codes, labels, options
from sklearn.linear_model import LogisticRegression

X, y = codes(), labels()
rows, features = X.shape
columns = (X.astype(np.int32) + 256 * np.arange(features, dtype=np.int32)).ravel()
hot = scipy.sparse.csr_matrix(
    (np.ones(columns.size), columns, np.arange(0, columns.size + 1, features)), shape=(rows, 256 * features)
)
start = time.perf_counter()
model = LogisticRegression(fit_intercept=False, **options).fit(hot, y)
seconds = time.perf_counter() - start
s = model.decision_function(hot)
loss = float(np.mean(np.maximum(s, 0) - y * s + np.log1p(np.exp(-np.abs(s)))))
print(json.dumps(dict(seconds=seconds, loss=loss, iterations=int(model.n_iter_[0]))))
