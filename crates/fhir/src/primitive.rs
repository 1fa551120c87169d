//! The formats of FHIR's primitive types.

use serde_json::Value;

use crate::date;

/// Whether a value has the format of a primitive type.
pub(crate) fn is_well_formed(kind: &str, value: &Value) -> bool {
    let is = |check: fn(&str) -> bool| value.as_str().is_some_and(check);
    match kind {
        "boolean" => value.is_boolean(),
        "integer" => value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
        "unsignedInt" => value.as_u64().is_some_and(|n| i32::try_from(n).is_ok()),
        "positiveInt" => value
            .as_u64()
            .is_some_and(|n| n > 0 && i32::try_from(n).is_ok()),
        "decimal" => value.is_number(),
        "date" => is(|text| !text.contains('T') && date::range_ms(text).is_some()),
        "dateTime" => is(is_date_time),
        "instant" => is(|text| text.len() >= 20 && is_date_time(text)),
        "time" => {
            is(|text| text.len() >= 8 && date::range_ms(&format!("2000-01-01T{text}")).is_some())
        }
        "code" => is(is_code),
        "id" => is(is_id),
        "oid" => is(|text| text.starts_with("urn:oid:") && is_uri(text)),
        "uuid" => is(|text| text.starts_with("urn:uuid:") && is_uri(text)),
        "uri" | "url" | "canonical" => is(is_uri),
        "base64Binary" => is(is_base64),
        // The largest text that R4 allows is 1 MB.
        "string" | "markdown" => is(|text| !text.is_empty() && text.len() <= 1_048_576),
        _ => value.is_string(),
    }
}

/// What to write instead, in Chinese and English.
pub(crate) fn what_is_needed(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "boolean" => ("此处应为 true 或 false。", "true or false is needed here."),
        "integer" | "unsignedInt" | "positiveInt" => (
            "此处应为该类型范围内的整数。",
            "a whole number in the range of its type is needed here.",
        ),
        "decimal" => ("此处应为数字。", "a number is needed here."),
        "date" => (
            "此处应为 YYYY、YYYY-MM 或 YYYY-MM-DD。",
            "YYYY, YYYY-MM or YYYY-MM-DD is needed here.",
        ),
        "dateTime" => (
            "此处应为日期，或带时区的日期时间。",
            "a date, or a date and time with its offset from UTC, is needed here.",
        ),
        "instant" => (
            "此处应为精确到秒并带时区的时间。",
            "a time to the second, with its offset from UTC, is needed here.",
        ),
        "time" => ("此处应为 hh:mm:ss。", "hh:mm:ss is needed here."),
        "code" => (
            "此处应为不含首尾空格的代码。",
            "a code without outer or double spaces is needed here.",
        ),
        "uri" | "url" | "canonical" | "oid" | "uuid" => (
            "此处应为不含空格的 URI。",
            "a URI without spaces is needed here.",
        ),
        "base64Binary" => ("此处应为 base64 文本。", "base64 text is needed here."),
        _ => (
            "此处应为非空文本。",
            "text that is not empty is needed here.",
        ),
    }
}

pub(crate) fn is_id(text: &str) -> bool {
    vocabulary::PatientId::new(text).is_ok()
}

/// A date, or a time that says its offset.
fn is_date_time(text: &str) -> bool {
    let has_offset = text
        .split_once('T')
        .is_none_or(|(_, time)| time.contains(['Z', '+', '-']));
    has_offset && date::range_ms(text).is_some() && (!text.contains('T') || text.len() >= 20)
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text
            .split(' ')
            .all(|word| !word.is_empty() && !word.contains(char::is_whitespace))
}

fn is_uri(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

fn is_base64(text: &str) -> bool {
    let mut digits = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'+' | b'/' | b'=' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => digits += 1,
            byte if byte.is_ascii_whitespace() => {}
            _ => return false,
        }
    }
    digits.is_multiple_of(4)
}
