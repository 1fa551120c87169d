//! Nodules of one patient over time: the same one in several scans, and how it changed from each to the next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;
use volume::nodule::{Growth, growth};

use crate::volumes::KeptNodule;

/// A scan with the nodules that were kept of it.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Study instance UID.
    pub study: String,
    /// Series instance UID.
    pub series: String,
    /// The day of the study, `YYYYMMDD`; empty where it is not known.
    pub date: String,
    /// What was kept of it.
    pub nodules: Vec<KeptNodule>,
}

/// A nodule over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
pub struct FollowedNodule {
    /// What it is known by.
    pub tracking_uid: String,
    /// What it was called last.
    pub label: String,
    /// Each time that it was measured, the oldest first.
    pub seen: Vec<SeenNodule>,
    /// What became of it from one study to the next.
    pub growth: Vec<GrowthBetween>,
}

/// A nodule in one scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
pub struct SeenNodule {
    /// Study instance UID.
    pub study: String,
    /// Series instance UID.
    pub series: String,
    /// The day of the study, `YYYY-MM-DD`; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub date: Option<String>,
    /// The nodule as it was kept.
    pub nodule: KeptNodule,
}

/// How a nodule changed between two studies, or why nobody can say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
pub struct GrowthBetween {
    /// SOP instance UID of the earlier segmentation.
    pub prior: String,
    /// SOP instance UID of the later one.
    pub current: String,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub growth: Option<Growth>,
    /// Why it cannot be said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional, type = "{ zh: string; en: string }")]
    pub why: Option<Text>,
}

/// The nodules of all scans by what they are known by, the one seen last first.
pub fn followed(scans: &[Scan]) -> Vec<FollowedNodule> {
    let mut by_uid: BTreeMap<&str, Vec<SeenNodule>> = BTreeMap::new();
    for scan in scans {
        for nodule in &scan.nodules {
            let seen = SeenNodule {
                study: scan.study.clone(),
                series: scan.series.clone(),
                date: day(&scan.date).map(|day| day.to_string()),
                nodule: nodule.clone(),
            };
            by_uid.entry(&nodule.tracking_uid).or_default().push(seen);
        }
    }
    let mut all: Vec<FollowedNodule> = by_uid
        .into_iter()
        .map(|(uid, mut seen)| {
            // What has no day is put first: nothing follows from its place.
            seen.sort_by(|a, b| a.date.cmp(&b.date));
            let pairs = seen.iter().zip(seen.iter().skip(1));
            let pairs = pairs.filter(|(prior, current)| prior.study != current.study);
            FollowedNodule {
                tracking_uid: uid.to_owned(),
                label: seen
                    .last()
                    .map(|last| last.nodule.label.clone())
                    .unwrap_or_default(),
                growth: pairs
                    .map(|(prior, current)| between(prior, current))
                    .collect(),
                seen,
            }
        })
        .collect();
    let last = |one: &FollowedNodule| one.seen.last().and_then(|seen| seen.date.clone());
    all.sort_by_key(|one| std::cmp::Reverse(last(one)));
    all
}

fn between(prior: &SeenNodule, current: &SeenNodule) -> GrowthBetween {
    let days = prior.date.as_deref().and_then(|day| day.parse().ok());
    let days = days.zip(current.date.as_deref().and_then(|day| day.parse().ok()));
    let days = days.map(|(from, to): (jiff::civil::Date, jiff::civil::Date)| {
        from.until((jiff::Unit::Day, to))
            .map_or(0, |span| span.get_days())
    });
    let (growth, why) = match days {
        None => (
            None,
            Some(Text::new(
                "有一次检查没有日期，无法判断变化速度",
                "one of the studies has no date: no change over time can be told",
            )),
        ),
        Some(days) if days < 1 => (
            None,
            Some(Text::new(
                "两次检查在同一天，无法判断变化速度",
                "both studies are of the same day: no change over time can be told",
            )),
        ),
        Some(days) => {
            let (prior, current) = (&prior.nodule.measures, &current.nodule.measures);
            (Some(growth(prior, current, f64::from(days))), None)
        }
    };
    GrowthBetween {
        prior: prior.nodule.source.clone(),
        current: current.nodule.source.clone(),
        growth,
        why,
    }
}

/// A day as DICOM writes it.
fn day(text: &str) -> Option<jiff::civil::Date> {
    jiff::civil::Date::strptime("%Y%m%d", text).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use volume::{Grid, Series, Volume, VoxelBox, nodule::measures};

    use super::*;

    /// A cube of soft tissue in lung, as it was kept of a scan.
    fn scan(study: &str, date: &str, side: usize) -> Scan {
        let grid = Grid::axis_aligned([30; 3], [1.0; 3], [0.0; 3]);
        let cube = VoxelBox {
            origin: [5; 3],
            size: [side; 3],
        };
        let voxels = u32::try_from(cube.voxels()).unwrap();
        let side = u32::try_from(side).unwrap();
        let boxed = json!({"origin": [5, 5, 5], "size": [side, side, side], "runs": [0, voxels]});
        let boxed: volume::BoxedMask = serde_json::from_value(boxed).unwrap();
        let series = Series::of_volume(Volume {
            voxels: vec![20; grid.voxels()],
            grid: grid.clone(),
        });
        let whole = volume::Piece {
            of: VoxelBox {
                origin: [0; 3],
                size: grid.size,
            },
            series,
        };
        let (of, mask) = boxed.mask_within(&grid).unwrap();
        let mask = whole.part_of_box(&of, &mask);
        let nodule = KeptNodule {
            id: "nodule-1".to_owned(),
            label: study.to_owned(),
            tracking_uid: "2.25.1".to_owned(),
            source: format!("{study}.9"),
            drawn: "SEMIAUTOMATIC".to_owned(),
            measures: measures(&whole.series, &mask).unwrap(),
            mask: boxed,
        };
        Scan {
            study: study.to_owned(),
            series: format!("{study}.1"),
            date: date.to_owned(),
            nodules: vec![nodule],
        }
    }

    #[test]
    fn a_nodule_is_followed_from_study_to_study_in_their_order() {
        let scans = [
            scan("3", "20260301", 14),
            scan("1", "20240301", 10),
            scan("2", "20250301", 12),
        ];
        let all = followed(&scans);
        let [nodule] = all.as_slice() else {
            panic!("one nodule, not {}", all.len());
        };
        let seen: Vec<&str> = nodule.seen.iter().map(|seen| seen.study.as_str()).collect();
        assert_eq!((seen, nodule.label.as_str()), (vec!["1", "2", "3"], "3"));
        let days: Vec<f64> = nodule
            .growth
            .iter()
            .map(|between| between.growth.as_ref().unwrap().interval_days)
            .collect();
        assert_eq!(days, [365.0, 365.0]);
    }

    #[test]
    fn without_days_between_nothing_is_said_of_growth() {
        for date in ["20250301", "", "2025"] {
            let all = followed(&[scan("1", "20250301", 10), scan("2", date, 12)]);
            let growth = &all.first().unwrap().growth;
            let between = growth.first().unwrap();
            assert!(between.growth.is_none() && between.why.is_some(), "{date}");
        }
        // Two series of one study are no two points in time.
        let mut again = scan("1", "20250301", 12);
        again.series = "1.2".to_owned();
        let all = followed(&[scan("1", "20250301", 10), again]);
        assert_eq!(all.first().unwrap().growth, []);
    }
}
