//! The models that others trained, as the hospital installed them. None comes with the program.

use std::path::Path;

use inference::{InferenceError, Known, Model, ModelResult};
use serde::Serialize;
use ts_rs::TS;
use volume::{BoxedMask, VolumeError, VoxelBox, nodule::NoduleMeasures};

use crate::{
    nodules::{WholeVolume, cut_to_box},
    volumes,
};

/// Around the crop of a model, so that what lies between voxels can be told, mm.
const AROUND_MM: f64 = 6.0;

/// A folder that holds no model that can be used.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
pub struct Broken {
    /// The folder's name.
    pub folder: String,
    /// Why it cannot be used.
    pub why: String,
}

/// What one model answered.
#[derive(Clone, Debug, Serialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
pub struct ModelAnswer {
    /// What it answered.
    #[serde(flatten)]
    pub result: ModelResult,
    /// Its mask, where it gave one with anything in it.
    pub mask: Option<BoxedMask>,
}

/// The models of a hospital.
#[derive(Default)]
pub struct Models {
    /// Those that can be used, in the order of their folders' names.
    pub usable: Vec<Model>,
    /// Those that cannot.
    pub broken: Vec<Broken>,
}

impl Models {
    /// Opens the models in the folders below `folder`. One that is broken costs the others nothing.
    pub fn open(folder: &Path) -> Self {
        let mut models = Self::default();
        for (folder, opened) in inference::models_in(folder) {
            match opened {
                Ok(model) if models.usable.iter().any(|other| same_id(other, &model)) => {
                    let why = format!("read card.toml: there is another model {}", model.card().id);
                    models.broken.push(Broken { folder, why });
                }
                Ok(model) => models.usable.push(model),
                Err(error) => {
                    let why = error.to_string();
                    tracing::warn!(folder, why, "could not open a model");
                    models.broken.push(Broken { folder, why });
                }
            }
        }
        models
    }

    /// Asks every model about a nodule as it is outlined, and sets each mask beside that outline.
    ///
    /// # Errors
    /// If the outline does not lie in the volume, or is empty.
    pub fn ask(
        &self,
        volume: &WholeVolume,
        outline: &BoxedMask,
    ) -> Result<(Vec<ModelAnswer>, Vec<Broken>), VolumeError> {
        let measures = volume.measure(outline)?;
        let (mut answers, mut failed) = (Vec::new(), Vec::new());
        for model in &self.usable {
            match ask(model, volume, outline, &measures)? {
                Ok(answer) => answers.push(answer),
                Err(error) => failed.push(Broken {
                    folder: model.card().id.clone(),
                    why: error.to_string(),
                }),
            }
        }
        Ok((answers, failed))
    }
}

fn same_id(one: &Model, other: &Model) -> bool {
    one.card().id == other.card().id
}

fn ask(
    model: &Model,
    volume: &WholeVolume,
    outline: &BoxedMask,
    measures: &NoduleMeasures,
) -> Result<Result<ModelAnswer, InferenceError>, VolumeError> {
    let input = &model.card().input;
    let sides = input.size.iter().zip(input.spacing_mm);
    let longest = sides.fold(0.0, |longest: f64, (&n, mm)| longest.max(n as f64 * mm));
    let grid = volume.manifest.grid();
    let at_lps_mm = measures.centre_lps_mm;
    let of = VoxelBox::around(&grid, at_lps_mm, longest / 2.0 + AROUND_MM);
    let of = of.ok_or(VolumeError::Mask {
        why: "it lies outside the scan",
    })?;
    let piece = volumes::read_piece(&volume.folder, &volume.manifest, of)?;
    let known = Known {
        diameter_mm: Some(measures.mean_diameter_mm),
        kind: Some(measures.kind),
    };
    let (of, mask) = outline.mask_within(&grid)?;
    let beside = piece.part_of_box(&of, &mask);
    let answered = model.run(&piece.series, at_lps_mm, &known, Some(&beside));
    Ok(answered.map(|result| {
        let mask = result.mask.as_ref().filter(|mask| !mask.is_empty());
        ModelAnswer {
            mask: mask.map(|mask| cut_to_box(mask, &piece.of)),
            result,
        }
    }))
}
