//! Values that say nothing, and dates that were moved.

use dicom_core::{PrimitiveValue, VR};
use jiff::{ToSpan as _, civil::Date};

/// The value that stands where one must stand.
pub(super) fn dummy(vr: VR) -> PrimitiveValue {
    match vr {
        VR::AS => PrimitiveValue::from("000Y"),
        VR::DA => PrimitiveValue::from("19000101"),
        VR::DT => PrimitiveValue::from("19000101000000"),
        VR::TM => PrimitiveValue::from("000000"),
        VR::DS | VR::IS => PrimitiveValue::from("0"),
        VR::UI => PrimitiveValue::from("2.25.0"),
        VR::UR => PrimitiveValue::from("urn:removed"),
        VR::FL | VR::OF => PrimitiveValue::from(0.0_f32),
        VR::FD | VR::OD => PrimitiveValue::from(0.0_f64),
        VR::SL => PrimitiveValue::from(0_i32),
        VR::SS => PrimitiveValue::from(0_i16),
        VR::UL | VR::OL => PrimitiveValue::from(0_u32),
        VR::US | VR::OW => PrimitiveValue::from(0_u16),
        VR::SV => PrimitiveValue::from(0_i64),
        VR::UV | VR::OV => PrimitiveValue::from(0_u64),
        VR::OB | VR::UN => PrimitiveValue::U8([0, 0].as_slice().into()),
        VR::AT | VR::SQ => PrimitiveValue::Empty,
        _ => PrimitiveValue::from("REMOVED"),
    }
}

/// A date or date and time, `days` later; `None` where it does not name a day. Times of day stay.
pub(super) fn shifted(vr: VR, text: &str, days: i64) -> Option<String> {
    let text = text.trim_matches([' ', '\0']);
    if vr == VR::TM {
        return is_time(text).then(|| text.to_owned());
    }
    // Old objects write dates as 1999.12.31.
    let dotted = vr == VR::DA && text.len() == 10 && text.matches('.').count() == 2;
    let text = if dotted {
        text.replace('.', "")
    } else {
        text.to_owned()
    };
    let day = text.get(..8)?;
    let rest = text.get(8..)?;
    if vr == VR::DA && !rest.is_empty() {
        return None;
    }
    if !rest.is_empty() && !is_time(rest.split(['+', '-']).next()?) {
        return None;
    }
    Some(format!("{}{rest}", shifted_day(day, days)?))
}

fn shifted_day(day: &str, days: i64) -> Option<String> {
    if !day.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year = day.get(..4)?.parse().ok()?;
    let month = day.get(4..6)?.parse().ok()?;
    let day = day.get(6..)?.parse().ok()?;
    let moved = Date::new(year, month, day)
        .ok()?
        .checked_add(days.days())
        .ok()?;
    Some(format!(
        "{:04}{:02}{:02}",
        moved.year(),
        moved.month(),
        moved.day()
    ))
}

/// `HHMMSS.FFFFFF`, or less of it.
fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(whole.len(), 2 | 4 | 6) && digits(whole) && fraction.len() <= 6 && digits(fraction)
}

/// An age, cut off at ninety years: there are so few older people that the age may name one.
pub(super) fn age(text: &str) -> Option<String> {
    let text = text.trim_matches([' ', '\0']);
    let years: u16 = text.strip_suffix('Y')?.parse().ok()?;
    Some(format!("{:03}Y", years.min(90)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_move_and_times_stay() {
        for (vr, text, days, moved) in [
            (VR::DA, "20040119", -19, Some("20031231")),
            (VR::DA, "2004.03.01", -1, Some("20040229")),
            (VR::DA, "20040119 ", -1, Some("20040118")),
            (VR::DA, "200401", -1, None),
            (VR::DA, "20041301", -1, None),
            (VR::DA, "20040119-20040120", -1, None),
            (VR::TM, "130705.123456", -9, Some("130705.123456")),
            (VR::TM, "Smith", -9, None),
            (
                VR::DT,
                "20040101010203.5+0800",
                -1,
                Some("20031231010203.5+0800"),
            ),
            (VR::DT, "2004", -1, None),
            (VR::DT, "20040101John", -1, None),
        ] {
            assert_eq!(shifted(vr, text, days).as_deref(), moved, "{text}");
        }
    }

    #[test]
    fn great_ages_are_cut_off() {
        assert_eq!(age("093Y").as_deref(), Some("090Y"));
        assert_eq!(age("042Y").as_deref(), Some("042Y"));
        assert_eq!(age("003M"), None);
    }
}
