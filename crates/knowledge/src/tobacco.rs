//! Tobacco: how much was smoked, and the five steps of helping a person to stop.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Assessed, Text};

use crate::{Confidence, check};

static PACK: LazyLock<Pack> = LazyLock::new(|| {
    toml::from_str(include_str!("../scales/pack-years.toml"))
        .unwrap_or_else(|error| unreachable!("pack-years: {error}"))
});

static FIVE_A: LazyLock<FiveA> = LazyLock::new(|| {
    toml::from_str(include_str!("../scales/tobacco-5a.toml"))
        .unwrap_or_else(|error| unreachable!("tobacco 5A: {error}"))
});

/// `scales/pack-years.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pack {
    /// Its name.
    pub id: String,
    /// Version of the file.
    pub version: String,
    /// Year of the source.
    pub year: u16,
    /// Key of `docs/evidence`.
    pub evidence: String,
    /// How well it was checked.
    pub confidence: Confidence,
    /// What people call it.
    pub title: Text,
    /// How many cigarettes a pack has.
    pub cigarettes_in_a_pack: f64,
}

/// A time in which a person smoked about as much each day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct SmokingPhase {
    /// Cigarettes a day.
    pub cigarettes_per_day: f64,
    /// Years.
    pub years: f64,
}

/// The file by which pack-years are computed.
pub fn pack() -> &'static Pack {
    &PACK
}

/// Amount smoked in a life, by definition
///
/// Equation: sum over the phases of (cigarettes a day / cigarettes in a pack) × years · Inputs: phases, at
/// least one, no number negative · Result: pack-years · Not for: pipes, cigars and e-cigarettes; people who
/// never smoked have no phases, and that they never did is another answer.
/// Source: `cma-consensus-2024`
pub fn pack_years(phases: &[SmokingPhase]) -> Assessed<f64> {
    let usable = |number: f64| number.is_finite() && number >= 0.0;
    let why = if phases.is_empty() {
        check::unusable(
            "smoking_phases",
            "缺少：每天支数与吸烟年数",
            "not answered: cigarettes a day and years smoked",
        )
    } else if phases
        .iter()
        .all(|phase| usable(phase.cigarettes_per_day) && usable(phase.years))
    {
        let packs = |phase: &SmokingPhase| {
            phase.cigarettes_per_day / PACK.cigarettes_in_a_pack * phase.years
        };
        return Assessed::Assessed {
            value: phases.iter().map(packs).sum(),
        };
    } else {
        check::unusable(
            "smoking_phases",
            "支数与年数不能为负",
            "cigarettes a day and years must not be negative",
        )
    };
    Assessed::NotAssessable { missing: vec![why] }
}

/// One step of the tobacco 5A, or one of the five Rs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct TobaccoStep {
    /// Its name.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub name: Text,
    /// What the doctor does.
    #[ts(type = "{ zh: string, en: string }")]
    pub doctor: Text,
    /// What the patient is told, in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub patient: Option<Text>,
}

/// The 5A of tobacco control, with the five Rs for those who are not willing to stop now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct FiveA {
    /// Its name.
    pub id: String,
    /// Version of the file.
    pub version: String,
    /// Year of the publication.
    pub year: u16,
    /// Key of `docs/evidence`.
    pub evidence: String,
    /// How well it was checked.
    pub confidence: Confidence,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// The five steps.
    #[serde(rename(deserialize = "step"))]
    pub steps: Vec<TobaccoStep>,
    /// The five Rs.
    pub unwilling: Vec<TobaccoStep>,
}

/// The 5A of tobacco control.
pub fn five_a() -> &'static FiveA {
    &FIVE_A
}
