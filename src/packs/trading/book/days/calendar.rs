//! When a day begins: a time zone, a time of day, and whether weekends are days.

use jiff::{
    Timestamp,
    civil::{self, Weekday},
    tz::TimeZone,
};
use perfmon_core::Error;

/// How instants fall into days.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    zone: TimeZone,
    begins: civil::Time,
    weekends: bool,
}

/// One day: what it is called, and its instants, from the first to before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) date: civil::Date,
    pub(crate) begins: i64,
    pub(crate) ends: i64,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, begins: civil::Time::midnight(), weekends: true }
    }
}

impl Calendar {
    pub(crate) fn new(zone: Option<&str>, begins: (u8, u8), weekends: bool) -> Result<Self, Error> {
        let zone = zone.map_or(Ok(TimeZone::UTC), |name| {
            TimeZone::get(name).map_err(|_| {
                Error::invalid(format!("no time zone is called `{name}`; write a name of IANA's, as America/New_York"))
            })
        })?;
        let (hour, minute) = begins;
        let time = i8::try_from(hour).ok().zip(i8::try_from(minute).ok());
        let begins = time.and_then(|(hour, minute)| civil::Time::new(hour, minute, 0, 0).ok()).ok_or_else(|| {
            Error::invalid(format!("a day cannot begin at {hour}:{minute:02}; hours go to 23 and minutes to 59"))
        })?;
        Ok(Self { zone, begins, weekends })
    }

    /// The day of an instant, given as nanoseconds since 1970; `None` at the ends of what calendars know.
    pub(crate) fn session(&self, nanos: i64) -> Option<Session> {
        let now = Timestamp::from_nanosecond(nanos.into()).ok()?;
        // A day may begin on the evening before, and a zone may skip a day.
        let mut first = self.zone.to_datetime(now).date().tomorrow().ok()?;
        while self.beginning(first)? > nanos {
            first = first.yesterday().ok()?;
        }
        let mut next = first.tomorrow().ok()?;
        while self.is_off(first)? {
            first = first.yesterday().ok()?;
        }
        while self.is_off(next)? || self.beginning(next)? <= nanos {
            next = next.tomorrow().ok()?;
        }
        Some(Session { date: self.called(first)?, begins: self.beginning(first)?, ends: self.beginning(next)? })
    }

    /// What the day is called that begins on this date. One that begins at noon or later is mostly the next one, and exchanges call it so.
    fn called(&self, date: civil::Date) -> Option<civil::Date> {
        if self.begins.hour() >= 12 { date.tomorrow().ok() } else { Some(date) }
    }

    fn is_off(&self, date: civil::Date) -> Option<bool> {
        let weekday = self.called(date)?.weekday();
        Some(!self.weekends && matches!(weekday, Weekday::Saturday | Weekday::Sunday))
    }

    /// A time that the clocks skip is as much later as they are put forward; one that comes twice is the first.
    fn beginning(&self, date: civil::Date) -> Option<i64> {
        let instant = self.zone.to_ambiguous_timestamp(date.to_datetime(self.begins)).compatible().ok()?;
        i64::try_from(instant.as_nanosecond()).ok()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::Calendar;

    fn nanos(text: &str) -> i64 {
        let instant: Timestamp = text.parse().expect("an instant");
        i64::try_from(instant.as_nanosecond()).expect("in range")
    }

    fn date(calendar: &Calendar, instant: &str) -> String {
        calendar.session(nanos(instant)).expect("in range").date.to_string()
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let new_york = Calendar::new(Some("America/New_York"), (0, 0), true).expect("known");
        assert_eq!(date(&new_york, "2024-03-10T04:59:59Z"), "2024-03-09");
        assert_eq!(date(&new_york, "2024-03-10T05:00:00Z"), "2024-03-10");
        // Clocks went forward that night: 23 hours; and back in November: 25.
        assert_eq!(date(&new_york, "2024-03-11T03:59:59Z"), "2024-03-10");
        assert_eq!(date(&new_york, "2024-03-11T04:00:00Z"), "2024-03-11");
        for (instant, hours) in
            [("2024-03-10T12:00:00Z", 23), ("2024-11-03T12:00:00Z", 25), ("2024-06-01T12:00:00Z", 24)]
        {
            let day = new_york.session(nanos(instant)).expect("in range");
            assert_eq!(day.ends - day.begins, hours * 3_600_000_000_000, "{instant}");
        }
    }

    #[test]
    fn a_day_that_begins_in_the_evening_is_called_the_next() {
        let chicago = Calendar::new(Some("America/Chicago"), (17, 0), true).expect("known");
        assert_eq!(date(&chicago, "2024-01-02T22:59:59Z"), "2024-01-02");
        assert_eq!(date(&chicago, "2024-01-02T23:00:00Z"), "2024-01-03");
        let early = Calendar::new(None, (4, 30), true).expect("a time");
        assert_eq!(date(&early, "2024-01-02T04:29:59Z"), "2024-01-01");
        assert_eq!(date(&early, "2024-01-02T04:30:00Z"), "2024-01-02");
    }

    #[test]
    fn weekends_belong_to_friday() {
        let weekdays = Calendar::new(None, (0, 0), false).expect("plain");
        for day in ["2024-01-05", "2024-01-06", "2024-01-07"] {
            assert_eq!(date(&weekdays, &format!("{day}T15:00:00Z")), "2024-01-05");
        }
        assert_eq!(date(&weekdays, "2024-01-08T00:00:00Z"), "2024-01-08");
        // Futures trade again from Sunday evening on, and call it Monday.
        let chicago = Calendar::new(Some("America/Chicago"), (17, 0), false).expect("known");
        assert_eq!(date(&chicago, "2024-01-07T22:59:59Z"), "2024-01-05");
        assert_eq!(date(&chicago, "2024-01-07T23:00:00Z"), "2024-01-08");
    }

    #[test]
    fn what_is_no_zone_or_time_is_refused() {
        let refused = Calendar::new(Some("America/Gotham"), (0, 0), true).expect_err("no such zone").to_string();
        assert_eq!(refused, "no time zone is called `America/Gotham`; write a name of IANA's, as America/New_York");
        let refused = Calendar::new(None, (24, 0), true).expect_err("no such time").to_string();
        assert_eq!(refused, "a day cannot begin at 24:00; hours go to 23 and minutes to 59");
        assert_eq!(Calendar::default().session(i64::MIN), Calendar::default().session(i64::MIN));
    }

    proptest! {
        /// Every instant is in its day, and the days of two zones with a skipped and a doubled hour, or a skipped day, leave nothing out.
        #[test]
        fn days_cover_all_time(
            nanos in -2_000_000_000_000_000_000..4_000_000_000_000_000_000_i64,
            zone in prop_oneof![Just("America/New_York"), Just("Pacific/Apia"), Just("Australia/Lord_Howe"), Just("UTC")],
            (hour, minute) in (0..24_u8, 0..60_u8),
            weekends: bool,
        ) {
            let calendar = Calendar::new(Some(zone), (hour, minute), weekends).expect("known");
            let day = calendar.session(nanos).expect("in range");
            prop_assert!(day.begins <= nanos && nanos < day.ends, "{day:?}");
            prop_assert_eq!(calendar.session(day.begins), Some(day));
            prop_assert_eq!(calendar.session(day.ends - 1), Some(day));
            let next = calendar.session(day.ends).expect("in range");
            prop_assert_eq!(next.begins, day.ends);
            prop_assert!(next.date > day.date);
        }
    }
}
