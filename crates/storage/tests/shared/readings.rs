//! What the tests of signals share.
#![allow(dead_code)]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use policy::Permit;
use record::{
    Arrived, Reading, Readings, SeriesId, SeriesQuery, SignalSeries, Signals, SpanQuery, StreamKey,
};
use storage::{Embedded, EmbeddedSignals, SignalOptions, SystemClock};
use vocabulary::{Coding, DeviceId, PatientId, Timestamp};

use crate::shared::{all, open, small};

/// Small files and chunks, so that a test has several.
pub fn tiny() -> SignalOptions {
    SignalOptions {
        segment_bytes: 4 << 10,
        segments: 3,
        chunk_readings: 50,
        unsealed_readings: 400,
        ..SignalOptions::default()
    }
}

pub fn open_both(dir: &Path, options: SignalOptions) -> (Arc<Embedded>, EmbeddedSignals) {
    let record = Arc::new(open(dir, small()).unwrap());
    let clock = Arc::new(SystemClock);
    let signals = EmbeddedSignals::open(Arc::clone(&record), clock, options).unwrap();
    (record, signals)
}

/// Something that arrived from device `device`; its number says which stream and whose.
pub fn arrived(device: u64, readings: Readings) -> Arrived {
    Arrived {
        stream: StreamKey {
            device: DeviceId::new(format!("d{device}")).unwrap(),
            stream: "pulse".to_owned(),
        },
        // Every third is the sensor of a room.
        subject: (device % 3 != 2).then(|| PatientId::new(format!("p{device}")).unwrap()),
        coding: Coding::new("http://loinc.org", "8867-4").shown_as("Heart rate"),
        unit: "/min".to_owned(),
        readings,
        received: SystemClockNow::now(),
        quality: vec![],
        message: None,
    }
}

struct SystemClockNow;

impl SystemClockNow {
    fn now() -> Timestamp {
        storage::Clock::now(&SystemClock)
    }
}

pub fn one(device: u64, at_ms: i64, value: f64) -> Arrived {
    let at = Timestamp(at_ms);
    arrived(device, Readings::One { at, value })
}

pub fn id(device: u64) -> SeriesId {
    SignalSeries::of(&one(device, 0, 0.0)).id()
}

pub fn ever(device: u64) -> SpanQuery {
    SpanQuery {
        id: id(device),
        from_us: i64::MIN / 2,
        to_us: i64::MAX / 2,
    }
}

/// All readings of a device, read page by page.
pub async fn read_all(signals: &EmbeddedSignals, permit: &Permit, device: u64) -> Vec<Reading> {
    let count = usize::try_from(counted(signals, device).await).unwrap();
    let page = (count / 7).max(37);
    let mut span = ever(device);
    let mut readings = Vec::new();
    loop {
        let page = signals.read(permit, &span, page).await.unwrap();
        assert!(!page.purged);
        readings.extend(page.readings);
        match page.next_us {
            Some(next) => span.from_us = next,
            None => return readings,
        }
    }
}

/// Everything that is kept, as times and values of each device.
pub async fn content(signals: &EmbeddedSignals, devices: u64) -> BTreeMap<u64, Vec<(i64, u64)>> {
    let mut content = BTreeMap::new();
    for device in 0..devices {
        let readings = read_all(signals, &all(), device).await;
        let mut pairs: Vec<(i64, u64)> = readings
            .iter()
            .map(|reading| (reading.at_us, reading.value.to_bits()))
            .collect();
        pairs.sort_unstable();
        content.insert(device, pairs);
    }
    content
}

/// The number of readings that the summary of a device says.
pub async fn counted(signals: &EmbeddedSignals, device: u64) -> u64 {
    let query = SeriesQuery {
        id: Some(id(device)),
        ..SeriesQuery::default()
    };
    let found = signals.series(&all(), &query).await.unwrap();
    found.first().map_or(0, |found| found.count)
}
