//! The hospital's guidelines: its own files beside those of the program, and their place in the record.

use std::path::Path;

use anyhow::{Context, Result, bail};
use policy::Action;
use record::{Batch, NewFact, Precondition, ResourceKey, mark_written_by};
use serde_json::Value;

use crate::hospital::{Hospital, hospital_actor};

/// By which the resources are tagged.
const WRITER: &str = "guidelines";

/// The guideline files below a folder, or the file itself, with their names, in the order of their names.
pub fn files(place: &Path) -> Result<Vec<(String, String)>> {
    let mut paths = Vec::new();
    if place.is_dir() {
        let folder = std::fs::read_dir(place);
        for found in folder.with_context(|| format!("read the folder {}", place.display()))? {
            let path = found?.path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                paths.push(path);
            }
        }
    } else {
        paths.push(place.to_owned());
    }
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("read the guideline {}", path.display()))?;
        Ok((path.display().to_string(), text))
    };
    paths.iter().map(read).collect()
}

/// Adds the hospital's own guidelines to those of the program. Done once, before anything is asked.
pub fn add(folder: &Path) -> Result<()> {
    let files = files(folder)?;
    if files.is_empty() {
        bail!(
            "find guidelines in {}: it has no .toml file",
            folder.display()
        );
    }
    knowledge::add_guidelines(&files)?;
    Ok(())
}

/// Puts each guideline into the record as FHIR, where it is not there as it is now: so that other programs
/// find it, and that every version is kept under which something was advised.
pub async fn keep(hospital: &Hospital) -> Result<()> {
    let permit = hospital
        .own_permit("compare the record's guidelines", Action::ReadRecord)
        .await?;
    let mut facts = Vec::new();
    for mut body in knowledge::guidelines()
        .iter()
        .flat_map(knowledge::Guideline::resources)
    {
        let name = |field: &str| {
            let text = body.get(field).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let key = ResourceKey {
            kind: name("resourceType"),
            id: name("id"),
        };
        if let Some(fields) = body.as_object_mut() {
            mark_written_by(fields, WRITER);
        }
        let kept = hospital.record.resource(&permit, &key, None).await?;
        let (version, before) = kept.map_or((0, None), |kept| (kept.version, kept.body));
        if before.is_some_and(|before| is_same(&before, &body)) {
            continue;
        }
        let fact = NewFact::PutResource {
            key,
            subject: None,
            body,
        };
        facts.push((fact, Precondition::Version(version)));
    }
    if !facts.is_empty() {
        let actor = hospital_actor();
        hospital.record.commit(Batch { actor, facts }).await?;
    }
    Ok(())
}

/// Whether two resources say the same, besides what the record writes into `meta`.
fn is_same(kept: &Value, made: &Value) -> bool {
    let content = |body: &Value| {
        let mut body = body.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.remove("meta");
            // Absent and null are the same to the record.
            fields.retain(|_, value| !value.is_null());
        }
        body
    };
    content(kept) == content(made)
}
