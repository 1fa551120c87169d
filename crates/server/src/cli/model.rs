//! `model`: for those who install models that others trained.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use inference::{Known, Model};
use volume::nodule::{self, Seed};

/// What to do with a model's folder: `card.toml` and the ONNX file that it names.
#[derive(Subcommand)]
pub enum Install {
    /// Say whether a model can be used, and if not, why.
    Check {
        /// The model's folder.
        folder: PathBuf,
    },
    /// Ask a model about a point of a scan; no hospital needed. Prints card, checks and answer as JSON.
    Run {
        /// The model's folder.
        folder: PathBuf,
        /// The scan: a folder of DICOM files, a NRRD or a NIfTI file.
        scan: PathBuf,
        /// The point: left, posterior and superior in mm, with commas between.
        #[arg(long, value_name = "L,P,S", allow_hyphen_values = true)]
        at: String,
    },
}

impl Install {
    /// Does it and prints what came of it.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Check { folder } => check(&folder),
            Self::Run { folder, scan, at } => run(&folder, &scan, &at),
        }
    }
}

fn open(folder: &Path) -> Result<Model> {
    Model::open(folder).with_context(|| format!("use the model in {}", folder.display()))
}

fn check(folder: &Path) -> Result<()> {
    let model = open(folder)?;
    let card = model.card();
    let [x, y, z] = card.input.size;
    println!(
        "{} {}: takes {x} × {y} × {z} voxels, can be used",
        card.id, card.version
    );
    Ok(())
}

fn run(folder: &Path, scan: &Path, at: &str) -> Result<()> {
    let model = open(folder)?;
    let at_lps_mm = point(at)?;
    let series = volume::read_series(scan)?;
    // Where the classical method finds no nodule, a model may: its card decides.
    let found = nodule::segment(&series, None, Seed::at(at_lps_mm)).ok();
    let measures = found
        .as_ref()
        .and_then(|found| nodule::measures(&series, &found.mask).ok());
    let known = measures.map_or_else(Known::default, |measures| Known {
        diameter_mm: Some(measures.mean_diameter_mm),
        kind: Some(measures.kind),
    });
    let classical = found.as_ref().map(|found| &found.mask);
    let result = model.run(&series, at_lps_mm, &known, classical)?;
    println!("{}", serde_json::to_string_pretty(&result)?);
    Ok(())
}

fn point(text: &str) -> Result<[f64; 3]> {
    let numbers: Vec<f64> = text
        .split(',')
        .filter_map(|number| number.trim().parse().ok())
        .filter(|number: &f64| number.is_finite())
        .collect();
    let Ok(point) = <[f64; 3]>::try_from(numbers) else {
        bail!("read {text:?} as a point: three numbers are needed, such as -42.5,10,-130");
    };
    Ok(point)
}
