"""
Expected values of GrowthBook's engine for every kind of statistic × test × difference:
PYTHONPATH=<growthbook>/packages/stats python gbstats_cases.py > ../../backend/science/experiment/gbstats-0.8.0.json
"""
import json
import numpy as np
from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig, GaussianPrior
from gbstats.frequentist import tests as t
from gbstats.models import statistics as s

rng = np.random.default_rng(20260722)


def units(n, lift, sign):
    """Correlated values of one unit: after and before, numerator and denominator, and two rates."""
    habit = rng.gamma(2.0, 1.0, n)
    d_pre = rng.poisson(1 + habit)
    d_post = rng.poisson(1 + habit) + 1
    m_pre = rng.binomial(d_pre, np.clip(habit / 8, 0, 1))
    m_post = rng.binomial(d_post, np.clip(habit * (1 + lift) / 8, 0, 1))
    pay = sign * (habit * (1 + lift) + rng.normal(0, 1, n) + 0.5)
    pay_pre = habit + rng.normal(0, 1, n)
    rate = (rng.random(n) < np.clip(0.05 * habit * (1 + lift), 0, 1)).astype(int)
    rate_pre = (rng.random(n) < np.clip(0.05 * habit, 0, 1)).astype(int)
    return dict(d_pre=d_pre, d_post=d_post, m_pre=m_pre * sign, m_post=m_post * sign,
                pay=pay, pay_pre=pay_pre, rate=rate, rate_pre=rate_pre)


def mean(x):
    return s.SampleMeanStatistic(n=len(x), sum=float(x.sum()), sum_squares=float((x * x).sum()))


def rate(x):
    return s.ProportionStatistic(n=len(x), sum=float(x.sum()))


def dot(a, b):
    return float((a * b).sum())


def statistics(u):
    n = len(u["pay"])
    ratio = lambda m, d, of_d: s.RatioStatistic(
        n=n, m_statistic=mean(m), d_statistic=of_d(d), m_d_sum_of_products=dot(m, d))
    return {
        "mean": mean(u["pay"]),
        "proportion": rate(u["rate"]),
        "ratio": ratio(u["m_post"], u["d_post"], mean),
        "ratio of rates": s.RatioStatistic(
            n=n, m_statistic=rate(u["rate"] * u["rate_pre"]), d_statistic=rate(u["rate_pre"]),
            m_d_sum_of_products=dot(u["rate"] * u["rate_pre"], u["rate_pre"])),
        "CUPED mean": s.RegressionAdjustedStatistic(
            n=n, post_statistic=mean(u["pay"]), pre_statistic=mean(u["pay_pre"]),
            post_pre_sum_of_products=dot(u["pay"], u["pay_pre"]), theta=None),
        "CUPED proportion": s.RegressionAdjustedStatistic(
            n=n, post_statistic=rate(u["rate"]), pre_statistic=rate(u["rate_pre"]),
            post_pre_sum_of_products=dot(u["rate"], u["rate_pre"]), theta=None),
        "CUPED ratio": s.RegressionAdjustedRatioStatistic(
            n=n, m_statistic_post=mean(u["m_post"]), d_statistic_post=mean(u["d_post"]),
            m_statistic_pre=mean(u["m_pre"]), d_statistic_pre=mean(u["d_pre"]),
            m_post_m_pre_sum_of_products=dot(u["m_post"], u["m_pre"]),
            d_post_d_pre_sum_of_products=dot(u["d_post"], u["d_pre"]),
            m_pre_d_pre_sum_of_products=dot(u["m_pre"], u["d_pre"]),
            m_post_d_post_sum_of_products=dot(u["m_post"], u["d_post"]),
            m_post_d_pre_sum_of_products=dot(u["m_post"], u["d_pre"]),
            m_pre_d_post_sum_of_products=dot(u["m_pre"], u["d_post"]), theta=None),
    }


def plain(statistic):
    return {"type": type(statistic).__name__, **{k: plain(v) if isinstance(v, s.Statistic) else v
            for k, v in vars(statistic).items() if k != "theta"}}


SIDES = {"two-sided": t.TwoSidedTTest, "greater": t.OneSidedTreatmentGreaterTTest,
         "less": t.OneSidedTreatmentLesserTTest}
SEQUENTIAL = {"two-sided": t.SequentialTwoSidedTTest, "greater": t.SequentialOneSidedTreatmentGreaterTTest,
              "less": t.SequentialOneSidedTreatmentLesserTTest}
finite = lambda values: [float(x) if np.isfinite(x) else ("Infinity" if x > 0 else "-Infinity") for x in values]
cases = []
for nc, nt, lift, sign, alpha, tuning in [(1500, 1400, 0.1, 1, 0.05, 5000), (3000, 400, -0.1, 1, 0.1, 1000),
                                          (900, 1100, 0.02, -1, 0.01, 5000)]:
    arms = [statistics(units(nc, 0, sign)), statistics(units(nt, lift, sign))]
    for name in arms[0]:
        a, b = arms[0][name], arms[1][name]
        readings = []
        for difference in ["absolute", "relative"]:
            for side in SIDES:
                fixed = SIDES[side]([(a, b)], t.FrequentistConfig(
                    difference_type=difference, alpha=alpha)).compute_result()
                always = SEQUENTIAL[side]([(a, b)], t.SequentialConfig(
                    difference_type=difference, alpha=alpha,
                    sequential_tuning_parameter=tuning)).compute_result()
                for kind, found in [("fixed", fixed), ("sequential", always)]:
                    assert found.errorMessage is None, found.errorMessage
                    readings.append(dict(kind=kind, difference=difference, side=side,
                                         estimate=found.expected, error=found.uplift.stddev,
                                         p=found.pValue, ci=finite(found.ci)))
            for inverse in [False, True]:
                for prior in [None, dict(mean=0.02, variance=0.04)]:
                    found = EffectBayesianABTest([(a, b)], EffectBayesianConfig(
                        difference_type=difference, alpha=alpha, inverse=inverse, prior_type="relative",
                        prior_effect=GaussianPrior(proper=prior is not None, **(prior or {})))).compute_result()
                    readings.append(dict(kind="bayesian", difference=difference, inverse=inverse, prior=prior,
                                         estimate=found.expected, error=found.uplift.stddev,
                                         ci=finite(found.ci), chance=float(found.chanceToWin),
                                         risk=finite(found.risk)))
        cases.append(dict(name=name, alpha=alpha, tuning=tuning,
                          control=plain(a), treatment=plain(b), readings=readings))
print(json.dumps(dict(tool="gbstats 0.8.0 (growthbook 8f1db4456915)", cases=cases), separators=(",", ":")))
