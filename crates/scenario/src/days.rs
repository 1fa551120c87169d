//! Days, as the hospital and its patients count them.

use jiff::{civil::Date, tz::TimeZone};
use vocabulary::Timestamp;

/// The day of a time in a time zone.
pub fn day_of(time: Timestamp, zone: &TimeZone) -> Date {
    let instant = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    zone.to_datetime(instant).date()
}

/// The day that a text says: a FHIR date is that day everywhere, of a time it is that in the time zone.
pub fn day_said(text: &str, zone: &TimeZone) -> Option<Date> {
    let time = text.parse::<Timestamp>().ok();
    let of_time = time.map(|time| day_of(time, zone));
    of_time.or_else(|| text.get(..10)?.parse().ok())
}

/// The first moment of a day in a time zone.
pub fn start_of(day: Date, zone: &TimeZone) -> Timestamp {
    let start = day.to_zoned(zone.clone());
    Timestamp(start.map_or(0, |zoned| zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_begins_where_the_hospital_is() {
        let china = TimeZone::fixed(jiff::tz::offset(8));
        let midnight: Timestamp = "2026-03-08T16:00:00Z".parse().unwrap();
        let before = Timestamp(midnight.0 - 1);
        assert_eq!(day_of(before, &china), date(2026, 3, 8));
        assert_eq!(day_of(midnight, &china), date(2026, 3, 9));
        assert_eq!(day_of(midnight, &TimeZone::UTC), date(2026, 3, 8));
        assert_eq!(start_of(date(2026, 3, 9), &china), midnight);
        for (text, said) in [
            ("2026-03-08T16:00:00Z", Some(date(2026, 3, 9))),
            ("2026-03-09T23:30:00+09:00", Some(date(2026, 3, 9))),
            ("2026-03-08", Some(date(2026, 3, 8))),
            ("2026-03", None),
            ("soon", None),
        ] {
            assert_eq!(day_said(text, &china), said, "{text}");
        }
    }
}
