//! A recording of a night without what nothing is made of: a polysomnography has hundreds of megabytes, of which the
//! saturation is a few.

use std::ops::Range;

use crate::{
    Cut, SignalError,
    header::{self, DIMENSION, LABEL, Layout, field, text},
    measure::is_saturation,
};

/// A recording with its saturation only.
#[derive(Clone, Debug, PartialEq)]
pub struct Thin {
    /// The file: nobody's name, and no part of a data record at its end.
    pub file: Vec<u8>,
    /// What is not there of the recording, where it breaks off.
    pub cut: Option<Cut>,
}

/// The recording with its saturation and the times of its parts; none where it has no saturation.
pub fn saturation_only(file: &[u8]) -> Result<Option<Thin>, SignalError> {
    let layout = Layout::of(file)?;
    let (signals, length) = (layout.signals(), layout.record());
    if length == 0 {
        return Err(SignalError::Malformed("the number of samples"));
    }
    let record_s = header::record_seconds(file)?;
    let mut parts: Vec<(usize, Range<usize>)> = Vec::new();
    let (mut at, mut has_saturation) = (0, false);
    let each = layout.samples.iter().zip(&layout.annotations).enumerate();
    for (signal, (samples, is_annotation)) in each {
        let end = at + samples * layout.sample;
        let of = |name| text(file, field(name, signal, signals));
        let is_it =
            record_s > 0.0 && is_saturation(&of(LABEL), &of(DIMENSION), *samples as f64 / record_s);
        has_saturation |= is_it;
        if is_it || *is_annotation {
            parts.push((signal, at..end));
        }
        at = end;
    }
    if !has_saturation {
        return Ok(None);
    }
    let kept: Vec<usize> = parts.iter().map(|(signal, _)| *signal).collect();
    let mut thin = header::of_signals(file, signals, &kept);
    let body = file.get(layout.header..).unwrap_or_default();
    for record in body.chunks_exact(length) {
        for (_, part) in &parts {
            thin.extend_from_slice(record.get(part.clone()).unwrap_or_default());
        }
    }
    let torn = (body.len() % length) as f64 / length as f64;
    let promised = header::promised_records(file)?;
    Ok(Some(Thin {
        file: thin,
        cut: Cut::of(promised, body.len() / length, torn, record_s),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Found,
        header::{HEAD, PATIENT, RECORDING, put},
        measure,
    };

    const SECONDS: usize = 2400;
    /// Bytes of a data record: four samples of one signal, and one of the other.
    const RECORD: usize = 10;

    /// A night of a data record a second: an EEG, and a saturation that falls for half a minute in each ten.
    fn night(label: &str) -> Vec<u8> {
        let mut file = vec![b' '; HEAD * 3];
        let mut put = |at: Range<usize>, text: &str| put(&mut file, at, text);
        put(0..8, "0");
        put(PATIENT, "MRN0815 F 29-FEB-1960 Zhang_Sanfeng");
        put(RECORDING, "Startdate 20-NOV-2026 PSG-815 Li_Si Sony");
        put(168..176, "20.11.26");
        put(176..184, "23.00.00");
        put(184..192, "768");
        put(236..244, "2400");
        put(244..252, "1");
        put(252..256, "2");
        for (signal, (label, unit, samples)) in [("EEG Fpz-Cz", "uV", "4"), (label, "%", "1")]
            .into_iter()
            .enumerate()
        {
            let fields = [label, unit, "0", "100", "0", "1000", samples];
            for (number, text) in [0, 2, 3, 4, 5, 6, 8].into_iter().zip(fields) {
                put(field(number, signal, 2), text);
            }
        }
        for second in 0..SECONDS {
            let falls = (300..330).contains(&(second % 600));
            let tenths: i16 = if falls { 880 } else { 950 };
            file.extend([1, 0, 2, 0, 3, 0, 4, 0]);
            file.extend(tenths.to_le_bytes());
        }
        file
    }

    fn found(file: Vec<u8>) -> crate::Recording {
        match measure(&[("night.edf".to_owned(), file)]) {
            Some(Ok(Found::Recording(recording))) => *recording,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_found_in_the_saturation_stays_and_the_rest_goes() {
        let whole = night("SpO2");
        let thin = saturation_only(&whole).unwrap().unwrap();
        assert_eq!(thin.cut, None);
        assert_eq!(thin.file.len(), HEAD * 2 + SECONDS * 2);
        let words = String::from_utf8_lossy(&thin.file).into_owned();
        assert!(!words.contains("Sanfeng") && !words.contains("EEG"));
        assert!(!words.contains("Li_Si") && !words.contains("815"));
        let (thin, whole) = (found(thin.file), found(whole));
        assert!(
            whole
                .oximetry
                .as_ref()
                .is_some_and(|night| night.falls.len() == 4)
        );
        assert_eq!((thin.start, thin.oximetry), (whole.start, whole.oximetry));
    }

    #[test]
    fn what_is_not_there_of_one_that_breaks_off_is_told() {
        let whole = night("SpO2");
        let torn = saturation_only(&whole[..whole.len() - RECORD - 4]).unwrap();
        let torn = torn.unwrap();
        assert_eq!(torn.file.len(), HEAD * 2 + (SECONDS - 2) * 2);
        let cut = torn.cut.unwrap();
        assert_eq!(cut.missing_s, Some(2.0));
        assert!((cut.left_out_s - 0.6).abs() < 1e-9, "{cut:?}");
    }

    #[test]
    fn without_a_saturation_there_is_none() {
        assert_eq!(saturation_only(&night("Snore")).unwrap(), None);
        assert!(saturation_only(b"no recording").is_err());
    }
}
