//! The lung nodule in voxels: from a point to its outline, its measurements and its growth.
//!
//! What others build on:
//!
//! | call | gives |
//! |---|---|
//! | [`segment`] | the voxels of the nodule at a point, its kind, and what it hangs on |
//! | [`measures`] | size by each guideline's rule, mass, solid part, histogram, with method and error |
//! | [`growth`] | change, doubling times and a verdict by each rule, or why there is none |
//! | [`candidates`] | where nodules may be, each with a score and a reason |
//! | [`register`] | where a point of one study lies in another |
//! | [`features`] | features as the Image Biomarker Standardisation Initiative (IBSI) defines them |
//! | [`contour_measures`] | size from outlines that readers drew |
//! | [`parameters`] | the engineering thresholds behind all of it, to be shown |
//!
//! All but candidates work on a box around the nodule, so cost follows its size and not the scan's.
//! A mask is always on the grid of its series; points and centres are LPS, mm.

mod block;
mod candidates;
mod contours;
mod distance;
mod features;
mod growth;
mod kind;
mod limits;
mod lung;
mod measures;
mod outline;
mod parameters;
mod region;
mod register;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

pub use self::{
    candidates::{Candidate, candidates},
    contours::{Contour, ContourMeasures, contour_measures},
    features::{Feature, FeatureSettings, Features, features},
    growth::{
        Change, Growth, GrowthRule, RuleVerdict, Verdict, doubling_days, doubling_days_by_diameter,
        growth,
    },
    limits::{Limits, SizeLimit, limits},
    measures::{Histogram, NoduleMeasures, RoundedDiameter, SolidPart, mass_mg, measures},
    outline::segment,
    parameters::{GROUND_GLASS_HU, HISTOGRAM_BIN_HU, Parameter, SOLID_HU, parameters},
    register::{LocalShift, register},
};
use crate::{Mask, Notice};

/// A point that somebody says lies on a nodule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seed {
    /// The point, LPS, mm.
    pub at_lps_mm: [f64; 3],
    /// How far around it is looked, mm; 30 mm holds every nodule and the lung around it.
    pub reach_mm: f64,
}

impl Seed {
    /// A point with the usual reach.
    pub fn at(at_lps_mm: [f64; 3]) -> Self {
        Self {
            at_lps_mm,
            reach_mm: 30.0,
        }
    }
}

/// How dense a nodule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub enum NoduleKind {
    /// It hides vessels and bronchi.
    Solid,
    /// Ground glass with a part that hides vessels.
    PartSolid,
    /// Vessels stay visible in it.
    GroundGlass,
}

impl NoduleKind {
    /// What people call it.
    pub fn label(self) -> Text {
        match self {
            Self::Solid => Text::new("实性", "solid"),
            Self::PartSolid => Text::new("部分实性", "part-solid"),
            Self::GroundGlass => Text::new("纯磨玻璃", "ground glass"),
        }
    }
}

/// What a nodule hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub enum Attachment {
    /// The surface of the lung.
    Pleura,
    /// A vessel, or something else within the lung.
    Vessel,
}

/// The voxels of a nodule and what was seen of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Nodule {
    /// Its voxels, on the grid of the series.
    pub mask: Mask,
    /// How dense it is.
    pub kind: NoduleKind,
    /// What it hung on before it was cut off.
    pub attached: Vec<Attachment>,
    /// What a person who uses the outline must know.
    pub notices: Vec<Notice>,
    /// How it was found and what that is worth.
    pub method: Text,
}
