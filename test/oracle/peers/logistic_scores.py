"""scikit-learn's logistic regression on one-hot codes, without an intercept: a bucket of every feature is always
on, so that it would add nothing. Options: its own. Scores are log-odds."""

import numpy as np
import scipy.sparse
from job import codes, labels, leave, options, splits
from sklearn.linear_model import LogisticRegression

X, y = codes(), labels()
rows, features = X.shape
columns = (X + 256 * np.arange(features)).ravel()
hot = scipy.sparse.csr_matrix(
    (np.ones(columns.size), columns, np.arange(0, columns.size + 1, features)), shape=(rows, 256 * features)
)
scores = []
for train, _, test in splits():
    model = LogisticRegression(fit_intercept=False, **options).fit(hot[train], y[train])
    scores.append(model.decision_function(hot[test]))
leave(scores)
