use jiff::{
    ToSpan as _,
    civil::{Date, DateTime},
    tz::TimeZone,
};

/// The first and last millisecond since 1970 of a FHIR date, dateTime or instant, which may be as coarse
/// as a year. A time without an offset is taken as UTC.
pub(crate) fn range_ms(text: &str) -> Option<(i64, i64)> {
    match text.split_once('T') {
        None => date_range_ms(text),
        Some((date, time)) if date.len() == 10 => {
            let (clock, offset_ms) = split_offset(time)?;
            let digits_ok = clock
                .bytes()
                .all(|b| b.is_ascii_digit() || b == b':' || b == b'.');
            let precision_ms = match clock.len() {
                _ if !digits_ok => return None,
                5 => 60_000,
                8 => 1_000,
                // Finer than a millisecond is kept as a millisecond.
                10..=18 if clock.as_bytes().get(8) == Some(&b'.') => {
                    10_i64.pow(3_u32.saturating_sub(u32::try_from(clock.len()).ok()? - 9))
                }
                _ => return None,
            };
            let moment: DateTime = format!("{date}T{clock}").parse().ok()?;
            let low = epoch_ms(moment)? - offset_ms;
            Some((low, low + precision_ms - 1))
        }
        Some(_) => None,
    }
}

fn date_range_ms(text: &str) -> Option<(i64, i64)> {
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return None;
    }
    let (first, next) = match text.len() {
        4 => {
            let first = Date::new(text.parse().ok()?, 1, 1).ok()?;
            (first, first.checked_add(1.year()))
        }
        7 => {
            let first: Date = format!("{text}-01").parse().ok()?;
            (first, first.checked_add(1.month()))
        }
        10 => {
            let first: Date = text.parse().ok()?;
            (first, first.checked_add(1.day()))
        }
        _ => return None,
    };
    let midnight = |date: Date| epoch_ms(date.at(0, 0, 0, 0));
    Some((midnight(first)?, midnight(next.ok()?)? - 1))
}

fn epoch_ms(moment: DateTime) -> Option<i64> {
    Some(
        moment
            .to_zoned(TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_millisecond(),
    )
}

/// Splits `10:00:00+08:00` into the clock and the offset.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else {
        return Some((time, 0));
    };
    let (clock, offset) = time.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let in_range = (0..=14).contains(&hours) && (0..60).contains(&minutes);
    in_range.then_some((clock, sign * (hours * 60 + minutes) * 60_000))
}

/// Whether a FHIR `Period` holds a moment; a bound that is not there holds all.
pub(crate) fn is_within(period: &serde_json::Value, at: vocabulary::Timestamp) -> bool {
    let bound = |name: &str| period[name].as_str().and_then(range_ms);
    bound("start").is_none_or(|(low, _)| low <= at.0)
        && bound("end").is_none_or(|(_, high)| at.0 <= high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_as_wide_as_they_are_coarse() {
        let day = 86_400_000;
        for (text, expect) in [
            ("1970", Some((0, 365 * day - 1))),
            ("1970-02", Some((31 * day, 59 * day - 1))),
            ("1970-01-02", Some((day, 2 * day - 1))),
            ("1970-01-01T00:01Z", Some((60_000, 119_999))),
            ("1970-01-01T08:00:01+08:00", Some((1_000, 1_999))),
            (
                "1970-01-01T00:00:00.250-01:00",
                Some((3_600_250, 3_600_250)),
            ),
            ("1970-01-01T00:00:00.2Z", Some((200, 299))),
            ("1970-01-01T00:00:00.123456Z", Some((123, 123))),
            ("1970-13", None),
            ("1970-02-30", None),
            ("70", None),
            ("1970-01-01T25:00:00Z", None),
            ("1970-01-01T10", None),
            ("yesterday", None),
            ("", None),
            ("+970", None),
        ] {
            assert_eq!(range_ms(text), expect, "{text}");
        }
    }
}
