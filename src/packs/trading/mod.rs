//! Trading books: positions, P&L, drawdown, performance and risk, as metrics and as plain data.
//!
//! ```
//! use perfmon::trading::{Book, Fill, PnlKind};
//!
//! let book = Book::builder("algo_trade").capital(1_000_000.0).currency("USD").build()?;
//! book.fill(Fill::buy("AAPL", 100.0, 150.0).fee(1.0));
//! book.mark("AAPL", 155.0);
//! book.record_pnl("MSFT", 250.0, PnlKind::Realized); // what the program reckons itself
//!
//! let summary = book.summary();
//! assert_eq!((summary.pnl.realized, summary.pnl.unrealized, summary.pnl.total), (250.0, 500.0, 749.0));
//! assert_eq!(summary.equity, Some(1_000_749.0));
//! assert!(perfmon::snapshot().metric("trading_equity").is_some());
//! # Ok::<(), perfmon::Error>(())
//! ```
//!
//! A [`Book`] is a handle for any thread. Every update has an event time: now, or what [`Book::at`] is given, so a replay of twenty years has the right days:
//!
//! ```
//! use std::time::{Duration, UNIX_EPOCH};
//! # use perfmon::trading::Book;
//! let book = Book::builder("replay").capital(1_000_000.0).time_zone("America/New_York").build()?;
//! let at = book.at(UNIX_EPOCH + Duration::from_secs(915_483_600)); // 4 January 1999, 16:00 in New York
//! at.mark("AAPL", 41.25);
//! at.benchmark(1228.1);
//! # assert_eq!(book.summary().today.unwrap().date.to_string(), "1999-01-04");
//! # Ok::<(), perfmon::Error>(())
//! ```
//!
//! # Positions and P&L
//!
//! - **Average cost.** Buying more of what is owned moves the average price of entry; selling realizes (price − entry) × quantity and leaves the entry as it is. Shorts are
//!   the same with the signs changed. A trade through zero closes the position and opens the rest at its own price.
//! - **Fees are apart**: realized P&L is without them, `total` = realized + unrealized − fees, and equity = capital + total.
//! - A fill is a price too. Of prices, positions and levels the latest by event time holds; an older one changes nothing and is counted as `outdated`.
//! - [`Book::update_position`] is for programs that keep positions themselves, [`Book::record_pnl`] for those that reckon P&L. All three ways can be mixed.
//! - Prices are for one; of contracts that stand for more than one, multiply the quantity.
//!
//! # Days
//!
//! A day is a date in the book's [time zone](Builder::time_zone), UTC by default, that had updates; it may [begin](Builder::day_begins) at another time than midnight, and
//! [weekends](Builder::weekdays_only) may count into Friday. It ends when an update of a later day comes. Its P&L is its closing equity less the one before, and its
//! return that ÷ the equity it began with (the first began with the capital), so fees and open positions are in it. Means, ratios and VaR are of days that are over; the
//! latest day counts from its end by the clock. What comes for an earlier day counts into the day under way, and as late.
//!
//! # Figures
//!
//! Of the returns *r* of *n* days; *A* is the number of returns a year, 252 unless [told](Builder::days_a_year). The conventions are those of the Python library empyrical, with
//! which tests compare each of them over twenty years of the S&P 500 and the Nasdaq Composite, to nine digits.
//!
//! | | | |
//! |---|---|---|
//! | Sharpe ratio | mean(*r* − *f*) ÷ *s* × √*A*; *s* is the sample's deviation (*n* − 1), *f* the day's [risk-free rate](Builder::risk_free_rate) | Sharpe, “The Sharpe Ratio”, J. of Portfolio Management 21 (1994) |
//! | Sortino ratio | mean(*r*) ÷ √(mean(min(*r*, 0)²)) × √*A*; the target is 0, and the mean over all days | Sortino and Price, “Performance Measurement in a Downside Risk Framework”, J. of Investing 3 (1994) |
//! | probabilistic Sharpe ratio | Φ((SR − SR\*) √(*n* − 1) ÷ √(1 − γ₃ SR + (γ₄ − 1) ÷ 4 × SR²)), SR and [SR\*](Builder::benchmark_sharpe_ratio) of days, γ₃ skewness, γ₄ kurtosis (3 if normal) of the population | Bailey and López de Prado, “The Sharpe Ratio Efficient Frontier”, J. of Risk 15 (2012) |
//! | win rate, profit factor | results above zero ÷ results not zero; their sum ÷ that of those below. Results are what closing fills made, less the closing part of their own fee, and amounts recorded as realized; days, where there are none | |
//! | drawdown | 1 − equity ÷ its peak. The curve begins with the capital and goes by the closes of days and the equity of now, or by [every update](Builder::intraday_drawdown) | Magdon-Ismail and Atiya, “Maximum Drawdown”, Risk 17 (2004) |
//! | exposure, largest position | Σ\|quantity × price\| (gross), Σ quantity × price (net), the largest \|quantity × price\|, ÷ equity | |
//! | volatility | *s* × √*A* | |
//! | beta | covariance with the benchmark's returns ÷ their variance, over days that both have | Sharpe, “Capital Asset Prices”, J. of Finance 19 (1964) |
//! | VaR 95 | −(the 5 % quantile of *r*, interpolated linearly): historical simulation | Jorion, “Value at Risk”, 3rd ed. (2007); Hyndman and Fan, “Sample Quantiles”, The American Statistician 50 (1996), type 7 |
//! | CVaR 95 | −(the mean of the ⌊(*n* − 1) × 0.05⌋ + 1 lowest *r*) | Rockafellar and Uryasev, “Optimization of Conditional Value-at-Risk”, J. of Risk 2 (2000) |
//! | market regime | deviation of the last 21 returns ÷ that of all: below 0.75 calm, above 1.5 storm; of the benchmark where it has levels, else of the book. See [`RegimeRule`] | our own |
//!
//! Performance is of all days that are kept, volatility, beta, VaR and CVaR of the last [252](Builder::risk_days), the year that Basel asks of historical simulation.
//!
//! **Absent, never 0 or `NaN`**: what has too few days ([`Performance`] and [`Risk`] say how many), is divided by zero (no losses, no deviation, equity not above zero), or
//! is a fraction where no capital was given. A window that is not full has no ratio.
//!
//! **Set instead of derived**: a program that computes a figure itself sets it with [`Book::record`] or one of the `record_…` methods; it then takes the place of the derived
//! one until it is set again or [`Book::derive`]d.
//!
//! # Metrics
//!
//! All have the label `book`. Money is in the book's currency, ratios are fractions (0.1 is 10 %).
//!
//! | metric | |
//! |---|---|
//! | `trading_capital`, `trading_equity` | money |
//! | `trading_pnl`, `trading_pnl_realized`, `trading_pnl_unrealized`, `trading_fees` | money; the first with fees taken off, the next two without |
//! | `trading_pnl_ratio` | of capital |
//! | `trading_pnl_daily`, `trading_pnl_daily_ratio` | of the latest day: money, and of the equity it began with |
//! | `trading_pnl_daily_mean`, `trading_pnl_daily_min`, `trading_pnl_daily_max` | money; of days that are over |
//! | `trading_drawdown`, `trading_drawdown_ratio`, `trading_drawdown_days`, `trading_drawdown_seconds` | now: money, of the peak, and since when |
//! | `trading_max_drawdown`, `trading_max_drawdown_ratio`, `trading_longest_drawdown_days`, `trading_longest_drawdown_seconds` | the largest, and the longest |
//! | `trading_sharpe_ratio`, `trading_sharpe_ratio_30d`, `trading_sharpe_ratio_90d`, `trading_sortino_ratio`, `trading_probabilistic_sharpe_ratio` | |
//! | `trading_win_ratio`, `trading_profit_factor` | |
//! | `trading_gross_exposure`, `trading_net_exposure`, `trading_gross_exposure_ratio`, `trading_net_exposure_ratio`, `trading_largest_position_ratio` | money; of equity |
//! | `trading_volatility_ratio`, `trading_beta`, `trading_value_at_risk_95_ratio`, `trading_conditional_value_at_risk_95_ratio` | |
//! | `trading_market_regime` | 0 calm, 1 normal, 2 storm |
//! | `trading_open_positions` | how many are not flat |
//! | `trading_position_quantity{symbol}`, `trading_position_value{symbol}`, `trading_position_price{symbol}` | |
//! | `trading_position_pnl_realized{symbol}`, `trading_position_pnl_unrealized{symbol}`, `trading_position_fees{symbol}` | money |
//! | `trading_fills_total`, `trading_results_total{result}` | counts; `win` and `loss` |
//! | `trading_updates_refused_total{reason}`, `trading_updates_late_total` | what changed nothing, see [`Refused`]; what counted into a later day |
//! | `trading_symbols_folded_total`, `trading_days_dropped_total` | what the bounds turned away |
//!
//! # What it costs, and its bounds
//!
//! An update takes a lock of the book's own, looks the symbol up and adds: 40 to 90 ns, of which up to 30 are for
//! reading the clock and saved with [`Book::at`]. What needs more is reckoned when somebody reads, every five seconds with an exporter: 130 µs with twenty years of days,
//! during which updates go on but for the few microseconds in which positions are copied. Updates leave no trace of their own; days do: 25,000 are kept unless [told](Builder::days), 2.5 MB. Symbols are
//! [256](Builder::symbols) at a time; a new one takes the place of one that holds nothing, whose sums go to the symbol `other`. Of one that finds no place, realized
//! P&L and fees go to `other`, and its position is refused and counted.

mod book;
mod builder;
mod calendar;
mod collector;
mod date;
mod day;
mod drawdown;
mod figures;
mod fill;
mod holding;
mod holdings;
mod ledger;
mod moments;
mod performance;
mod refused;
mod regime;
mod risk;
mod summary;

pub use self::{
    book::{At, Book},
    builder::Builder,
    date::Date,
    day::Day,
    drawdown::Drawdown,
    figures::{Figure, PortfolioRisk, SharpeWindow},
    fill::{Fill, PnlKind, Position, Side},
    performance::Performance,
    refused::Refused,
    regime::{Regime, RegimeRule},
    risk::Risk,
    summary::{Holdings, Pnl, Summary},
};
