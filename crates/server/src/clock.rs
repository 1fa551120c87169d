//! The one clock of the server.

use std::time::{SystemTime, UNIX_EPOCH};

use vocabulary::Timestamp;

/// Now, by the machine's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How long to wait before another try after so many: the first wait doubles with each, up to the longest.
pub fn wait_ms((first, longest): (i64, i64), tries: u32) -> i64 {
    first
        .saturating_mul(1_i64.checked_shl(tries.min(20)).unwrap_or(i64::MAX))
        .min(longest)
}

/// A time as HTTP headers write it (RFC 9110 section 5.6.7).
pub fn http_date(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map(|instant| instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_default()
}
