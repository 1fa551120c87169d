//! The rules of the house that no compiler checks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, bail};

use crate::shell::{program, root};

/// Lines after which a file must be split, by its ending.
const LONGEST: &[(&str, usize)] = &[("rs", 800), ("ts", 500), ("tsx", 500)];
/// What the repository may weigh, in bytes.
const HEAVIEST: u64 = 60 << 20;
/// What no source file may hold. Each is written in two parts, so that this list does not find itself.
const FORBIDDEN: &[(&str, &str)] = &[
    ("todo", "!("),
    ("unimplemented", "!("),
    ("FIX", "ME"),
    ("test.", "only("),
    ("@ts-", "ignore"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
];
/// What has a description elsewhere: standards their own, scenarios in their folder's `calls.mjs`.
const DESCRIBED_ELSEWHERE: &[&str] = &["cds_services", "client_files", "dicom_web", "fhir", "mod"];
const ROUTE_OF_SCENARIOS: &str = "/scenarios/{}/{}";
/// What each scenario's folder holds.
const SCENARIO: &[&str] = &[
    "README.md",
    "scenario.toml",
    "Cargo.toml",
    "src/lib.rs",
    "client/index.tsx",
    "journey.spec.ts",
];

/// Checks all rules and names every place that breaks one.
pub fn run() -> Result<()> {
    let files = tracked_files()?;
    let mut broken = Vec::new();
    order_of_crates(&mut broken)?;
    sources(&files, &mut broken);
    weight(&files, &mut broken);
    evidence(&files, &mut broken)?;
    scenarios(&mut broken)?;
    described(&files, &mut broken)?;
    for place in &broken {
        println!("tidy: {place}");
    }
    if !broken.is_empty() {
        bail!("{} places break a rule", broken.len());
    }
    Ok(())
}

fn tracked_files() -> Result<Vec<String>> {
    let listed = program(
        "git",
        ["ls-files", "--cached", "--others", "--exclude-standard"],
    )
    .output()
    .context("list the files with git")?;
    let mut files: Vec<String> = String::from_utf8_lossy(&listed.stdout)
        .lines()
        .map(str::to_owned)
        .collect();
    files.retain(|file| root().join(file).is_file());
    Ok(files)
}

/// A crate uses only crates above it in the members list.
fn order_of_crates(broken: &mut Vec<String>) -> Result<()> {
    let workspace: toml::Table = fs::read_to_string(root().join("Cargo.toml"))?.parse()?;
    let members = workspace
        .get("workspace")
        .and_then(|table| table.get("members"))
        .and_then(toml::Value::as_array)
        .context("find the members list in Cargo.toml")?;
    let mut floors: BTreeMap<String, usize> = BTreeMap::new();
    for (floor, member) in members.iter().filter_map(toml::Value::as_str).enumerate() {
        let file = root().join(member).join("Cargo.toml");
        let manifest: toml::Table = fs::read_to_string(&file)
            .with_context(|| format!("read {member}/Cargo.toml"))?
            .parse()?;
        let name = manifest
            .get("package")
            .and_then(|p| p.get("name"))
            .and_then(toml::Value::as_str);
        let uses = manifest.get("dependencies").and_then(toml::Value::as_table);
        for used in uses.into_iter().flat_map(toml::Table::keys) {
            let inside = workspace
                .get("workspace")
                .and_then(|table| table.get("dependencies"))
                .and_then(|table| table.get(used))
                .is_some_and(|dependency| dependency.get("path").is_some());
            if inside && !floors.contains_key(used) {
                broken.push(format!(
                    "{member} uses {used}, which does not stand above it in Cargo.toml"
                ));
            }
        }
        floors.insert(name.unwrap_or(member).to_owned(), floor);
    }
    Ok(())
}

/// The ending of a file's name.
fn ending(file: &str) -> &str {
    let ending = Path::new(file).extension();
    ending.and_then(|ending| ending.to_str()).unwrap_or("")
}

/// No file is too long, and none holds what is forbidden.
fn sources(files: &[String], broken: &mut Vec<String>) {
    for file in files {
        let Some((_, longest)) = LONGEST.iter().find(|(known, _)| *known == ending(file)) else {
            continue;
        };
        let Ok(text) = fs::read_to_string(root().join(file)) else {
            continue;
        };
        let lines = text.lines().count();
        // What is generated is as long as it is.
        if lines > *longest && !file.starts_with("contract/") {
            broken.push(format!(
                "{file} has {lines} lines: split it, {longest} are the limit"
            ));
        }
        for (front, back) in FORBIDDEN {
            let word = format!("{front}{back}");
            if let Some(line) = text.lines().position(|line| line.contains(&word)) {
                broken.push(format!("{file}:{} holds `{word}`", line + 1));
            }
        }
    }
}

fn weight(files: &[String], broken: &mut Vec<String>) {
    let size = |file: &String| root().join(file).metadata().map_or(0, |found| found.len());
    let total: u64 = files.iter().map(size).sum();
    if total > HEAVIEST {
        broken.push(format!(
            "the repository weighs {} MB, {} are the limit",
            total >> 20,
            HEAVIEST >> 20
        ));
    }
}

/// Every evidence key that is used is known, and every known one is used.
fn evidence(files: &[String], broken: &mut Vec<String>) -> Result<()> {
    let known: BTreeSet<String> = files
        .iter()
        .filter_map(|file| file.strip_prefix("docs/evidence/")?.strip_suffix(".toml"))
        .map(str::to_owned)
        .collect();
    let mut used = BTreeSet::new();
    for file in files
        .iter()
        .filter(|file| ["rs", "toml"].contains(&ending(file)))
    {
        if file.starts_with("docs/") || file.starts_with("crates/xtask/") {
            continue;
        }
        let text = fs::read_to_string(root().join(file)).with_context(|| format!("read {file}"))?;
        for line in text.lines() {
            let Some(key) = evidence_key(line) else {
                continue;
            };
            if !known.contains(key) {
                broken.push(format!(
                    "{file} names the source `{key}`, which docs/evidence does not have"
                ));
            }
            used.insert(key.to_owned());
        }
    }
    for key in known.difference(&used) {
        broken.push(format!("docs/evidence/{key}.toml is named nowhere"));
    }
    Ok(())
}

/// The key in a line such as ``/// Source: `swensen-1997` Table 4`` or `evidence = "swensen-1997"`.
fn evidence_key(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let (front, end) = match line
        .strip_prefix("/// Source: `")
        .or(line.strip_prefix("//! Source: `"))
    {
        Some(rest) => (rest, '`'),
        None => (line.strip_prefix("evidence = \"")?, '"'),
    };
    front.split(end).next()
}

/// Each scenario's folder is whole and speaks both languages.
fn scenarios(broken: &mut Vec<String>) -> Result<()> {
    let Ok(rooms) = fs::read_dir(root().join("scenarios")) else {
        return Ok(());
    };
    for room in rooms {
        for folder in fs::read_dir(room?.path())? {
            let folder = folder?.path();
            let name = folder.strip_prefix(root())?.display().to_string();
            for part in SCENARIO.iter().filter(|part| !folder.join(part).exists()) {
                broken.push(format!("{name} has no {part}"));
            }
            let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
            if !readme.to_lowercase().contains("## receipt") {
                broken.push(format!("{name}/README.md has no receipt"));
            }
            let words = |language: &str| -> Result<BTreeSet<String>> {
                let text = fs::read_to_string(folder.join(format!("client/words.{language}.json")))
                    .with_context(|| format!("read {name}/client/words.{language}.json"))?;
                let found: BTreeMap<String, String> = serde_json::from_str(&text)?;
                Ok(found.into_keys().collect())
            };
            for key in words("zh")?.symmetric_difference(&words("en")?) {
                broken.push(format!("{name} has the word `{key}` in one language only"));
            }
        }
    }
    Ok(())
}

/// Each call below `/api` is in `contract/openapi.json`.
fn described(files: &[String], broken: &mut Vec<String>) -> Result<()> {
    let text = fs::read_to_string(root().join("contract/openapi.json"))?;
    let document: serde_json::Value = serde_json::from_str(&text)?;
    let paths = document.get("paths").and_then(|paths| paths.as_object());
    let paths = paths.context("find the paths in contract/openapi.json")?;
    let paths: Vec<String> = paths.keys().map(|path| without_names(path)).collect();
    for file in files {
        let Some(inside) = file.strip_prefix("crates/server/src/http/") else {
            continue;
        };
        let elsewhere = DESCRIBED_ELSEWHERE.iter().any(|part| {
            let rest = inside.strip_prefix(part);
            rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
        });
        if elsewhere || ending(file) != "rs" {
            continue;
        }
        let source = fs::read_to_string(root().join(file))?;
        for route in source.split(".route(").skip(1) {
            let route = without_names(route.split('"').nth(1).unwrap_or_default());
            let is_known = paths.iter().any(|path| path.ends_with(&route));
            if !is_known && route != "/" && route != ROUTE_OF_SCENARIOS {
                broken.push(format!(
                    "{file} answers {route}, which contract/openapi/calls.mjs does not describe"
                ));
            }
        }
    }
    Ok(())
}

/// A path without the names of its parameters.
fn without_names(path: &str) -> String {
    let mut parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part });
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| path + "/" + part)
}
