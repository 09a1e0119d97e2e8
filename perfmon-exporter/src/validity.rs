//! Until when the certificate is valid: a certificate that nobody renews takes the server away without a word.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use perfmon_core::{Error, analyse::Deduction};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::{
    file::{self, Errand, PATIENCE},
    pump::Chore,
};

/// So long before its end the certificate is told of, and so long before it takes points. Renewal by machines is due at 30 days (Let's Encrypt), so by then it has failed.
const TOLD: Duration = Duration::from_secs(21 * DAY);
const DUE: Duration = Duration::from_secs(7 * DAY);
/// What a certificate takes from health that is due, and one that is no longer valid.
const DUE_POINTS: u8 = 5;
const ENDED_POINTS: u8 = 25;
/// Ticks between two looks at the file.
const LOOK: u64 = 60;
const DAY: u64 = 86_400;

/// Tags of DER (X.690, 8.1.2) that lead to the end of validity.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of the first certificate in a file; `None` if it cannot be read, which is told elsewhere.
fn end(certificate: &Path) -> Option<SystemTime> {
    end_of(&CertificateDer::from_pem_slice(&file::read(certificate).ok()?).ok()?)
}

/// # Errors
/// When it is over.
pub(crate) fn check(certificate: &Path) -> Result<(), Error> {
    let path = certificate.to_owned();
    let end = file::within(PATIENCE, move || end(&path)).ok().flatten();
    match end.map(|end| SystemTime::now().duration_since(end)) {
        Some(Ok(ago)) => Err(Error::invalid(format!(
            "the certificate {} is no longer valid, since {}; clients refuse it: renew it",
            certificate.display(),
            days(ago)
        ))),
        _ => Ok(()),
    }
}

/// Tells health of the end.
pub(crate) fn watch(certificate: PathBuf) -> Chore {
    let (mut ticks, mut valid_until, mut looking) = (0, None, None);
    Box::new(move |_| {
        // The second does not wait for the file.
        if ticks % LOOK == 0 && looking.is_none() {
            let certificate = certificate.clone();
            looking = Errand::begin(move || end(&certificate)).ok();
        }
        if let Some(found) = looking.as_ref().and_then(Errand::poll) {
            (valid_until, looking) = (found, None);
        }
        ticks += 1;
        tell(valid_until?, SystemTime::now())
    })
}

fn tell(end: SystemTime, now: SystemTime) -> Option<Deduction> {
    let (points, reason) = match end.duration_since(now) {
        Ok(left) if left > TOLD => return None,
        Ok(left) => {
            let points = if left > DUE { 0 } else { DUE_POINTS };
            (points, format!("the certificate is valid for {} more; renew it", days(left)))
        }
        Err(over) => {
            let ago = days(over.duration());
            (ENDED_POINTS, format!("the certificate is no longer valid, since {ago}; clients refuse it: renew it"))
        }
    };
    Some(Deduction { rule: String::from("certificate"), points, reason })
}

fn days(time: Duration) -> String {
    match time.as_secs() / DAY {
        0 => String::from("less than a day"),
        1 => String::from("1 day"),
        days => format!("{days} days"),
    }
}

/// `Certificate.tbsCertificate.validity.notAfter` (RFC 5280, 4.1).
fn end_of(der: &[u8]) -> Option<SystemTime> {
    let (certificate, _) = inside(der, SEQUENCE)?;
    let (mut rest, _) = inside(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // Serial number, algorithm of the signature, issuer.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (validity, _) = inside(rest, SEQUENCE)?;
    let (_, _, not_after) = element(validity)?;
    let (tag, time, _) = element(not_after)?;
    let time = std::str::from_utf8(time).ok()?.strip_suffix('Z')?;
    let (year, rest) = time.split_at_checked(if tag == GENERALIZED_TIME { 4 } else { 2 })?;
    let year: i64 = year.parse().ok()?;
    let year = match tag {
        GENERALIZED_TIME => year,
        // RFC 5280, 4.1.2.5.1.
        UTC_TIME if year < 50 => 2000 + year,
        UTC_TIME => 1900 + year,
        _ => return None,
    };
    let mut parts = [0_i64; 5];
    for (number, part) in parts.iter_mut().enumerate() {
        *part = rest.get(2 * number..2 * number + 2)?.parse().ok()?;
    }
    let [month, day, hour, minute, second] = parts;
    if !(1..=12).contains(&month) {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// Of the Gregorian calendar, counted from March so that the leap day is a year's last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn inside(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    element(der).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// Tag, content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // So many bytes of length follow; three are 16 MiB.
        0x81..=0x83 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(year: i32, month: u8, day: u8) -> Vec<u8> {
        let mut params = CertificateParams::new([String::from("localhost")]).expect("a name");
        params.not_before = date_time_ymd(1999, 1, 1);
        params.not_after = date_time_ymd(year, month, day);
        let key = KeyPair::generate().expect("a key");
        params.self_signed(&key).expect("a certificate").der().to_vec()
    }

    #[test]
    fn the_end_is_found_in_the_certificate() {
        // `date -ud DATE +%s`
        for ((year, month, day), seconds) in [
            ((1999, 12, 31), 946_598_400),
            ((2000, 2, 29), 951_782_400),
            ((2024, 3, 1), 1_709_251_200),
            ((2049, 12, 31), 2_524_521_600),
            ((2050, 1, 1), 2_524_608_000),
            ((2100, 3, 1), 4_107_542_400_u64),
        ] {
            let end = end_of(&certificate(year, month, day)).expect("an end");
            assert_eq!(end, UNIX_EPOCH + Duration::from_secs(seconds), "{year}-{month}-{day}");
        }
    }

    #[test]
    fn half_a_certificate_has_no_end() {
        let whole = certificate(2030, 1, 1);
        for length in 0..whole.len() {
            assert_eq!(end_of(&whole[..length]), None, "{length}");
        }
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 0xff;
            let _ = end_of(&broken);
        }
    }

    #[test]
    fn health_is_told_before_the_end_and_after_it() {
        let end = UNIX_EPOCH + Duration::from_secs(1000 * DAY);
        let told = |now: u64| tell(end, UNIX_EPOCH + Duration::from_secs(now)).map(|one| (one.points, one.reason));
        assert_eq!(told(900 * DAY), None);
        let note = "the certificate is valid for 20 days more; renew it";
        assert_eq!(told(980 * DAY), Some((0, note.to_owned())));
        assert_eq!(told(994 * DAY).map(|(points, _)| points), Some(5));
        let over = told(1001 * DAY).expect("told");
        assert_eq!(
            over,
            (25, "the certificate is no longer valid, since 1 day; clients refuse it: renew it".to_owned())
        );
    }
}
