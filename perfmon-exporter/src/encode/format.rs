//! Which format a scraper is given.

/// A format of `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Prometheus' text format, version 0.0.4.
    Text,
    /// Prometheus' text format, version 1.0.0.
    Text1,
    /// `OpenMetrics` 1.0.0, with exemplars.
    OpenMetrics,
    /// Length-delimited `io.prometheus.client.MetricFamily` messages, with exemplars and native histograms.
    Protobuf,
}

impl Format {
    /// In the order in which the server prefers them where a client likes several alike.
    pub(crate) const ALL: [Self; 4] = [Self::Text, Self::OpenMetrics, Self::Text1, Self::Protobuf];

    /// The format that an `Accept` header asks for. Quality values, parameters and wildcards count as in RFC 9110, 12.5.1; among formats liked
    /// alike, the one named first. Never fails: without a header, or when nothing fits, [`Format::Text`].
    ///
    /// ```
    /// use perfmon_exporter::encode::Format;
    ///
    /// let prometheus = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    /// assert_eq!(Format::negotiate(Some(prometheus)), Format::OpenMetrics);
    /// assert_eq!(Format::negotiate(None), Format::Text);
    /// ```
    #[must_use]
    pub fn negotiate(accept: Option<&str>) -> Self {
        let ranges: Vec<Range> =
            accept.map(|header| split(header, ',').filter_map(Range::parse).collect()).unwrap_or_default();
        let mut best: Option<(u16, usize, Self)> = None;
        for format in Self::ALL {
            // The most specific range that fits says how much; the first of those says how early.
            let fitting = ranges.iter().enumerate().filter_map(|(at, range)| Some((range.fits(format)?, at, range)));
            let Some((precision, at, range)) = fitting.min_by_key(|&(precision, at, _)| (-precision, at)) else {
                continue;
            };
            // Wildcards name nobody.
            let place = if precision < 2 { ranges.len() } else { at };
            let better = |(quality, known, _): (u16, usize, Self)| (range.quality, known) > (quality, place);
            if range.quality > 0 && best.is_none_or(better) {
                best = Some((range.quality, place, format));
            }
        }
        best.map_or(Self::Text, |(_, _, format)| format)
    }

    /// A word for it: `"text"`, `"openmetrics"`, `"text1"`, `"protobuf"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Text1 => "text1",
            Self::OpenMetrics => "openmetrics",
            Self::Protobuf => "protobuf",
        }
    }

    /// The `Content-Type` of a document in this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::Text1 => "text/plain; version=1.0.0; charset=utf-8; escaping=underscores",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    const fn media_type(self) -> (&'static str, &'static str) {
        match self {
            Self::Text | Self::Text1 => ("text", "plain"),
            Self::OpenMetrics => ("application", "openmetrics-text"),
            Self::Protobuf => ("application", "vnd.google.protobuf"),
        }
    }

    /// What a parameter may say; `None` where it does not tell formats apart.
    const fn parameter(self, key: &str) -> Option<&'static [&'static str]> {
        match (self, key.as_bytes()) {
            (Self::Text, b"version") => Some(&["0.0.4"]),
            (Self::Text1, b"version") => Some(&["1.0.0"]),
            (Self::OpenMetrics, b"version") => Some(&["1.0.0", "0.0.1"]),
            (Self::Protobuf, b"proto") => Some(&["io.prometheus.client.MetricFamily"]),
            (Self::Protobuf, b"encoding") => Some(&["delimited"]),
            _ => None,
        }
    }
}

/// One media range of an `Accept` header.
struct Range {
    main: String,
    sub: String,
    parameters: Vec<(String, String)>,
    /// In thousandths.
    quality: u16,
}

impl Range {
    /// `None` where it is malformed: such a range says nothing.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text, ';').map(str::trim);
        let (main, sub) = parts.next()?.split_once('/')?;
        let mut range = Self {
            main: main.trim().to_ascii_lowercase(),
            sub: sub.trim().to_ascii_lowercase(),
            parameters: Vec::new(),
            quality: 1000,
        };
        for part in parts.filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=')?;
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
            if key == "q" {
                let quality: f64 = value.parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0 ..= 1000")]
                let thousandths = (quality * 1000.0).round() as u16;
                range.quality = thousandths;
            } else {
                range.parameters.push((key, value.to_owned()));
            }
        }
        Some(range)
    }

    /// How precisely it names the format, 0 (any) to 3 (with its version); `None` if it does not mean it.
    fn fits(&self, format: Format) -> Option<i8> {
        let (main, sub) = format.media_type();
        match (self.main.as_str(), self.sub.as_str()) {
            ("*", "*") => return Some(0),
            (any, "*") if any == main => return Some(1),
            (one, two) if (one, two) == (main, sub) => {}
            _ => return None,
        }
        let mut precision = 2;
        for (key, value) in &self.parameters {
            if let Some(allowed) = format.parameter(key) {
                if !allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(value)) {
                    return None;
                }
                precision = 3;
            }
        }
        Some(precision)
    }
}

/// Splits outside of quoted strings.
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |character| {
        quoted ^= character == '"';
        character == at && !quoted
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Format::{self, OpenMetrics, Protobuf, Text, Text1};

    #[test]
    fn what_scrapers_send() {
        let delimited = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
        let native = format!(
            "{delimited},application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        );
        let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
        for (accept, format) in [
            (native.as_str(), Protobuf),
            (prometheus_3, OpenMetrics),
            (browser, Text),
            ("", Text),
            ("*/*", Text),
            ("text/*", Text),
            ("application/*", OpenMetrics),
            ("text/plain", Text),
            ("text/plain; version=0.0.4", Text),
            ("text/plain; version=1.0.0", Text1),
            ("text/plain;version=\"1.0.0\"; charset=utf-8", Text1),
            ("text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3", Text1),
            ("TEXT/PLAIN;VERSION=1.0.0", Text1),
            ("application/openmetrics-text", OpenMetrics),
            ("application/openmetrics-text; version=0.0.1", OpenMetrics),
            ("application/openmetrics-text; version=7", Text),
            ("application/openmetrics-text, text/plain", OpenMetrics),
            ("text/plain, application/openmetrics-text", Text),
            ("text/plain;q=0.5, application/openmetrics-text;q=0.50", Text),
            ("text/plain;q=0, */*", OpenMetrics),
            ("text/plain;q=0", Text),
            ("*/*;q=0", Text),
            ("*/*;q=0.9, application/openmetrics-text;q=0.1", Text),
            ("text/*;q=0.3, application/openmetrics-text;q=0.2", Text),
            ("application/openmetrics-text;q=2, text/plain;q=0.1", Text),
            ("application/json", Text),
            (delimited, Protobuf),
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", Text),
            ("application/vnd.google.protobuf;proto=other;encoding=delimited", Text),
            ("application/vnd.google.protobuf", Protobuf),
            ("a/b;c=\"x,y;z\", application/openmetrics-text", OpenMetrics),
            ("nonsense", Text),
            (";;,,=/;q=", Text),
        ] {
            assert_eq!(Format::negotiate(Some(accept)), format, "{accept}");
        }
        assert_eq!(Format::negotiate(None), Text);
    }

    proptest! {
        #[test]
        fn never_fails(accept in any::<String>()) {
            let _ = Format::negotiate(Some(&accept));
        }

        #[test]
        fn what_is_served_is_what_was_asked_for(at in 0..4_usize) {
            let format = Format::ALL[at];
            prop_assert_eq!(Format::negotiate(Some(format.content_type())), format);
        }
    }
}
