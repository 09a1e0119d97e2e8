//! The market data feed: daily bars, one after the other, as a vendor would send them.

use std::{
    fmt,
    io::Read,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use flate2::read::GzDecoder;
use perfmon::{monitor_latency, trading};

/// S&P 500, 1999 to 2018. `examples/data/README.md` says where it comes from.
const SP500: &[u8] = include_bytes!("../data/sp500.csv.gz");
pub(crate) const SYMBOL: &str = "SPX";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// From the close of a session to midnight in Greenwich, in winter. In summer it is an hour more, which changes no date.
const AFTER_CLOSE: Duration = Duration::from_secs(3 * 60 * 60);

/// The [ordinal](Date::ordinal) of 1 January 1970.
const FIRST_OF_1970: i32 = 719_469;

/// How often a row that arrived incomplete is asked for again.
const ATTEMPTS: u32 = 3;

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub(crate) year: i32,
    month: i32,
    day: i32,
}

/// One session of the index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bar {
    pub(crate) date: Date,
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    pub(crate) volume: f64,
}

/// Why a row is no bar.
#[derive(Debug)]
pub(crate) enum FeedError {
    /// The row ended early.
    Incomplete { fields: usize },
    /// A field does not say what it should.
    Malformed { field: &'static str, text: String },
    /// It stayed incomplete.
    GaveUp { row: usize },
}

/// Where bars come from.
pub(crate) struct Feed {
    rows: Vec<String>,
    /// Finds by itself what does not come.
    quality: trading::Feed,
    last: Option<Date>,
}

impl Feed {
    /// Unpacks the data set.
    pub(crate) fn open() -> std::io::Result<Self> {
        let mut text = String::new();
        GzDecoder::new(SP500).read_to_string(&mut text)?;
        // A bar each day, but for weekends. The bot has no calendar of the exchange, so its holidays are missing; two days in a row are a gap.
        let quality = trading::Feed::builder("sp500").interval(DAY).gap(2).replay().build();
        Ok(Self { rows: text.lines().skip(1).map(str::to_owned).collect(), quality, last: None })
    }

    /// What is known of the data's quality, for those who find faults in it.
    pub(crate) fn quality(&self) -> &trading::Feed {
        &self.quality
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The bar of a session, asked for again while its row is incomplete.
    pub(crate) async fn bar(&mut self, session: usize) -> Result<Bar, FeedError> {
        for attempt in 0..ATTEMPTS {
            match self.fetch(session, attempt).await {
                Err(FeedError::Incomplete { .. }) => {
                    self.quality.error("cut_off");
                    trading::error("market_data");
                    tokio::task::yield_now().await;
                }
                answer => {
                    if let Ok(bar) = &answer {
                        self.arrived(bar);
                    }
                    return answer;
                }
            }
        }
        Err(FeedError::GaveUp { row: session })
    }

    /// Nothing is expected from the day after a Friday's session, when its bar is late at last, to Sunday.
    fn arrived(&mut self, bar: &Bar) {
        let close = bar.date.close();
        let friday = self.last.replace(bar.date).map(|last| last.close() + DAY * last.days_to_friday());
        if let Some(friday) = friday.filter(|friday| close > *friday) {
            self.quality.at(friday + DAY / 2).pause();
            self.quality.at(friday + DAY * 2).resume();
        }
        self.quality.at(close).tick(SYMBOL);
    }

    /// Asks the vendor once. Monitored is the single try, so the report shows the errors that the callers of [`bar`](Self::bar) never see.
    #[monitor_latency("market_data_fetch", error_rate = "1%")]
    async fn fetch(&self, session: usize, attempt: u32) -> Result<Bar, FeedError> {
        let row = &self.rows[session];
        let received = row.get(..row.len() - cut_off(session, attempt)).unwrap_or(row);
        parse(received)
    }
}

/// How many bytes of a row the line loses: half of it in about one try of 250, always the same ones.
fn cut_off(session: usize, attempt: u32) -> usize {
    let mixed = (session as u64 ^ (u64::from(attempt) << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
    if mixed % 250 == 7 { 40 } else { 0 }
}

/// `1/4/1999,1229.22998,1248.810059,1219.099976,1228.099976,1228.099976,877000000`
fn parse(row: &str) -> Result<Bar, FeedError> {
    let fields: Vec<&str> = row.split(',').collect();
    let &[date, open, high, low, close, _adjusted, volume] = fields.as_slice() else {
        return Err(FeedError::Incomplete { fields: fields.len() });
    };
    Ok(Bar {
        date: Date::parse(date).ok_or_else(|| malformed("Date", date))?,
        open: number("Open", open)?,
        high: number("High", high)?,
        low: number("Low", low)?,
        close: number("Close", close)?,
        volume: number("Volume", volume)?,
    })
}

fn number(field: &'static str, text: &str) -> Result<f64, FeedError> {
    text.parse().map_err(|_| malformed(field, text))
}

fn malformed(field: &'static str, text: &str) -> FeedError {
    FeedError::Malformed { field, text: text.to_owned() }
}

impl Date {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/').map(|part| part.parse().ok());
        let (month, day, year) = (parts.next()??, parts.next()??, parts.next()??);
        Some(Self { year, month, day })
    }

    /// Days since 1 March of year 0, in the Gregorian calendar: its difference is the number of days between two dates.
    pub(crate) fn ordinal(self) -> i32 {
        // Years begin in March, so that the leap day is the last one.
        let (year, month) = if self.month > 2 { (self.year, self.month - 3) } else { (self.year - 1, self.month + 9) };
        year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + self.day
    }

    /// When the session of this day ends.
    pub(crate) fn close(self) -> SystemTime {
        UNIX_EPOCH + DAY * self.since_1970() + DAY - AFTER_CLOSE
    }

    fn since_1970(self) -> u32 {
        (self.ordinal() - FIRST_OF_1970).cast_unsigned()
    }

    /// 1 January 1970 was a Thursday.
    fn days_to_friday(self) -> u32 {
        (8 - self.since_1970() % 7) % 7
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete { fields } => write!(f, "row ended after {fields} of 7 fields"),
            Self::Malformed { field, text } => write!(f, "{field} is no number or date: {text:?}"),
            Self::GaveUp { row } => write!(f, "row {row} stayed incomplete after {ATTEMPTS} tries"),
        }
    }
}

impl std::error::Error for FeedError {}
