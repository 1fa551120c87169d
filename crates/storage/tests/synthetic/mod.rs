//! A record of made-up studies of 2 series of 50 images each, typical searches in it, and what these must
//! find: said twice, as a query and as a rule on the numbers that everything is made from.
//!
//! Names, numbers and dates are made from a counter and mean nobody.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "each user takes a part, and a test may stop"
)]

use std::{cmp::Reverse, path::Path, sync::Arc};

use bytes::Bytes;
use policy::{Action, Permit, Scope};
use record::{Batch, Fields, ImagingLevel, ImagingQuery, Instance, NewFact, Precondition, Record};
use serde_json::{Value, json};
use storage::{Embedded, SystemClock};
use vocabulary::{ActorId, Digest, PatientId, Uid};

const IMAGES_A_SERIES: u64 = 50;
const SERIES_A_STUDY: u64 = 2;
pub const IMAGES_A_STUDY: u64 = IMAGES_A_SERIES * SERIES_A_STUDY;
const BATCH: u64 = 500;
/// Rows of a page.
const LIMIT: usize = 100;
/// How far beyond a page a total is exact.
const COUNTED: usize = 1000;
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

pub fn open(folder: &Path) -> Embedded {
    Embedded::open(folder, Arc::new(NoTerms), Arc::new(SystemClock)).unwrap()
}

pub fn permit() -> Permit {
    Permit::for_test(
        ActorId::new("bench").unwrap(),
        Action::ReadImaging,
        Scope::All,
    )
}

fn uid(text: String) -> Uid {
    Uid::new(text).unwrap()
}

fn pick<'a>(list: &[&'a str], number: u64) -> &'a str {
    list[(number % list.len() as u64) as usize]
}

fn patient(study: u64) -> u64 {
    study / 3
}

fn name(study: u64) -> String {
    let patient = patient(study);
    format!("{}^{}", pick(FAMILIES, patient), pick(GIVEN, patient / 8))
}

fn day(study: u64) -> String {
    // 30 studies a day, beginning with 2015.
    let days = study / 30;
    let (year, day) = (2015 + days / 360, days % 360);
    format!("{year}{:02}{:02}", day / 30 + 1, day % 30 + 1)
}

fn time(study: u64) -> String {
    format!("{:02}{:02}00", study % 24, study % 60)
}

fn is_mr(study: u64) -> bool {
    study.is_multiple_of(5)
}

fn is_woman(study: u64) -> bool {
    patient(study).is_multiple_of(2)
}

fn description(study: u64) -> &'static str {
    pick(&["CHEST", "HEAD"], study)
}

fn image(number: u64) -> NewFact {
    let (study, series) = (number / IMAGES_A_STUDY, number / IMAGES_A_SERIES);
    let of_series = series % SERIES_A_STUDY;
    let text = |vr: &str, value: Value| json!({"vr": vr, "Value": [value]});
    let attributes = json!({
        "00080020": text("DA", json!(day(study))),
        "00080030": text("TM", json!(time(study))),
        "00080050": text("SH", json!(format!("ACC{study}"))),
        "00080060": text("CS", json!(if is_mr(study) { "MR" } else { "CT" })),
        "00081030": text("LO", json!(description(study))),
        "0008103E": text("LO", json!(format!("AX {of_series}"))),
        "00100010": text("PN", json!({"Alphabetic": name(study)})),
        "00100020": text("LO", json!(format!("MRN{}", patient(study)))),
        "00100040": text("CS", json!(if is_woman(study) { "F" } else { "M" })),
        "00200011": text("IS", json!(of_series + 1)),
        "00200013": text("IS", json!(number % IMAGES_A_SERIES + 1)),
        "00200032": json!({"vr": "DS", "Value": [0, 0, number % IMAGES_A_SERIES]}),
        "00280010": text("US", json!(512)),
        "00280011": text("US", json!(512)),
        "00280100": text("US", json!(16)),
        "00400275": json!({"vr": "SQ", "Value": [{"00400009": text("SH", json!(format!("SPS{study}")))}]}),
    });
    let instance = Instance {
        subject: PatientId::new(format!("p{}", patient(study))).unwrap(),
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

/// Adds the images from one number up to another; both are multiples of 500.
pub async fn fill(record: &Embedded, from: u64, to: u64) {
    for first in (from..to).step_by(BATCH as usize) {
        let facts = (first..first + BATCH).map(|number| (image(number), Precondition::None));
        let batch = Batch {
            actor: ActorId::new("bench").unwrap(),
            facts: facts.collect(),
        };
        record.commit(batch).await.unwrap();
    }
}

/// Where an image stands.
pub struct Place {
    study: u64,
    series: u64,
    image: u64,
}

/// Stands for the series that an address names, instead of an attribute.
const OF_SERIES: &str = "series";

/// A search.
pub struct Search {
    pub name: &'static str,
    level: ImagingLevel,
    /// What is matched, for the study that is `at` of all.
    matching: fn(at: u64) -> Vec<(&'static str, String)>,
    /// The same as a rule.
    is: fn(at: u64, place: &Place) -> bool,
}

impl Search {
    pub fn query(&self, at: u64) -> ImagingQuery {
        let (of, matching): (Vec<_>, Vec<_>) = (self.matching)(at)
            .into_iter()
            .partition(|(tag, _)| *tag == OF_SERIES);
        let fields = [
            "00080020", "00100010", "00100020", "00201208", "0020000D", "0020000E", "00080018",
        ];
        ImagingQuery {
            series: of.into_iter().next().map(|(_, series)| uid(series)),
            matching: matching
                .into_iter()
                .map(|(tag, value)| (tag.to_owned(), value))
                .collect(),
            fields: Fields::Only(fields.map(str::to_owned).to_vec()),
            limit: LIMIT,
            ..ImagingQuery::at(self.level)
        }
    }

    /// The attribute that tells rows apart.
    fn key(&self) -> &'static str {
        match self.level {
            ImagingLevel::Patient => "00100020",
            ImagingLevel::Study => "0020000D",
            ImagingLevel::Series => "0020000E",
            ImagingLevel::Instance => "00080018",
        }
    }

    /// All keys that must be found with so many images, newest study first.
    fn expected(&self, at: u64, images: u64) -> Vec<String> {
        let mut studies: Vec<u64> = (0..images / IMAGES_A_STUDY).collect();
        studies.sort_by_cached_key(|study| {
            (
                Reverse((day(*study), time(*study))),
                format!("2.25.1.{study}"),
            )
        });
        let mut found = Vec::new();
        for study in studies {
            let series = match self.level {
                ImagingLevel::Patient | ImagingLevel::Study => 1,
                _ => SERIES_A_STUDY,
            };
            for series in study * SERIES_A_STUDY..study * SERIES_A_STUDY + series {
                let first = series * IMAGES_A_SERIES;
                let last = match self.level {
                    ImagingLevel::Instance => first + IMAGES_A_SERIES,
                    _ => first + 1,
                };
                for image in first..last {
                    let place = Place {
                        study,
                        series,
                        image,
                    };
                    if (self.is)(at, &place) {
                        found.push(match self.level {
                            ImagingLevel::Patient => format!("MRN{}", patient(study)),
                            ImagingLevel::Study => format!("2.25.1.{study}"),
                            ImagingLevel::Series => format!("2.25.2.{series}"),
                            ImagingLevel::Instance => format!("2.25.3.{image}"),
                        });
                    }
                }
            }
        }
        if self.level == ImagingLevel::Patient {
            let mut seen = std::collections::HashSet::new();
            found.retain(|patient| seen.insert(patient.clone()));
        }
        found
    }

    /// Asks for the first page, one in the middle and the last, and compares them with the rule.
    pub async fn check(&self, record: &Embedded, at: u64, images: u64) {
        let expected = self.expected(at, images);
        let all = expected.len();
        for offset in [0, all / 2, all.saturating_sub(LIMIT / 2), all] {
            let query = ImagingQuery {
                offset,
                ..self.query(at)
            };
            let page = record.imaging(&permit(), &query).await.unwrap();
            let keys: Vec<&str> = page
                .rows
                .iter()
                .map(|row| row.attributes[self.key()]["Value"][0].as_str().unwrap())
                .collect();
            let wanted: Vec<&str> = expected
                .iter()
                .skip(offset)
                .take(LIMIT)
                .map(String::as_str)
                .collect();
            let what = format!("{} at {at} of {images} images from {offset}", self.name);
            assert_eq!(keys, wanted, "{what}");
            assert_eq!(page.total, all.min(offset + LIMIT + COUNTED), "{what}");
            if self.level == ImagingLevel::Study {
                for row in &page.rows {
                    assert_eq!(
                        row.attributes["00201208"]["Value"][0], IMAGES_A_STUDY,
                        "{what}"
                    );
                }
            }
        }
    }
}

pub const SEARCHES: &[Search] = &[
    Search {
        name: "studies: newest 100",
        level: ImagingLevel::Study,
        matching: |_| vec![],
        is: |_, _| true,
    },
    Search {
        name: "studies: patient id",
        level: ImagingLevel::Study,
        matching: |at| vec![("00100020", format!("MRN{}", patient(at)))],
        is: |at, place| patient(place.study) == patient(at),
    },
    Search {
        name: "studies: accession number",
        level: ImagingLevel::Study,
        matching: |at| vec![("00080050", format!("ACC{at}"))],
        is: |at, place| place.study == at,
    },
    Search {
        name: "studies: name zhao^m*",
        level: ImagingLevel::Study,
        matching: |_| vec![("00100010", "zhao^m*".to_owned())],
        is: |_, place| name(place.study).starts_with("Zhao^M"),
    },
    Search {
        name: "studies: a day, CT",
        level: ImagingLevel::Study,
        matching: |at| vec![("00080020", day(at)), ("00080061", "CT".to_owned())],
        is: |at, place| day(place.study) == day(at) && !is_mr(place.study),
    },
    Search {
        name: "studies: eleven days, MR, women",
        level: ImagingLevel::Study,
        matching: |at| {
            vec![
                ("00080020", format!("{}-{}", day(at), day(at + 300))),
                ("00080061", "MR".to_owned()),
                ("00100040", "F".to_owned()),
            ]
        },
        is: |at, place| {
            let study = place.study;
            (day(at)..=day(at + 300)).contains(&day(study)) && is_mr(study) && is_woman(study)
        },
    },
    Search {
        name: "studies: accession number acc?1*",
        level: ImagingLevel::Study,
        matching: |_| vec![("00080050", "ACC?1*".to_owned())],
        is: |_, place| place.study.to_string().as_bytes().get(1) == Some(&b'1'),
    },
    Search {
        name: "studies: three by their UIDs",
        level: ImagingLevel::Study,
        matching: |at| {
            let uids = [at, at / 2, at / 3].map(|study| format!("2.25.1.{study}"));
            vec![("0020000D", uids.join("\\"))]
        },
        is: |at, place| [at, at / 2, at / 3].contains(&place.study),
    },
    Search {
        name: "patients: family li",
        level: ImagingLevel::Patient,
        matching: |_| vec![("00100010", "li^*".to_owned())],
        is: |_, place| name(place.study).starts_with("Li^"),
    },
    Search {
        name: "series: scheduled step",
        level: ImagingLevel::Series,
        matching: |at| vec![("00400275.00400009", format!("SPS{at}"))],
        is: |at, place| place.study == at,
    },
    Search {
        name: "series: the second of heads",
        level: ImagingLevel::Series,
        matching: |_| {
            vec![
                ("00081030", "HEAD".to_owned()),
                ("00200011", "2".to_owned()),
            ]
        },
        is: |_, place| description(place.study) == "HEAD" && place.series % SERIES_A_STUDY == 1,
    },
    Search {
        name: "instances: of a series",
        level: ImagingLevel::Instance,
        matching: |at| vec![(OF_SERIES, format!("2.25.2.{}", at * SERIES_A_STUDY))],
        is: |at, place| place.series == at * SERIES_A_STUDY,
    },
    Search {
        name: "instances: number 7 of a day",
        level: ImagingLevel::Instance,
        matching: |at| vec![("00080020", day(at)), ("00200013", "7".to_owned())],
        is: |at, place| day(place.study) == day(at) && place.image % IMAGES_A_SERIES == 6,
    },
    Search {
        name: "instances: newest 100",
        level: ImagingLevel::Instance,
        matching: |_| vec![],
        is: |_, _| true,
    },
];

/// Checks every search, for studies here and there.
pub async fn check(record: &Embedded, images: u64) {
    let studies = images / IMAGES_A_STUDY;
    for search in SEARCHES {
        for number in [0, 1, 2] {
            search
                .check(record, (studies / 3 + number * 7919) % studies, images)
                .await;
        }
    }
}
