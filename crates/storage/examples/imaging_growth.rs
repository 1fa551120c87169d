//! How long searches take while the index grows: fills a record with made-up studies of 2 series of 50
//! images each, and asks typical searches at 10³, 10⁴, … images. One JSON line for each search and size.
//!
//! `imaging_growth [MOST_IMAGES]`, by default 100 000. Names, numbers and dates are made from a counter and
//! mean nobody.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing
)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use policy::{Action, Permit, Scope};
use record::{Batch, Fields, ImagingLevel, ImagingQuery, Instance, NewFact, Precondition, Record};
use serde_json::{Value, json};
use storage::{Embedded, SystemClock};
use vocabulary::{ActorId, Digest, PatientId, Uid};

const IMAGES_A_SERIES: u64 = 50;
const SERIES_A_STUDY: u64 = 2;
const IMAGES_A_STUDY: u64 = IMAGES_A_SERIES * SERIES_A_STUDY;
const BATCH: u64 = 500;
const TIMES: usize = 200;
const FAMILIES: &[&str] = &["Zhao", "Qian", "Sun", "Li", "Zhou", "Wu", "Zheng", "Wang"];
const GIVEN: &[&str] = &[
    "Min", "Wei", "Fang", "Na", "Jing", "Lei", "Yang", "Tao", "Xia",
];

struct NoTerms;

impl record::Indexer for NoTerms {
    fn terms(&self, _kind: &str, _body: &Value) -> Vec<record::IndexTerm> {
        Vec::new()
    }
}

fn uid(text: String) -> Uid {
    Uid::new(text).unwrap()
}

fn pick<'a>(list: &[&'a str], number: u64) -> &'a str {
    list[(number % list.len() as u64) as usize]
}

fn day(study: u64) -> String {
    // 30 studies a day, beginning with 2015.
    let days = study / 30;
    let (year, day) = (2015 + days / 360, days % 360);
    format!("{year}{:02}{:02}", day / 30 + 1, day % 30 + 1)
}

fn image(number: u64) -> NewFact {
    let (study, series) = (number / IMAGES_A_STUDY, number / IMAGES_A_SERIES);
    let patient = study / 3;
    let of_series = series % SERIES_A_STUDY;
    let modality = if study % 5 == 0 { "MR" } else { "CT" };
    let name = format!("{}^{}", pick(FAMILIES, patient), pick(GIVEN, patient / 8));
    let text = |vr: &str, value: Value| json!({"vr": vr, "Value": [value]});
    let attributes = json!({
        "00080020": text("DA", json!(day(study))),
        "00080030": text("TM", json!(format!("{:02}{:02}00", study % 24, study % 60))),
        "00080050": text("SH", json!(format!("ACC{study}"))),
        "00080060": text("CS", json!(modality)),
        "00081030": text("LO", json!(if study % 2 == 0 { "CHEST" } else { "HEAD" })),
        "0008103E": text("LO", json!(format!("AX {of_series}"))),
        "00100010": text("PN", json!({"Alphabetic": name})),
        "00100020": text("LO", json!(format!("MRN{patient}"))),
        "00100040": text("CS", json!(if patient % 2 == 0 { "F" } else { "M" })),
        "00200011": text("IS", json!(of_series + 1)),
        "00200013": text("IS", json!(number % IMAGES_A_SERIES + 1)),
        "00200032": json!({"vr": "DS", "Value": [0, 0, number % IMAGES_A_SERIES]}),
        "00280010": text("US", json!(512)),
        "00280011": text("US", json!(512)),
        "00280100": text("US", json!(16)),
        "00400275": json!({"vr": "SQ", "Value": [{"00400009": text("SH", json!(format!("SPS{study}")))}]}),
    });
    let instance = Instance {
        subject: PatientId::new(format!("p{patient}")).unwrap(),
        study: uid(format!("2.25.1.{study}")),
        series: uid(format!("2.25.2.{series}")),
        sop: uid(format!("2.25.3.{number}")),
        class: uid("1.2.840.10008.5.1.4.1.1.2".to_owned()),
        transfer_syntax: uid("1.2.840.10008.1.2.1".to_owned()),
        digest: Digest([0; 32]),
        size: 0,
        attributes,
        sequence: 0,
    };
    NewFact::StoreInstance {
        instance: Box::new(instance),
        bytes: Bytes::from(number.to_le_bytes().to_vec()),
    }
}

/// A search for the study that is `at` of all.
type Make = fn(at: u64) -> ImagingQuery;

fn matching(level: ImagingLevel, pairs: &[(&str, String)]) -> ImagingQuery {
    let matching = pairs
        .iter()
        .map(|(tag, value)| ((*tag).to_owned(), value.clone()));
    let fields = [
        "00080020", "00100010", "00100020", "0020000D", "0020000E", "00080018",
    ];
    ImagingQuery {
        matching: matching.collect(),
        fields: Fields::Only(fields.map(str::to_owned).to_vec()),
        limit: 100,
        ..ImagingQuery::at(level)
    }
}

const SEARCHES: &[(&str, Make)] = &[
    ("studies: newest 100", |_| {
        matching(ImagingLevel::Study, &[])
    }),
    ("studies: patient id", |at| {
        matching(
            ImagingLevel::Study,
            &[("00100020", format!("MRN{}", at / 3))],
        )
    }),
    ("studies: accession number", |at| {
        matching(ImagingLevel::Study, &[("00080050", format!("ACC{at}"))])
    }),
    ("studies: name zhao^m*", |_| {
        matching(ImagingLevel::Study, &[("00100010", "zhao^m*".to_owned())])
    }),
    ("studies: a day, CT", |at| {
        let pairs = [("00080020", day(at)), ("00080061", "CT".to_owned())];
        matching(ImagingLevel::Study, &pairs)
    }),
    ("series: scheduled step", |at| {
        let pairs = [("00400275.00400009", format!("SPS{at}"))];
        matching(ImagingLevel::Series, &pairs)
    }),
    ("instances: of a series", |at| ImagingQuery {
        series: Some(uid(format!("2.25.2.{}", at * SERIES_A_STUDY))),
        ..matching(ImagingLevel::Instance, &[])
    }),
    ("instances: newest 100", |_| {
        matching(ImagingLevel::Instance, &[])
    }),
];

async fn ask(record: &Embedded, images: u64) {
    let permit = Permit::for_test(
        ActorId::new("bench").unwrap(),
        Action::ReadImaging,
        Scope::All,
    );
    let studies = images / IMAGES_A_STUDY;
    for (name, make) in SEARCHES {
        let mut took: Vec<Duration> = Vec::with_capacity(TIMES);
        for number in 0..TIMES as u64 {
            let query = make(number.wrapping_mul(7919) % studies);
            let since = Instant::now();
            let page = record.imaging(&permit, &query).await.unwrap();
            took.push(since.elapsed());
            assert!(!page.rows.is_empty(), "{name}");
        }
        took.sort();
        let ms = |at: usize| took[at].as_secs_f64() * 1000.0;
        let line = json!({
            "images": images, "search": name,
            "p50_ms": ms(TIMES / 2), "p99_ms": ms(TIMES * 99 / 100),
        });
        println!("{line}");
    }
}

#[tokio::main]
async fn main() {
    let most: u64 = std::env::args()
        .nth(1)
        .map_or(100_000, |most| most.parse().unwrap());
    let folder = tempfile::tempdir_in(".").unwrap();
    let record = Embedded::open(folder.path(), Arc::new(NoTerms), Arc::new(SystemClock)).unwrap();
    let mut size = 1000;
    let mut filled = 0;
    while size <= most {
        let since = Instant::now();
        let before = filled;
        while filled < size {
            let facts = (filled..filled + BATCH).map(|number| (image(number), Precondition::None));
            let batch = Batch {
                actor: ActorId::new("bench").unwrap(),
                facts: facts.collect(),
            };
            record.commit(batch).await.unwrap();
            filled += BATCH;
        }
        let rate = (filled - before) as f64 / since.elapsed().as_secs_f64();
        eprintln!("{filled} images, {rate:.0} images/s");
        ask(&record, size).await;
        size *= 10;
    }
}
