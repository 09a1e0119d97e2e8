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


def prices(path, column="Close"):
    with gzip.open(path) as file:
        table = pandas.read_csv(file)
    return pandas.Series(table[column].to_numpy(), index=pandas.to_datetime(table["Date"], format="%m/%d/%Y"))


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


class Fund:
    """Money that moves buys or sells units at what one is worth at that moment."""

    def __init__(self, capital, shares, price):
        self.cash, self.shares, self.units = capital - shares * price, shares, capital

    def equity(self, price):
        return self.cash + self.shares * price

    def flow(self, amount, price):
        self.units += amount / (self.equity(price) / self.units)
        self.cash += amount


def funded(opens, closes, capital):
    """A book with eight tenths of its capital in shares, into which money comes before the open and after it, and out of which it goes at the close."""
    fund = Fund(capital, 0.8 * capital / closes.iloc[0], closes.iloc[0])
    values, units, flows = [], [], []
    for session, (at_open, at_close) in enumerate(zip(opens, closes)):
        moved = 0.0
        if session % 97 == 50:
            fund.flow(50_000.0, closes.iloc[session - 1])
            moved += 50_000.0
        if session % 211 == 100:
            fund.flow(100_000.0 + session, at_open)
            moved += 100_000.0 + session
        if session % 131 == 60:
            fund.flow(-40_000.0, at_close)
            moved -= 40_000.0
        values.append(fund.equity(at_close) / fund.units)
        units.append(fund.units)
        flows.append(moved)
    unit = pandas.Series([1.0] + values)
    returns = unit.pct_change().dropna()
    peak = unit.cummax()
    equity = (unit * pandas.Series([capital] + units)).to_numpy()
    missing = (peak - unit).iloc[1:].to_numpy() * numpy.array(units)
    return {
        "sharpe_ratio": empyrical.sharpe_ratio(returns),
        "sharpe_ratio_90d": empyrical.sharpe_ratio(returns.iloc[-90:]),
        "sortino_ratio": empyrical.sortino_ratio(returns),
        "probabilistic_sharpe_ratio": psr(returns, 0.0),
        "max_drawdown": -empyrical.max_drawdown(returns),
        "drawdown": 1 - unit.iloc[-1] / peak.iloc[-1],
        "drawdown_value": missing[-1],
        "max_drawdown_value": missing.max(),
        "volatility": empyrical.annual_volatility(returns.iloc[-252:]),
        "value_at_risk_95": -empyrical.value_at_risk(returns.iloc[-252:]),
        "conditional_value_at_risk_95": -empyrical.conditional_value_at_risk(returns.iloc[-252:]),
        "cumulative": empyrical.cum_returns_final(returns),
        "equity": equity[-1],
        "returns": returns.tolist(),
        "pnl": (numpy.diff(equity) - flows).tolist(),
    }


def main():
    first, second = prices(sys.argv[1]), prices(sys.argv[2])
    assert (first.index == second.index).all()
    capital = 1_000_000.0
    shares = 0.6 * capital / first.iloc[0], 0.4 * capital / second.iloc[0]
    document = {
        "one": figures((capital / first.iloc[0]) * first.to_numpy(), capital, second.to_numpy()),
        "funded": funded(prices(sys.argv[1], "Open"), first, capital),
        "two": figures(shares[0] * first.to_numpy() + shares[1] * second.to_numpy(), capital, second.to_numpy()),
    }
    json.dump(document, sys.stdout, default=float)


main()
