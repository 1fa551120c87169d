//! `yuanyi deidentify`: a file without its patient, for a research project.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use dicom::deidentify::{Options, ProjectKey, deidentify};

use super::Place;
use crate::{intake::is_dicom, keys::Keys};

/// Makes a de-identified copy of one file. Pseudonyms, UIDs and shifts of dates are those of the project's copies
/// in this hospital, so that what is made here fits what its members read there.
#[derive(Args)]
pub struct Deidentify {
    /// The project's name in addresses.
    #[arg(long)]
    project: String,
    /// The patient's id in the record, such as `dcm-…`.
    #[arg(long)]
    patient: String,
    /// Move dates by the patient's number of days; otherwise they go.
    #[arg(long)]
    shift_dates: bool,
    /// Keep sex, and of images age, size and weight.
    #[arg(long)]
    retain_patient_characteristics: bool,
    /// Keep harmless words of descriptions and annotations.
    #[arg(long)]
    clean_descriptors: bool,
    /// The file: DICOM, EDF, EDF+, BDF or BDF+.
    file: PathBuf,
    /// The copy, which must not be there yet.
    copy: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Deidentify {
    pub fn run(self) -> Result<()> {
        let keys = Keys::open(&self.place.config()?.data)?;
        let key = ProjectKey::derive(keys.research(), &self.project);
        let file = fs::read(&self.file).context("read the file")?;
        if self.copy.exists() {
            bail!("write the copy: {} is there already", self.copy.display());
        }
        let copy = if is_dicom(&file) {
            let options = Options {
                shift_dates: self.shift_dates,
                retain_patient_characteristics: self.retain_patient_characteristics,
                clean_descriptors: self.clean_descriptors,
                ..Options::default()
            };
            deidentify(&file, &key, &self.patient, &options)?.file
        } else {
            let options = signals::Options {
                shift_dates: self.shift_dates,
                retain_patient_characteristics: self.retain_patient_characteristics,
                clean_descriptors: self.clean_descriptors,
            };
            signals::deidentify(&file, &key, &self.patient, options)?
        };
        fs::write(&self.copy, copy).context("write the copy")?;
        Ok(())
    }
}
