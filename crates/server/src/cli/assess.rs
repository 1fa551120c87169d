//! `assess`, `measure` and `scenarios`: no hospital needed.

use std::{io::Read, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

/// Arguments of `yuanyi assess`.
#[derive(Args)]
pub struct Assess {
    /// The model, guideline or score, such as `mayo` or `news2`; `--list` names all.
    #[arg(required_unless_present = "list")]
    id: Option<String>,
    /// Answers as a JSON object, by input name; `-` for standard input.
    #[arg(long, value_name = "FILE", required_unless_present = "list")]
    input: Option<PathBuf>,
    /// Print every model, guideline and score with its inputs.
    #[arg(long)]
    list: bool,
    /// Guidelines of your own besides those of the program: a file, or a folder of them.
    #[arg(long, value_name = "PATH")]
    guidelines: Option<PathBuf>,
}

impl Assess {
    /// Assesses and prints JSON.
    pub fn run(self) -> Result<()> {
        if let Some(place) = &self.guidelines {
            crate::guidelines::add(place)?;
        }
        let (Some(id), Some(input)) = (self.id, self.input) else {
            println!("{}", serde_json::to_string_pretty(&knowledge::cards())?);
            return Ok(());
        };
        let text = if input.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("read the answers from standard input")?;
            text
        } else {
            std::fs::read_to_string(&input)
                .with_context(|| format!("read the answers in {}", input.display()))?
        };
        let answers = serde_json::from_str(&text).with_context(|| {
            format!(
                "understand {}: write a JSON object such as {{\"age_years\": 65}}",
                input.display()
            )
        })?;
        let Some(assessment) = knowledge::ask(&id, &answers) else {
            bail!("find `{id}`: `yuanyi assess --list` names all");
        };
        println!("{}", serde_json::to_string_pretty(&assessment)?);
        Ok(())
    }
}

/// Arguments of `yuanyi measure`.
#[derive(Args)]
pub struct Measure {
    /// A DICOM folder or file, NRRD or NIfTI; or recorded signals: EDF, BDF, a WFDB header, the folder of a
    /// therapy device's card, a spirometry session as JSON.
    path: PathBuf,
    /// Write the surfaces here, as GLB.
    #[arg(long, value_name = "DIR")]
    mesh: Option<PathBuf>,
    /// A mask on the scan's grid: DICOM SEG, NRRD or NIfTI.
    #[arg(long, value_name = "FILE")]
    seg: Option<PathBuf>,
    /// A point on a nodule, in LPS millimetres: the nodule there is outlined and measured.
    #[arg(long, value_name = "L,P,S", value_parser = point, allow_hyphen_values = true)]
    seed: Option<[f64; 3]>,
}

/// Three numbers with commas between them.
fn point(text: &str) -> Result<[f64; 3], String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    numbers
        .ok()
        .and_then(|numbers| <[f64; 3]>::try_from(numbers).ok())
        .ok_or_else(|| "write three numbers, such as -22,-120.6,-611.5".to_owned())
}

impl Measure {
    /// Measures and prints JSON.
    pub fn run(self) -> Result<()> {
        if let Some(found) = super::recorded::measure(&self.path)? {
            println!("{}", serde_json::to_string_pretty(&found)?);
            return Ok(());
        }
        let options = volume::MeasureOptions {
            mesh: self.mesh,
            seg: self.seg,
            seed: self.seed,
        };
        let found = volume::measure_path(&self.path, &options)
            .with_context(|| format!("measure {}", self.path.display()))?;
        println!("{}", serde_json::to_string_pretty(&found)?);
        Ok(())
    }
}

/// Prints the scenarios with their state.
pub fn scenarios() {
    for card in registry::cards() {
        println!(
            "{:<11} {:<22} {:<8} {} · {}",
            card.room, card.id, card.state, card.title.zh, card.title.en
        );
    }
}
