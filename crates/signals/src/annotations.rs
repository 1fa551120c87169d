//! Annotations of EDF+: time-stamped lists of words within the data records.

use crate::{edf::Annotation, header::LONGEST_S};

/// Ends the onset and duration, and each text.
const END: u8 = 0x14;
/// Stands between onset and duration.
const LASTS: u8 = 0x15;

/// Reads the annotations of one part of a data record: when the record itself begins, and what was written down.
/// A list that is not well formed is passed over.
pub fn read(part: &[u8]) -> (Option<f64>, Vec<Annotation>) {
    let mut begins = None;
    let mut written = Vec::new();
    for list in part.split(|byte| *byte == 0) {
        let mut pieces = list.split(|byte| *byte == END);
        let Some(onset) = pieces.next().filter(|onset| is_onset(onset)) else {
            continue;
        };
        if list.last() != Some(&END) {
            continue;
        }
        let mut halves = onset.split(|byte| *byte == LASTS);
        let mut number = || {
            let text = std::str::from_utf8(halves.next()?).ok()?;
            let number: f64 = text.parse().ok()?;
            (number.abs() <= LONGEST_S).then_some(number)
        };
        let Some(onset_s) = number() else {
            continue;
        };
        let duration_s = number();
        begins = begins.or(Some(onset_s));
        for text in pieces.filter(|text| !text.is_empty()) {
            written.push(Annotation {
                onset_s,
                duration_s,
                text: String::from_utf8_lossy(text).into_owned(),
            });
        }
    }
    (begins, written)
}

/// Rewrites the annotations of one part of a data record in their own space: `clean` says what may stay of a text.
/// Lists without any text left go, but for the first of a record, which keeps its time. Answers how many texts
/// were changed; `None` where the part is not well formed, and then nothing may stay of it.
pub fn rewrite(part: &mut [u8], keeps_time: bool, clean: &dyn Fn(&str) -> String) -> Option<usize> {
    let mut changed = 0;
    let mut out: Vec<u8> = Vec::with_capacity(part.len());
    let lists = part
        .split(|byte| *byte == 0)
        .filter(|list| !list.is_empty());
    for (place, list) in lists.enumerate() {
        let mut pieces = list.split(|byte| *byte == END);
        let onset = pieces.next()?;
        if !is_onset(onset) || list.last() != Some(&END) {
            return None;
        }
        let mut texts: Vec<String> = Vec::new();
        for text in pieces {
            // The list's last byte ends a text, so that an empty piece follows.
            if text.is_empty() {
                continue;
            }
            let text = String::from_utf8_lossy(text).into_owned();
            let left = clean(&text);
            if left != text {
                changed += 1;
            }
            if !left.is_empty() {
                texts.push(left);
            }
        }
        let is_time = keeps_time && place == 0;
        if texts.is_empty() && !is_time {
            continue;
        }
        out.extend(onset);
        out.push(END);
        if is_time {
            // The time of the record itself is an empty text.
            out.push(END);
        }
        for text in texts {
            out.extend(text.bytes());
            out.push(END);
        }
        out.push(0);
    }
    if out.len() > part.len() {
        return None;
    }
    out.resize(part.len(), 0);
    part.copy_from_slice(&out);
    Some(changed)
}

/// `+1.5`, `-0.2`, or with a duration behind 0x15.
fn is_onset(onset: &[u8]) -> bool {
    let mut halves = onset.split(|byte| *byte == LASTS);
    let is_number = |text: &[u8]| {
        !text.is_empty()
            && text
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b'.')
    };
    let starts = halves.next().is_some_and(|start| match start {
        [b'+' | b'-', number @ ..] => is_number(number),
        _ => false,
    });
    starts && halves.next().is_none_or(is_number) && halves.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(part: &[u8], clean: &dyn Fn(&str) -> String) -> (Option<usize>, String) {
        let mut part = part.to_vec();
        let changed = rewrite(&mut part, true, clean);
        (changed, String::from_utf8_lossy(&part).into_owned())
    }

    #[test]
    fn texts_are_cleaned_and_times_stay() {
        let part =
            b"+0\x14\x14\0+1.5\x152\x14Zhang asleep\x14lights off\x14\0-3\x14Zhang\x14\0\0\0\0";
        let clean = |text: &str| text.replace("Zhang", "").trim().to_owned();
        let (changed, left) = run(part, &clean);
        assert_eq!(changed, Some(2));
        assert!(left.starts_with("+0\x14\x14\0+1.5\x152\x14asleep\x14lights off\x14\0"));
        assert!(left.trim_start_matches(|c| c != '\0').ends_with("\0\0\0\0"));
        assert!(!left.contains("Zhang") && !left.contains("-3"));
        assert_eq!(left.len(), part.len());
    }

    #[test]
    fn what_is_not_well_formed_does_not_stay() {
        for part in [
            &b"Zhang\x14\0"[..],
            b"+0Zhang\x14\0",
            b"+1\x14no end\0",
            b"\x14\0",
        ] {
            assert_eq!(run(part, &str::to_owned).0, None);
        }
    }
}
