//! All that is found in a chest: structures as masks, figures, and what could not be assessed.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    Mask, Notice, Series, Structure, VolumeError,
    segment::{self, AirwayTree, Dense, Emphysema, EmphysemaRule, Lungs},
    structures::named,
};

/// Below this share of the larger lung the smaller one is said to be small. Engineering convention:
/// the left lung of most people has some four fifths of the right one's volume.
const UNEVEN_SHARE: f64 = 0.6;

/// What was found in a chest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chest {
    /// Its structures.
    pub structures: Vec<Structure>,
    /// Its figures.
    pub entry: ChestEntry,
    /// What a person who looks at it must know.
    pub notices: Vec<Notice>,
}

/// Figures of a chest, and what could not be assessed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/volume.ts")]
pub struct ChestEntry {
    /// Windpipe and bronchi.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub airway: Option<AirwayTree>,
    /// How much of the lungs is darker than healthy lung.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub emphysema: Option<Emphysema>,
    /// What is not assessed, and why.
    pub not_assessed: Vec<Notice>,
}

/// Finds all in a chest CT. `progress` gets the share done (0 to 1) and the step's name.
pub fn find_chest(
    series: &Series,
    progress: &dyn Fn(f32, &str),
    cancelled: &AtomicBool,
) -> Result<Chest, VolumeError> {
    let step = |share: f32, name: &str| {
        progress(share, name);
        if cancelled.load(Ordering::Relaxed) {
            Err(VolumeError::Cancelled)
        } else {
            Ok(())
        }
    };
    let mut chest = Chest::default();
    if !series.is_hu {
        return Ok(chest);
    }
    let volume = &series.volume;
    step(0.0, "body")?;
    let body = segment::body(volume);
    step(0.1, "airway")?;
    let airway = segment::airway(volume, &body);
    step(0.2, "airway-tree")?;
    let tree = airway.as_ref();
    chest.entry.airway = tree.and_then(|mask| segment::airway_tree(volume, mask));
    step(0.3, "lungs")?;
    let lungs = segment::lungs(volume, &body, airway.as_ref());
    step(0.5, "skeleton")?;
    let dense = segment::dense(volume, &body, lungs.as_ref().map(|lungs| &lungs.both));
    if let Some(lungs) = lungs {
        step(0.7, "vessels")?;
        chest.add_lungs(series, lungs, &dense, airway.as_ref());
    } else {
        chest.entry.not_assessed.push(Notice::new(
            "lungs-not-found",
            "肺、肺血管、肺气肿指数：未评估，未找到肺",
            "Lungs, their vessels, emphysema index: not assessed, since no lungs were found",
        ));
    }
    chest.structures.extend(airway.map(named::airway));
    if chest.entry.airway.is_none() {
        chest.entry.not_assessed.push(Notice::new(
            "airway-not-found",
            "气道：未评估，未找到气管",
            "Airway: not assessed, since no windpipe was found",
        ));
    }
    let aorta = dense
        .contrast
        .as_ref()
        .and_then(|contrast| segment::aorta(volume, contrast, &dense.skeleton));
    if aorta.is_none() {
        chest.entry.not_assessed.push(Notice::new(
            "aorta-not-found",
            "主动脉：未评估，未见充盈造影剂的降主动脉，平扫下无法与周围可靠区分",
            "Aorta: not assessed, since no descending aorta full of contrast medium was found; without contrast it does not stand out",
        ));
    }
    chest.structures.extend(aorta.map(named::aorta));
    let parted = dense.contrast.is_some();
    chest.structures.extend(dense.contrast.map(named::contrast));
    chest
        .structures
        .push(named::skeleton(dense.skeleton, parted));
    chest.structures.push(named::skin(body));
    chest
        .structures
        .retain(|structure| !structure.mask.is_empty());
    step(1.0, "structures")?;
    Ok(chest)
}

impl Chest {
    fn add_lungs(&mut self, series: &Series, lungs: Lungs, dense: &Dense, airway: Option<&Mask>) {
        let volume = &series.volume;
        let rule = EmphysemaRule::default();
        let contrast = dense.contrast.is_some();
        self.entry.emphysema = Some(segment::emphysema(series, &lungs, contrast, rule));
        self.entry.not_assessed.push(lobes());
        let inside = segment::in_lungs(volume, &lungs.both);
        self.structures.push(named::vessels(inside.vessels));
        let spots = inside.compact.or(&lungs.dense);
        self.structures.push(named::spots(spots));
        let Some([left, right]) = lungs.sides else {
            self.structures.push(named::lungs(lungs.both));
            self.entry.not_assessed.push(Notice::new(
                "lungs-not-parted",
                "左右肺：未分开，其贴壁实变未评估",
                "Left and right lung could not be told apart; dense lung at the chest wall is not assessed",
            ));
            return;
        };
        let between = segment::mediastinum(volume, [&left, &right], airway, dense);
        self.structures.extend(between.map(named::mediastinum));
        self.notices.extend(uneven(left.count(), right.count()));
        self.structures.push(named::lung_left(left));
        self.structures.push(named::lung_right(right));
    }
}

/// Why there are no lobes.
fn lobes() -> Notice {
    Notice::new(
        "lobes-not-assessed",
        "肺叶：未评估，叶间裂常不完整且仅在薄层可见，此处无可靠方法",
        "Lobes: not assessed, because fissures are often incomplete and show in thin slices only, and no reliable method is at hand",
    )
}

/// One lung much smaller than the other may be dense where it is not seen as lung.
fn uneven(left: usize, right: usize) -> Option<Notice> {
    let (small, large) = (left.min(right) as f64, left.max(right) as f64);
    let (zh, en) = if left < right {
        ("左", "left")
    } else {
        ("右", "right")
    };
    (small < UNEVEN_SHARE * large).then(|| {
        let percent = 100.0 * small / large;
        Notice::new(
            "lungs-uneven",
            format!("{zh}肺掩膜仅为对侧的 {percent:.0}%：实变、积液、不张、术后与膈肌抬高在此无法区分，未计入的致密肺组织不在掩膜内"),
            format!("The {en} lung's mask has only {percent:.0} % of the other's volume: consolidation, effusion, collapse, surgery and a raised diaphragm cannot be told apart here, and dense lung that was not counted is not in the mask"),
        )
    })
}
