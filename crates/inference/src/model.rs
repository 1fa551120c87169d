use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tract_onnx::prelude::*;
use ts_rs::TS;
use volume::{Mask, Series};

use crate::{Card, Check, InferenceError, Known, Scaling, Task, check::checks, crop::crop};

type Plan = Arc<TypedRunnableModel>;

/// A model that can be run, with its card.
#[derive(Clone)]
pub struct Model {
    card: Card,
    plan: Plan,
}

/// What the classical method found at the same place, beside the model's mask.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
pub struct Comparison {
    /// Twice the common volume, divided by the sum of both: 1 where they are the same.
    pub dice: f64,
    /// Volume of the model's mask, mm³.
    pub model_mm3: f64,
    /// Volume of the classical mask, mm³.
    pub classical_mm3: f64,
}

/// What a model answered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// Something that its card does not allow: see the checks.
    NotAssessable,
    /// A probability, 0 to 1, of what its card says.
    Probability {
        /// 0 to 1.
        value: f64,
    },
    /// A mask on the voxels of the scan.
    Mask {
        /// Its volume, mm³.
        volume_mm3: f64,
        /// Beside the classical mask, where there is one.
        compared: Option<Comparison>,
    },
}

/// One run of a model, with all that is to be shown beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
pub struct ModelResult {
    /// The model's card.
    pub card: Card,
    /// What the card asks for, and whether it holds.
    pub checks: Vec<Check>,
    /// What came of it.
    pub outcome: Outcome,
    /// The voxels of the mask.
    #[serde(skip)]
    #[ts(skip)]
    pub mask: Option<Mask>,
}

/// The models in the folders below `folder`, in the order of their names: each a model, or why it is none.
pub fn models_in(folder: &Path) -> Vec<(String, Result<Model, InferenceError>)> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| {
            entries
                .filter_map(|entry| entry.ok().map(|entry| entry.path()))
                .collect()
        })
        .unwrap_or_default();
    folders.retain(|path| path.is_dir());
    folders.sort();
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    folders
        .iter()
        .map(|path| (name(path), Model::open(path)))
        .collect()
}

impl Model {
    /// Opens the model in a folder: `card.toml` and the file that it names.
    pub fn open(folder: &Path) -> Result<Self, InferenceError> {
        let read = |file: &str| {
            fs::read(folder.join(file)).map_err(|error| InferenceError::Unreadable {
                file: file.to_owned(),
                why: error.kind(),
            })
        };
        let text = read("card.toml")?;
        let text = String::from_utf8(text).map_err(|_| InferenceError::Card {
            why: "it is not UTF-8".to_owned(),
        })?;
        let card = Card::read(&text)?;
        let bytes = read(&card.file)?;
        Self::of(card, &bytes)
    }

    /// A model from its card and its file.
    pub fn of(card: Card, onnx: &[u8]) -> Result<Self, InferenceError> {
        let found = hex::encode(Sha256::digest(onnx));
        if !found.eq_ignore_ascii_case(&card.sha256) {
            return Err(InferenceError::OtherFile {
                file: card.file.clone(),
                found,
                said: card.sha256.clone(),
            });
        }
        let plan = planned(&card, onnx).map_err(|error| InferenceError::NotRunnable {
            file: card.file.clone(),
            why: format!("{error:#}"),
        })?;
        Ok(Self { card, plan })
    }

    /// Its card.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Runs it around a point of a series, if its card allows that, and compares its mask with `classical`.
    pub fn run(
        &self,
        series: &Series,
        at_lps_mm: [f64; 3],
        known: &Known,
        classical: Option<&Mask>,
    ) -> Result<ModelResult, InferenceError> {
        let mut result = ModelResult {
            card: self.card.clone(),
            checks: checks(&self.card, series, at_lps_mm, known),
            outcome: Outcome::NotAssessable,
            mask: None,
        };
        if !result.checks.iter().all(|check| check.holds) {
            return Ok(result);
        }
        let values = self.values(&crop(&series.volume, &self.card.input, at_lps_mm))?;
        match self.card.task {
            Task::NoduleProbability => {
                let [value] = values.as_slice() else {
                    return Err(output(format!(
                        "one value was expected, {} came",
                        values.len()
                    )));
                };
                result.outcome = Outcome::Probability { value: *value };
            }
            Task::NoduleMask => {
                let mask = self.mask_of(&values, series, at_lps_mm)?;
                let volume_mm3 = mask.count() as f64 * series.volume.grid.voxel_mm3();
                let compared = classical.and_then(|classical| compare(&mask, classical, series));
                result.outcome = Outcome::Mask {
                    volume_mm3,
                    compared,
                };
                result.mask = Some(mask);
            }
        }
        Ok(result)
    }

    /// What the model gives, as probabilities.
    fn values(&self, crop: &[f32]) -> Result<Vec<f64>, InferenceError> {
        let [nx, ny, nz] = self.card.input.size;
        let failed = |error: TractError| output(format!("{error:#}"));
        let outputs = Tensor::from_shape(&[1, 1, nz, ny, nx], crop)
            .and_then(|tensor| self.plan.run(tvec!(tensor.into())))
            .map_err(failed)?;
        let Some(first) = outputs.into_iter().next() else {
            return Err(output("it gave nothing".to_owned()));
        };
        let raw = first.cast_to::<f32>().map_err(failed)?;
        let raw = raw.to_plain_array_view::<f32>().map_err(failed)?;
        let probability = |value: f32| {
            let value = f64::from(value);
            match self.card.output.scaling {
                Scaling::None => value,
                Scaling::Sigmoid => 1.0 / (1.0 + (-value).exp()),
            }
        };
        let values: Vec<f64> = raw.iter().copied().map(probability).collect();
        if values.iter().any(|value| !(0.0..=1.0).contains(value)) {
            return Err(output(
                "a value is no probability between 0 and 1".to_owned(),
            ));
        }
        Ok(values)
    }

    /// The voxels of the scan whose nearest voxel of the crop belongs to the nodule.
    fn mask_of(
        &self,
        values: &[f64],
        series: &Series,
        at_lps_mm: [f64; 3],
    ) -> Result<Mask, InferenceError> {
        let input = &self.card.input;
        let [nx, ny, nz] = input.size;
        if values.len() != nx * ny * nz {
            return Err(output(format!(
                "{} values were expected, {} came",
                nx * ny * nz,
                values.len()
            )));
        }
        let grid = &series.volume.grid;
        let threshold = self.card.output.threshold.unwrap_or(1.0);
        let mut mask = Mask::empty(grid.size);
        for voxel in around(series, input, at_lps_mm) {
            let point = grid.point_lps_mm(voxel.map(|i| i as f64));
            if nearest(input, at_lps_mm, point)
                .and_then(|at| values.get(at))
                .is_some_and(|&value| value >= threshold)
            {
                mask.set(voxel);
            }
        }
        Ok(mask)
    }
}

fn output(why: String) -> InferenceError {
    InferenceError::Output { why }
}

fn planned(card: &Card, onnx: &[u8]) -> TractResult<Plan> {
    let [nx, ny, nz] = card.input.size;
    let mut bytes = onnx;
    tract_onnx::onnx()
        .model_for_read(&mut bytes)?
        .with_input_fact(0, f32::fact([1, 1, nz, ny, nx]).into())?
        .into_optimized()?
        .into_runnable()
}

/// The voxels of the scan in the box of a crop.
fn around(
    series: &Series,
    input: &crate::InputCard,
    at_lps_mm: [f64; 3],
) -> impl Iterator<Item = [usize; 3]> {
    let grid = &series.volume.grid;
    let corners = crate::crop::corners(input, at_lps_mm).map(|corner| grid.index_of(corner));
    let range = |axis: usize| {
        let along = corners
            .iter()
            .filter_map(|corner| corner.get(axis).copied());
        let (low, high) = along.fold((f64::MAX, f64::MIN), |(low, high), i| {
            (low.min(i), high.max(i))
        });
        let most = grid.size.get(axis).copied().unwrap_or(0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "cut off at the grid"
        )]
        let bound = |i: f64| (i.max(0.0) as usize).min(most);
        bound((low - 1.0).floor())..bound((high + 2.0).ceil())
    };
    let (xs, ys, zs) = (range(0), range(1), range(2));
    zs.flat_map(move |z| {
        let xs = xs.clone();
        ys.clone()
            .flat_map(move |y| xs.clone().map(move |x| [x, y, z]))
    })
}

/// The number of the crop's voxel that is nearest to a point; `None` outside the crop.
fn nearest(input: &crate::InputCard, at_lps_mm: [f64; 3], point: [f64; 3]) -> Option<usize> {
    let mut number = 0;
    let axes = input
        .size
        .iter()
        .zip(input.spacing_mm)
        .zip(at_lps_mm)
        .zip(point);
    // From z to x, since x runs fastest.
    for (((&size, spacing), at), point) in axes.rev() {
        let i = ((point - at) / spacing + (size as f64 - 1.0) / 2.0).round();
        if !(0.0..size as f64).contains(&i) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it lies within the crop"
        )]
        let i = i as usize;
        number = number * size + i;
    }
    Some(number)
}

/// Nothing where both are empty: then there is nothing to agree on.
fn compare(mask: &Mask, classical: &Mask, series: &Series) -> Option<Comparison> {
    let voxel_mm3 = series.volume.grid.voxel_mm3();
    let volume = |mask: &Mask| mask.count() as f64 * voxel_mm3;
    let (model_mm3, classical_mm3) = (volume(mask), volume(classical));
    let common = volume(&mask.clone().and(classical));
    (model_mm3 + classical_mm3 > 0.0).then(|| Comparison {
        dice: 2.0 * common / (model_mm3 + classical_mm3),
        model_mm3,
        classical_mm3,
    })
}
