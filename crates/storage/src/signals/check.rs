//! Looks for damage in the log of arrivals, and in what chunks hold.

use std::path::Path;

use record::{QualityMark, SealedSignals};

use crate::{diagnose, log::Log, replay, verify::Stop};

use super::{
    arrivals::{FOLDER, Scan},
    chunk,
    rollups::Spans,
};

/// What was found in the log of arrivals.
#[derive(Debug, Default)]
pub struct Unsealed {
    /// Readings that are whole; some may be sealed already.
    pub readings: u64,
    /// Bytes that were looked at.
    pub bytes: u64,
}

/// Checks the log of arrivals below data folder `root`, if there is one. What a crash left at its end is no
/// damage. While a server works on it, segments come and go, and its end is not looked at closely.
pub fn unsealed(root: &Path, running: bool) -> Result<Unsealed, Stop> {
    let mut found = Unsealed::default();
    if !root.join(FOLDER).exists() {
        return Ok(found);
    }
    match scan(root, &mut found) {
        Err(Stop::Fault(_)) if running => {
            // The server may have just been writing there; if it was not, it is the same a second time.
            found = Unsealed::default();
            std::thread::sleep(std::time::Duration::from_millis(200));
            scan(root, &mut found)?;
        }
        other => other?,
    }
    Ok(found)
}

fn scan(root: &Path, found: &mut Unsealed) -> Result<(), Stop> {
    let log = Log::open_in(root, FOLDER, false)?;
    replay::check_segment_headers(&log).map_err(|error| match Stop::from(error) {
        Stop::Fault(fault) => Stop::Fault(diagnose::segment_header(&log, fault)),
        other @ Stop::Error(_) => other,
    })?;
    let mut scan = Scan::new(&log);
    while let Some((_, held)) = scan.step()? {
        found.readings += held
            .arrived
            .iter()
            .map(|one| one.readings.count() as u64)
            .sum::<u64>();
    }
    found.bytes = scan.bytes;
    Ok(())
}

/// Whether the bytes of a chunk's readings are what its entry says.
pub fn readings(sealed: &SealedSignals, bytes: &[u8]) -> Result<(), &'static str> {
    let readings = chunk::decode(bytes).map_err(|_| "these bytes are no chunk of readings")?;
    let first = readings.first().map(|reading| reading.at_us);
    let last = readings.last().map(|reading| reading.at_us);
    let says = (sealed.count, Some(sealed.first_us), Some(sealed.last_us));
    if (readings.len() as u64, first, last) != says {
        return Err("the chunk has other readings than its entry says");
    }
    if !readings.is_sorted_by_key(|reading| reading.at_us) {
        return Err("the readings of the chunk are not in the order of their times");
    }
    Ok(())
}

/// Whether the bytes of a chunk's roll-up are what its entry says.
pub fn rollup(sealed: &SealedSignals, bytes: &[u8]) -> Result<(), &'static str> {
    let spans = Spans::decode(bytes).map_err(|_| "these bytes are no roll-up")?;
    let count: u64 = spans.buckets().iter().map(|bucket| bucket.count).sum();
    // What was corrected in the chunk itself is not rolled up, nor what measured nothing.
    let leaves_out = QualityMark::correction(&sealed.marks).is_some()
        || QualityMark::is_unmeasured(&sealed.marks);
    let counts_all = count == sealed.count || (leaves_out && count < sealed.count);
    if counts_all && spans.length_us == sealed.rollup_us {
        Ok(())
    } else {
        Err("the roll-up counts other readings than its entry says")
    }
}
