//! Days and moments, as FHIR and DICOM write them.

use jiff::{
    ToSpan as _,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

/// The first millisecond since 1970 of what a text says: a FHIR date, dateTime or instant, or a DICOM date. What
/// has no offset is taken as UTC. What is as coarse as a year begins with that year.
pub fn start_ms(text: &str) -> Option<i64> {
    start_in(text, &TimeZone::UTC)
}

/// The last millisecond of what a text says.
pub fn end_ms(text: &str) -> Option<i64> {
    end_in(text, &TimeZone::UTC)
}

/// The same by the days of a time zone: what has no offset is taken as there.
pub fn start_in(text: &str, zone: &TimeZone) -> Option<i64> {
    bounds(text, zone).map(|(start, _)| start)
}

/// The last millisecond by the days of a time zone.
pub fn end_in(text: &str, zone: &TimeZone) -> Option<i64> {
    bounds(text, zone).map(|(_, end)| end)
}

fn bounds(text: &str, zone: &TimeZone) -> Option<(i64, i64)> {
    let text = text.trim();
    if let Some((date, time)) = text.split_once('T') {
        let instant = text.parse::<jiff::Timestamp>().ok();
        let start = match instant {
            Some(instant) => instant.as_millisecond(),
            None => ms(
                date.parse::<Date>().ok()?.to_datetime(time.parse().ok()?),
                zone,
            )?,
        };
        return Some((start, start));
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let (first, next) = match (text.len(), digits) {
        (4, true) => {
            let first = Date::new(text.parse().ok()?, 1, 1).ok()?;
            (first, first.checked_add(1.year()))
        }
        (7, false) => {
            let first: Date = format!("{text}-01").parse().ok()?;
            (first, first.checked_add(1.month()))
        }
        (8, true) | (10, false) => {
            let first: Date = text.parse().ok()?;
            (first, first.checked_add(1.day()))
        }
        _ => return None,
    };
    let midnight = |date: Date| ms(date.to_datetime(Time::midnight()), zone);
    Some((midnight(first)?, midnight(next.ok()?)? - 1))
}

fn ms(moment: DateTime, zone: &TimeZone) -> Option<i64> {
    let zoned = moment.to_zoned(zone.clone()).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_as_long_as_it_is_there_and_a_moment_is_one_everywhere() {
        let china = TimeZone::fixed(jiff::tz::offset(8));
        let day = "2020-02-29";
        assert_eq!(start_in(day, &china), start_ms("2020-02-28T16:00:00Z"));
        assert_eq!(end_in(day, &china), start_ms("2020-02-29T15:59:59.999Z"));
        let moment = "2020-02-28T22:30:00Z";
        assert_eq!(start_in(moment, &china), start_ms(moment));
    }

    #[test]
    fn a_coarse_day_is_as_long_as_it_says() {
        let day = |text: &str| {
            let instant: jiff::Timestamp = text.parse().unwrap();
            instant.as_millisecond()
        };
        for (text, start, end) in [
            ("2020", "2020-01-01T00:00:00Z", "2020-12-31T23:59:59.999Z"),
            (
                "2020-02",
                "2020-02-01T00:00:00Z",
                "2020-02-29T23:59:59.999Z",
            ),
            (
                "2020-02-29",
                "2020-02-29T00:00:00Z",
                "2020-02-29T23:59:59.999Z",
            ),
            (
                "20200229",
                "2020-02-29T00:00:00Z",
                "2020-02-29T23:59:59.999Z",
            ),
            (
                "2020-02-29T08:00:00+08:00",
                "2020-02-29T00:00:00Z",
                "2020-02-29T00:00:00Z",
            ),
            (
                "2020-02-29T08:30:00",
                "2020-02-29T08:30:00Z",
                "2020-02-29T08:30:00Z",
            ),
        ] {
            assert_eq!(start_ms(text), Some(day(start)), "{text}");
            assert_eq!(end_ms(text), Some(day(end)), "{text}");
        }
        for odd in [
            "",
            "2020-13-01",
            "yesterday",
            "2020-02-30",
            "20",
            "T",
            "2020-01-01T",
        ] {
            assert_eq!(start_ms(odd), None, "{odd}");
        }
    }
}
