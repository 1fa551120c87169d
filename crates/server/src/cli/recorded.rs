//! `measure` of recorded signals: nights, electrocardiograms, the card of a therapy device, spirometry.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, anyhow};
use jiff::{ToSpan as _, civil::Date};
use serde_json::{Value, json};
use signals::Found;

use super::spirometry;

/// Endings of files that a folder of signals holds.
const ENDINGS: [&str; 8] = ["edf", "bdf", "rec", "hea", "dat", "atr", "mat", "tgt"];
/// Folders below the given one that are looked into: a card has `DATALOG`, and one for each night.
const DEEPEST: usize = 3;

/// What the signals at this path say; `None` where there are none.
pub fn measure(path: &Path) -> Result<Option<Value>> {
    let said = |words: String| anyhow!(words).context(format!("measure {}", path.display()));
    let shown = |found: Option<Found>| found.as_ref().map(with_adherence);
    if path.is_dir() {
        let mut files = Vec::new();
        read_below(path, path, DEEPEST, &mut files)?;
        return signals::measure(&files)
            .transpose()
            .map(shown)
            .map_err(said);
    }
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let is_json = path.extension().is_some_and(|ending| ending == "json");
    let Some(file) = name(path).filter(|_| has_ending(path) || is_json) else {
        return Ok(None);
    };
    if let Some(record) = file.strip_suffix(".hea") {
        let folder = path.parent().unwrap_or(Path::new("."));
        let find = |name: &str| std::fs::read(folder.join(name)).ok();
        let found = signals::measure_wfdb(record, &find);
        return found.map(|found| Some(json!(found))).map_err(said);
    }
    let bytes = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    if is_json {
        return spirometry::measure(&bytes).with_context(|| format!("measure {}", path.display()));
    }
    signals::measure(&[(file, bytes)])
        .transpose()
        .map(shown)
        .map_err(said)
}

/// The days of the period that adherence is counted over.
const PERIOD_DAYS: i64 = 30;

/// What was found; of a card also the adherence of the last 30 days, up to its last night.
fn with_adherence(found: &Found) -> Value {
    let mut shown = json!(found);
    let Found::CpapCard(card) = found else {
        return shown;
    };
    let used: BTreeMap<Date, f64> = card
        .nights
        .iter()
        .filter_map(|night| Some((night.date, night.usage_h()?)))
        .collect();
    let Some((last, _)) = used.last_key_value() else {
        return shown;
    };
    let days = (0..PERIOD_DAYS)
        .rev()
        .filter_map(|before| last.checked_sub(before.days()).ok());
    let hours: Vec<Option<f64>> = days.map(|day| used.get(&day).copied()).collect();
    if let Some(fields) = shown.as_object_mut() {
        let classes = knowledge::class_list("cpap-adherence");
        let said = json!({
            "until": last,
            "nights_known": hours.iter().flatten().count(),
            "result": knowledge::adherence(&hours),
            "rule": classes.map(|classes| &classes.title),
        });
        fields.insert("adherence".to_owned(), said);
    }
    shown
}

fn has_ending(path: &Path) -> bool {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Reads the files of signals in a folder, in order of their paths.
fn read_below(
    base: &Path,
    folder: &Path,
    deeper: usize,
    files: &mut Vec<(String, Vec<u8>)>,
) -> Result<()> {
    let read = || -> std::io::Result<Vec<_>> {
        std::fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect()
    };
    let mut paths = read().with_context(|| format!("read the folder {}", folder.display()))?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if deeper > 0 {
                read_below(base, &path, deeper - 1, files)?;
            }
        } else if has_ending(&path) {
            let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            let below = path.strip_prefix(base).unwrap_or(&path);
            files.push((below.to_string_lossy().replace('\\', "/"), bytes));
        }
    }
    Ok(())
}
