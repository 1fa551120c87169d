//! Name, sex, birth date and age, as FHIR has them.

use jiff::civil::Date;
use serde_json::Value;

/// The name to show: the official one, as text or put together in the order of its script.
pub fn name(patient: &Value) -> Option<String> {
    let names = patient.get("name")?.as_array()?;
    let is_official = |name: &&Value| name.get("use").and_then(Value::as_str) == Some("official");
    let name = names.iter().find(is_official).or(names.first())?;
    if let Some(text) = name.get("text").and_then(Value::as_str) {
        return Some(text.to_owned());
    }
    let family = name
        .get("family")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let given: Vec<&str> = name
        .get("given")
        .and_then(Value::as_array)
        .map(|given| given.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let is_chinese = family.chars().any(|c| c > '\u{2e80}');
    let whole = if is_chinese {
        format!("{family}{}", given.concat())
    } else {
        format!("{} {family}", given.join(" "))
    };
    Some(whole.trim().to_owned()).filter(|name| !name.is_empty())
}

/// The medical record number: of the identifiers of type `MR` the usual one, else the first.
pub fn record_number(patient: &Value) -> Option<String> {
    let all = patient.get("identifier")?.as_array()?;
    let is_mr = |identifier: &&Value| {
        identifier
            .pointer("/type/coding/0/code")
            .and_then(Value::as_str)
            == Some("MR")
    };
    let is_usual =
        |identifier: &&Value| identifier.get("use").and_then(Value::as_str) == Some("usual");
    let usual = all.iter().filter(is_mr).find(is_usual);
    let found = usual.or(all.iter().find(is_mr)).or(all.first())?;
    found.get("value")?.as_str().map(str::to_owned)
}

/// Whole years from a full birth date to a day. A birth date without its day gives no age.
pub fn age_years(birth: &str, on: Date) -> Option<i16> {
    let birth: Date = birth.parse().ok()?;
    let before_birthday = (on.month(), on.day()) < (birth.month(), birth.day());
    let years = on.year() - birth.year() - i16::from(before_birthday);
    (years >= 0).then_some(years)
}

/// A day, written as `YYYY-MM-DD…` or DICOM's `YYYYMMDD`.
pub fn day(text: &str) -> Option<Date> {
    let digits: String = text.chars().filter(char::is_ascii_digit).take(8).collect();
    let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i16>().ok();
    let small = |range| part(range).and_then(|number| i8::try_from(number).ok());
    Date::new(part(0..4)?, small(4..6)?, small(6..8)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_age_counts_birthdays_and_needs_the_whole_date() {
        let check = |birth, on, expect| {
            assert_eq!(age_years(birth, day(on).unwrap()), expect, "{birth} {on}");
        };
        check("1960-05-02", "2026-05-01", Some(65));
        check("1960-05-02", "20260502", Some(66));
        check("2027-01-01", "2026-01-01", None);
        check("1960", "2026-05-02", None);
        assert_eq!(day("2026"), None);
        assert_eq!(day("20261399"), None);
    }

    #[test]
    fn names_follow_their_script() {
        let check =
            |patient: Value, expect: Option<&str>| assert_eq!(name(&patient).as_deref(), expect);
        check(
            json!({"name": [{"family": "赵", "given": ["敏"]}]}),
            Some("赵敏"),
        );
        check(
            json!({"name": [{"family": "Wolf", "given": ["Michele"]}]}),
            Some("Michele Wolf"),
        );
        check(
            json!({"name": [{"text": "old"}, {"use": "official", "text": "Li Ping"}]}),
            Some("Li Ping"),
        );
        check(json!({}), None);
    }
}
