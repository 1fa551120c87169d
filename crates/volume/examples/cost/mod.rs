//! What an example has cost so far.

use std::{error::Error, fs};

/// The steps of `/proc/self/stat` a second, which Linux promises to programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system time of this program so far.
pub fn cpu_s() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat
        .rsplit_once(')')
        .ok_or("read the cost of this program")?;
    let mut ticks = 0.0;
    for field in fields.split_whitespace().skip(11).take(2) {
        ticks += field.parse::<f64>()?;
    }
    Ok(ticks / TICKS_PER_SECOND)
}
