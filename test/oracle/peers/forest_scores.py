"""scikit-learn's random forest. Options: its own. Scores are probabilities."""

from job import codes, labels, leave, options, splits
from sklearn.ensemble import RandomForestClassifier

X, y = codes(), labels()
scores = []
for train, _, test in splits():
    forest = RandomForestClassifier(**options).fit(X[train], y[train])
    scores.append(forest.predict_proba(X[test])[:, 1])
leave(scores)
