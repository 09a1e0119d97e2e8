//! Snapshots to and from any serde format; distributions as HDR V2 bytes, which every `HdrHistogram` library reads.

use std::borrow::Cow;

use hdrhistogram::serialization::{Deserializer as HdrDeserializer, Serializer as HdrSerializer, V2Serializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};

use super::Buckets;

/// The same bytes in a text format as hexadecimal digits, which any language reads without a library.
impl Serialize for Buckets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(&self.to_histogram(), &mut bytes).map_err(S::Error::custom)?;
        if serializer.is_human_readable() {
            use std::fmt::Write;
            let mut text = String::with_capacity(bytes.len() * 2);
            bytes.iter().for_each(|byte| _ = write!(text, "{byte:02x}"));
            serializer.serialize_str(&text)
        } else {
            serializer.serialize_bytes(&bytes)
        }
    }
}

impl<'de> Deserialize<'de> for Buckets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = if deserializer.is_human_readable() {
            let text = Cow::<'de, str>::deserialize(deserializer)?;
            from_hex(&text).ok_or_else(|| D::Error::custom("a histogram must be HDR V2 bytes as hexadecimal digits"))?
        } else {
            Vec::<u8>::deserialize(deserializer)?
        };
        let histogram = HdrDeserializer::new()
            .deserialize::<u64, _>(&mut bytes.as_slice())
            .map_err(|error| D::Error::custom(format!("not an HDR V2 histogram: {error:?}")))?;
        Self::from_histogram(&histogram).map_err(D::Error::custom)
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.len().is_multiple_of(2).then(|| digits.chunks(2).map(pair).collect())?
}
