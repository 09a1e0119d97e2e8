//! Which trace a call belongs to.

use std::{
    fmt::{self, Write},
    str::FromStr,
};

use crate::Error;

/// The trace a call was made in, as tracing systems number them ([W3C Trace Context](https://www.w3.org/TR/trace-context/)).
///
/// Shown as the trace id in 32 lower-case hexadecimal digits.
///
/// ```
/// # use perfmon_core as perfmon;
/// use perfmon::evidence::Trace;
///
/// let trace: Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
/// assert_eq!(trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
/// assert_eq!(trace.span_hex().as_deref(), Some("b7ad6b7169203331"));
/// # Ok::<(), perfmon::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trace {
    /// Never all zero, when parsed.
    pub trace_id: [u8; 16],
    /// The span in it, where it is known.
    pub span_id: Option<[u8; 8]>,
}

impl Trace {
    /// The span's id in 16 lower-case hexadecimal digits.
    #[must_use]
    pub fn span_hex(&self) -> Option<String> {
        self.span_id.map(|id| {
            let mut text = String::with_capacity(16);
            let _ = write_hex(&mut text, &id);
            text
        })
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.trace_id)
    }
}

fn write_hex(to: &mut impl Write, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(to, "{byte:02x}"))
}

impl FromStr for Trace {
    type Err = Error;

    /// From 32 hexadecimal digits, from 16 (the lower half, as systems with 64-bit ids write it), or from a `traceparent` of any version.
    fn from_str(text: &str) -> Result<Self, Error> {
        let found = match text.len() {
            16 => hex::<8>(text).map(|low| {
                let mut trace_id = [0; 16];
                trace_id[8..].copy_from_slice(&low);
                Self { trace_id, span_id: None }
            }),
            32 => hex(text).map(|trace_id| Self { trace_id, span_id: None }),
            _ => traceparent(text),
        };
        found.filter(|trace| trace.trace_id != [0; 16]).ok_or_else(|| {
            Error::invalid(
                "failed to read a trace id: expected 32 hexadecimal digits, not all zero, or a traceparent such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            )
        })
    }
}

/// `version-trace-parent-flags`, all lower case; versions to come may go on behind it.
fn traceparent(text: &str) -> Option<Trace> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut parts = text.split('-');
    let [version] = hex::<1>(parts.next()?)?;
    let (trace_id, span_id) = (hex(parts.next()?)?, hex(parts.next()?)?);
    hex::<1>(parts.next()?)?;
    let ends = parts.next().is_none();
    (version != 0xff && (ends || version != 0) && span_id != [0; 8])
        .then_some(Trace { trace_id, span_id: Some(span_id) })
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(0)? << 4 | digit(1)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Trace;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    proptest! {
        #[test]
        fn ids_survive_text(trace_id in any::<[u8; 16]>(), span_id in any::<[u8; 8]>()) {
            prop_assume!(trace_id != [0; 16] && span_id != [0; 8]);
            let plain = Trace { trace_id, span_id: None };
            prop_assert_eq!(plain.to_string().parse::<Trace>(), Ok(plain));
            prop_assert_eq!(plain.to_string().to_uppercase().parse::<Trace>(), Ok(plain));
            let trace = Trace { trace_id, span_id: Some(span_id) };
            let text = format!("00-{trace}-{}-00", trace.span_hex().expect("has one"));
            prop_assert_eq!(text.parse::<Trace>(), Ok(trace));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
            let _ = text.parse::<Trace>();
        }
    }

    #[test]
    fn what_the_standard_refuses_is_refused() {
        assert!(GOOD.parse::<Trace>().is_ok());
        let later = format!("cc{}-what-comes", &GOOD[2..]);
        assert!(later.parse::<Trace>().is_ok(), "later versions may have more");
        for bad in [
            format!("ff{}", &GOOD[2..]),
            format!("{GOOD}-more"),
            GOOD.to_uppercase(),
            GOOD.replace("b7ad6b7169203331", "0000000000000000"),
            GOOD.replace("0af7651916cd43dd8448eb211c80319c", "00000000000000000000000000000000"),
            GOOD[..52].to_owned(),
            GOOD.replace('-', "_"),
            "0".repeat(32),
            "0".repeat(16),
            "é".repeat(16),
            "+a".repeat(16),
            String::new(),
        ] {
            assert!(bad.parse::<Trace>().is_err_and(|error| error.is_invalid()), "{bad}");
        }
    }
}
