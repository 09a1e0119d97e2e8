"""What independent code says of the same book: empyrical where it has the figure, numpy and scipy where it has not.

Arguments: the files of the portfolio's two assets, the first of which is bought for six tenths of the capital and the second, which is the benchmark too, for the
rest. Writes one JSON document.
"""

import gzip
import json
import sys

import empyrical
import numpy
import pandas
import scipy.stats


def closes(path):
    with gzip.open(path) as file:
        table = pandas.read_csv(file)
    return pandas.Series(table["Close"].to_numpy(), index=pandas.to_datetime(table["Date"], format="%m/%d/%Y"))


def psr(returns, benchmark):
    ratio = returns.mean() / returns.std(ddof=1)
    skewness = scipy.stats.skew(returns)
    kurtosis = scipy.stats.kurtosis(returns, fisher=False)
    spread = numpy.sqrt(1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2)
    return scipy.stats.norm.cdf((ratio - benchmark / numpy.sqrt(252)) * numpy.sqrt(len(returns) - 1) / spread)


def figures(equity, capital, market):
    pnl = numpy.diff(equity, prepend=capital)
    returns = pnl / numpy.concatenate([[capital], equity[:-1]])
    drawdown = 1 - equity / numpy.maximum.accumulate(numpy.concatenate([[capital], equity]))[1:]
    market = numpy.concatenate([[numpy.nan], market[1:] / market[:-1] - 1])
    risk_free = 1.02 ** (1 / 252) - 1

    def risk(days):
        last, of_market = returns[-days:], market[-days:]
        both = ~numpy.isnan(of_market)
        return {
            "volatility": empyrical.annual_volatility(last),
            "value_at_risk_95": -empyrical.value_at_risk(last),
            "conditional_value_at_risk_95": -empyrical.conditional_value_at_risk(last),
            "beta": empyrical.beta(last[both], of_market[both]),
        }

    return {
        "sharpe_ratio": empyrical.sharpe_ratio(returns),
        "sharpe_ratio_30d": empyrical.sharpe_ratio(returns[-30:]),
        "sharpe_ratio_90d": empyrical.sharpe_ratio(returns[-90:]),
        "sharpe_ratio_above_2_percent": empyrical.sharpe_ratio(returns, risk_free),
        "sortino_ratio": empyrical.sortino_ratio(returns),
        "max_drawdown": -empyrical.max_drawdown(returns),
        "drawdown": drawdown[-1],
        "max_drawdown_value": (numpy.maximum.accumulate(numpy.concatenate([[capital], equity]))[1:] - equity).max(),
        "probabilistic_sharpe_ratio": psr(returns, 0.0),
        "probabilistic_sharpe_ratio_above_half": psr(returns, 0.5),
        "win_rate": (pnl > 0).sum() / (pnl != 0).sum(),
        "profit_factor": pnl[pnl > 0].sum() / -pnl[pnl < 0].sum(),
        "daily_mean": pnl.mean(),
        "daily_min": pnl.min(),
        "daily_max": pnl.max(),
        "year": risk(252),
        "all": risk(len(returns)),
        "pnl": pnl.tolist(),
        "returns": returns.tolist(),
    }


def main():
    first, second = closes(sys.argv[1]), closes(sys.argv[2])
    assert (first.index == second.index).all()
    capital = 1_000_000.0
    shares = 0.6 * capital / first.iloc[0], 0.4 * capital / second.iloc[0]
    document = {
        "one": figures((capital / first.iloc[0]) * first.to_numpy(), capital, second.to_numpy()),
        "two": figures(shares[0] * first.to_numpy() + shares[1] * second.to_numpy(), capital, second.to_numpy()),
    }
    json.dump(document, sys.stdout, default=float)


main()
