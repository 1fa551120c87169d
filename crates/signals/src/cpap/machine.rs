//! What the machine counted itself, day by day.

use jiff::{Span, civil::Date};
use serde::Serialize;

use crate::Edf;

/// The machine's daily statistics. Its rules of rounding are its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MachineDay {
    /// Time with the mask on, in hours; a day on which the machine stood still has 0, an unfinished one none.
    pub usage_h: Option<f64>,
    /// Sessions.
    pub sessions: Option<usize>,
    /// Apnoeas and hypopnoeas an hour.
    pub ahi: Option<f64>,
    /// Obstructive apnoeas an hour.
    pub obstructive: Option<f64>,
    /// Central apnoeas an hour.
    pub central: Option<f64>,
    /// Hypopnoeas an hour.
    pub hypopnea: Option<f64>,
    /// Median leak, in litres a minute.
    pub leak_median_l_min: Option<f64>,
    /// 95th percentile of the leak, in litres a minute.
    pub leak_p95_l_min: Option<f64>,
    /// Median pressure at the mask, in cmH2O.
    pub mask_pressure_median_cmh2o: Option<f64>,
    /// 95th percentile of the pressure at the mask, in cmH2O.
    pub mask_pressure_p95_cmh2o: Option<f64>,
}

const LITRES_A_MINUTE: f64 = 60.0;

/// The days of `STR.edf`: each data record is a day, and numbers it from 1970.
pub fn days(file: &Edf) -> Vec<(Date, MachineDay)> {
    (0..file.records)
        .filter_map(|record| day(file, record))
        .collect()
}

fn day(file: &Edf, record: usize) -> Option<(Date, MachineDay)> {
    let value = |label: &str, place: usize| {
        let signal = file.signal(label)?;
        signal.value(*signal.samples.get(record * signal.per_record + place)?)
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a number beyond 2^63 is set to it"
    )]
    let number = value("Date", 0)? as i64;
    // The file says by itself what its numbers stand for: a day that no calendar has is none.
    let after = Span::new().try_days(number).ok()?;
    let date = Date::constant(1970, 1, 1).checked_add(after).ok()?;
    let of = |label: &str| value(label, 0);
    let minutes = of("Duration");
    let on = file.signal("MaskOn").map_or(0, |signal| signal.per_record);
    let sessions = (0..on)
        .filter(|place| value("MaskOn", *place).is_some())
        .count();
    let litres = |label: &str| of(label).map(|leak| leak * LITRES_A_MINUTE);
    let day = MachineDay {
        usage_h: minutes.map(|minutes| minutes / 60.0),
        sessions: minutes.map(|_| sessions),
        ahi: of("AHI"),
        obstructive: of("OAI"),
        central: of("CAI"),
        hypopnea: of("HI"),
        leak_median_l_min: litres("Leak.50"),
        leak_p95_l_min: litres("Leak.95"),
        mask_pressure_median_cmh2o: of("MaskPress.50"),
        mask_pressure_p95_cmh2o: of("MaskPress.95"),
    };
    Some((date, day))
}
