//! `guideline`: for those who write guidelines.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use knowledge::{Answers, Guideline, Recommendation, Verdict, questionnaire};
use serde_json::{Value, json};

/// What to do with a guideline's file.
#[derive(Subcommand)]
pub enum Author {
    /// Name everything that is wrong with a guideline's file: gaps and overlaps of its tables, unknown
    /// questions, units that do not fit.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Show which past cases a changed guideline would decide otherwise.
    Simulate {
        /// The changed file.
        file: PathBuf,
        /// Past cases: JSON files, or folders of them, with answers as `assess` takes them, or with FHIR
        /// QuestionnaireResponses, one, in a Bundle, or one a line.
        #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
        cases: Vec<PathBuf>,
        /// The guideline to compare with; by default the one with the same id.
        #[arg(long, value_name = "ID")]
        against: Option<String>,
    },
    /// Print a guideline as FHIR: a Bundle of its PlanDefinition, Questionnaire and ActivityDefinitions.
    Fhir {
        /// The guideline's file, or the id of one that comes with the program.
        guideline: String,
    },
}

impl Author {
    /// Does it and prints what came of it.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Check { file } => check(&file),
            Self::Simulate {
                file,
                cases,
                against,
            } => simulate(&file, &cases, against),
            Self::Fhir { guideline } => as_fhir(&guideline),
        }
    }
}

fn read(file: &Path) -> Result<Guideline> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("read the guideline {}", file.display()))?;
    Ok(knowledge::guideline::draft(
        &file.display().to_string(),
        &text,
    )?)
}

fn check(file: &Path) -> Result<()> {
    let guideline = read(file)?;
    let faults = guideline.faults();
    for fault in &faults {
        println!("- {fault}");
    }
    let rules: usize = guideline.tables.iter().map(|table| table.rules.len()).sum();
    if !faults.is_empty() {
        bail!("use {}: it has {} faults", file.display(), faults.len());
    }
    println!(
        "{}: {} questions, {} tables with {rules} rules, {} outcomes; each table complete and without contradiction",
        guideline.id,
        guideline.input_names().len(),
        guideline.tables.len(),
        guideline.outcomes.len()
    );
    Ok(())
}

fn as_fhir(named: &str) -> Result<()> {
    let resources = match knowledge_of(named)? {
        Known::Shipped(guideline) => guideline.resources(),
        Known::File(guideline) => guideline.resources(),
    };
    let entries: Vec<Value> = resources
        .into_iter()
        .map(|resource| json!({"resource": resource}))
        .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    println!("{}", serde_json::to_string_pretty(&bundle)?);
    Ok(())
}

enum Known {
    Shipped(&'static Guideline),
    File(Box<Guideline>),
}

fn knowledge_of(named: &str) -> Result<Known> {
    let path = Path::new(named);
    if path.is_file() {
        return Ok(Known::File(Box::new(read(path)?)));
    }
    let found = knowledge::find_guideline(named);
    found
        .map(Known::Shipped)
        .with_context(|| format!("find the guideline {named}: `yuanyi assess --list` names all"))
}

fn simulate(file: &Path, places: &[PathBuf], against: Option<String>) -> Result<()> {
    let changed = read(file)?;
    if let Some(fault) = changed.faults().into_iter().next() {
        bail!("use {}: {fault}", file.display());
    }
    let id = against.unwrap_or_else(|| changed.id.clone());
    let before = knowledge::find_guideline(&id).with_context(|| {
        format!("find a guideline `{id}` to compare with: name one by --against")
    })?;
    let mut cases = Vec::new();
    for place in places {
        gather(place, &mut cases)?;
    }
    if cases.is_empty() {
        bail!("find past cases: the files hold none");
    }
    let mut differing = Vec::new();
    for (name, answers) in &cases {
        let [old, new] = [before, &changed].map(|one| one.recommend(answers));
        if old.result != new.result {
            differing.push(json!({"case": name, "before": shown(&old), "after": shown(&new)}));
        }
    }
    let report = json!({
        "guideline": changed.id,
        "compared_with": before.canonical(),
        "cases": cases.len(),
        "changed": differing.len(),
        "changes": differing,
    });
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

fn shown(said: &Recommendation) -> Value {
    let outcome = match &said.result {
        Verdict::Recommended { outcome, .. } => Some(outcome),
        Verdict::NotApplicable { .. } | Verdict::NotAssessable { .. } => None,
    };
    json!({"outcome": outcome, "rule": said.rule(), "says": said.summary()})
}

/// Reads the cases of a file, or of all JSON files in a folder.
fn gather(place: &Path, into: &mut Vec<(String, Answers)>) -> Result<()> {
    if place.is_dir() {
        let mut inside: Vec<PathBuf> = std::fs::read_dir(place)
            .with_context(|| format!("read the folder {}", place.display()))?
            .filter_map(|found| Some(found.ok()?.path()))
            .filter(|path| {
                let ending = path.extension().and_then(std::ffi::OsStr::to_str);
                path.is_dir() || matches!(ending, Some("json" | "ndjson"))
            })
            .collect();
        inside.sort();
        return inside.iter().try_for_each(|path| gather(path, into));
    }
    let text = std::fs::read_to_string(place)
        .with_context(|| format!("read the cases in {}", place.display()))?;
    let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    for (at, value) in values.enumerate() {
        let value = value.with_context(|| format!("understand {}", place.display()))?;
        let name = format!("{}#{at}", place.display());
        cases_of(&name, value, into)
            .with_context(|| format!("understand the answers in {}", place.display()))?;
    }
    Ok(())
}

fn cases_of(name: &str, value: Value, into: &mut Vec<(String, Answers)>) -> Result<()> {
    match value.get("resourceType").and_then(Value::as_str) {
        Some("QuestionnaireResponse") => {
            let id = value.get("id").and_then(Value::as_str).unwrap_or(name);
            into.push((id.to_owned(), questionnaire::answers_of(&value)));
        }
        Some("Bundle") => {
            let entries = value.get("entry").and_then(Value::as_array);
            for (at, entry) in entries.into_iter().flatten().enumerate() {
                if let Some(resource) = entry.get("resource") {
                    cases_of(&format!("{name}.{at}"), resource.clone(), into)?;
                }
            }
        }
        // Other resources of a bundle are no cases.
        Some(_) => {}
        None => into.push((name.to_owned(), serde_json::from_value(value)?)),
    }
    Ok(())
}
