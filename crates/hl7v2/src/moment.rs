//! Times as HL7 v2 writes them: `YYYYMMDDHHMM[SS[.S…]][+ZZZZ]`.

use hl7_parser::datetime::TimeStamp;
use jiff::{civil, tz};
use vocabulary::Timestamp;

/// How far a clock is from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset(tz::Offset);

impl Offset {
    /// The offset that is written as `+08:00` or `+0800`.
    pub fn read(text: &str) -> Option<Self> {
        let sign = match text.get(..1)? {
            "+" => 1,
            "-" => -1,
            _ => return None,
        };
        let digits: String = text.get(1..)?.chars().filter(|one| *one != ':').collect();
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let hours: i32 = digits.get(..2)?.parse().ok()?;
        let minutes: i32 = digits.get(2..)?.parse().ok()?;
        Self::of(sign, hours, minutes)
    }

    /// The offset at the end of a time of HL7, where it has one.
    pub(crate) fn at_end_of(text: &str) -> Option<Self> {
        Self::read(text.get(text.find(['+', '-'])?..)?)
    }

    fn of(sign: i32, hours: i32, minutes: i32) -> Option<Self> {
        let fits = (0..=14).contains(&hours) && (0..60).contains(&minutes);
        let seconds = fits.then_some(sign * (hours * 3600 + minutes * 60))?;
        tz::Offset::from_seconds(seconds).ok().map(Self)
    }
}

/// Why a time cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoMoment {
    /// It is none.
    NotUnderstood,
    /// It says less than the minute.
    Coarse,
    /// Nobody says how far its clock is from UTC.
    WithoutOffset,
}

/// The moment that a time says; one without an offset is meant as `usual` has it.
pub(crate) fn moment(text: &str, usual: Option<Offset>) -> Result<Timestamp, NoMoment> {
    let said: TimeStamp = text.parse().map_err(|_| NoMoment::NotUnderstood)?;
    let (Some(month), Some(day), Some(hour), Some(minute)) =
        (said.month, said.day, said.hour, said.minute)
    else {
        return Err(NoMoment::Coarse);
    };
    let offset = match Offset::at_end_of(text) {
        Some(offset) => offset,
        None if text.contains(['+', '-']) => return Err(NoMoment::NotUnderstood),
        None => usual.ok_or(NoMoment::WithoutOffset)?,
    };
    let nanoseconds = said.microsecond.unwrap_or(0).saturating_mul(1000);
    let civil = civil::DateTime::new(
        i16::try_from(said.year).map_err(|_| NoMoment::NotUnderstood)?,
        i8::try_from(month).map_err(|_| NoMoment::NotUnderstood)?,
        i8::try_from(day).map_err(|_| NoMoment::NotUnderstood)?,
        i8::try_from(hour).map_err(|_| NoMoment::NotUnderstood)?,
        i8::try_from(minute).map_err(|_| NoMoment::NotUnderstood)?,
        i8::try_from(said.second.unwrap_or(0)).map_err(|_| NoMoment::NotUnderstood)?,
        i32::try_from(nanoseconds).map_err(|_| NoMoment::NotUnderstood)?,
    );
    let civil = civil.map_err(|_| NoMoment::NotUnderstood)?;
    let instant = offset.0.to_timestamp(civil);
    let instant = instant.map_err(|_| NoMoment::NotUnderstood)?;
    Ok(Timestamp(instant.as_millisecond()))
}

/// A moment as HL7 writes it, in UTC.
pub(crate) fn written(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(instant) => instant.strftime("%Y%m%d%H%M%S.%3f+0000").to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_moment_only_with_an_offset() {
        let china = Offset::read("+08:00");
        let check = |text: &str, usual, expected: Result<&str, NoMoment>| {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(moment(text, usual), expected, "{text}");
        };
        check("20261126080000", china, Ok("2026-11-26T00:00:00Z"));
        check("20261126080000.5+0000", china, Ok("2026-11-26T08:00:00.5Z"));
        check("202611260800-0330", None, Ok("2026-11-26T11:30:00Z"));
        check("20261126080000", None, Err(NoMoment::WithoutOffset));
        check("20261126", china, Err(NoMoment::Coarse));
        check("20261326080000", china, Err(NoMoment::NotUnderstood));
        check("20261126080000+99", china, Err(NoMoment::NotUnderstood));
        check("yesterday", china, Err(NoMoment::NotUnderstood));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let at = Timestamp(1_790_000_000_120);
        assert_eq!(moment(&written(at), None), Ok(at));
    }
}
