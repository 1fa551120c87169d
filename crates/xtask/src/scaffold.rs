//! `cargo xtask new-scenario`: a folder to start from, and its place in the workspace.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::shell::root;

const ROOMS: &[&str] = &[
    "consulting",
    "operating",
    "ward",
    "research",
    "teaching",
    "management",
];

/// Makes the folder `scenarios/<room>/<id>` and adds it to the workspace.
pub fn new_scenario(room: &str, id: &str, zh: &str, en: &str) -> Result<()> {
    if !ROOMS.contains(&room) {
        bail!("find the room `{room}`: it is one of {}", ROOMS.join(", "));
    }
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
        bail!("use `{id}` as an id: small letters and hyphens only");
    }
    let folder = root().join("scenarios").join(room).join(id);
    if folder.exists() {
        bail!("make scenarios/{room}/{id}: it is there already");
    }
    let files = [
        ("scenario.toml", manifest(room, id, zh, en)),
        ("README.md", readme(zh, en)),
        ("Cargo.toml", cargo_manifest(id, en)),
        ("src/lib.rs", source(zh, en)),
        ("client/index.tsx", panel()),
        (
            "client/words.zh.json",
            format!("{{\n  \"title\": \"{zh}\"\n}}\n"),
        ),
        (
            "client/words.en.json",
            format!("{{\n  \"title\": \"{en}\"\n}}\n"),
        ),
        ("journey.spec.ts", journey(id)),
    ];
    for (name, text) in files {
        let file = folder.join(name);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
    }
    add_to_workspace(room, id)?;
    println!("made scenarios/{room}/{id}; next: its README, then `cargo xtask tidy`");
    Ok(())
}

/// Adds the scenario to the members, to the workspace's crates, and to the registry.
fn add_to_workspace(room: &str, id: &str) -> Result<()> {
    let name = id.replace('-', "_");
    insert_before(
        "Cargo.toml",
        "  \"crates/registry\",\n",
        &format!("  \"scenarios/{room}/{id}\",\n"),
    )?;
    insert_before(
        "Cargo.toml",
        "registry = { path",
        &format!("{id} = {{ path = \"scenarios/{room}/{id}\" }}\n"),
    )?;
    insert_before(
        "crates/registry/Cargo.toml",
        "scenario.workspace",
        &format!("{id}.workspace = true\n"),
    )?;
    insert_before(
        "crates/registry/src/lib.rs",
        "        // The next one goes here.",
        &format!("        {name}::scenario(),\n"),
    )
}

fn insert_before(file: &str, marker: &str, line: &str) -> Result<()> {
    let path = root().join(file);
    let text = fs::read_to_string(&path).with_context(|| format!("read {file}"))?;
    if !text.contains(marker) {
        bail!("find `{}` in {file}", marker.trim());
    }
    let longer = text.replacen(marker, &format!("{line}{marker}"), 1);
    fs::write(&path, longer).with_context(|| format!("write {file}"))
}

fn manifest(room: &str, id: &str, zh: &str, en: &str) -> String {
    format!(
        "id = \"{id}\"\nroom = \"{room}\"\nroles = []\ninputs = []\nguidelines = []\ncapabilities = []\n\n[title]\nzh = \"{zh}\"\nen = \"{en}\"\n\n[purpose]\nzh = \"\"\nen = \"\"\n"
    )
}

fn readme(zh: &str, en: &str) -> String {
    format!(
        "# {en} · {zh}\n\nWhat it is for, and for whom.\n\n## Use\n\n## Receipt\n\n\
         | command | seed | expected | seen |\n|---|---|---|---|\n\n## Limits\n"
    )
}

fn cargo_manifest(id: &str, en: &str) -> String {
    format!(
        "[package]\nname = \"{id}\"\ndescription = \"{en}\"\nversion.workspace = true\n\
         edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n\
         publish.workspace = true\n\n[lints]\nworkspace = true\n\n[dependencies]\nasync-trait.workspace = true\npolicy.workspace = true\nscenario.workspace = true\nvocabulary.workspace = true\n"
    )
}

fn source(zh: &str, en: &str) -> String {
    let template = include_str!("scenario.rs.txt");
    template.replace("{zh}", zh).replace("{en}", en)
}

fn panel() -> String {
    "import type { ScenarioPanelProps } from '../../../../client/core/scenario-panel';\n\n\
     export default function Panel(props: ScenarioPanelProps) {\n  return <p>{props.language}</p>;\n}\n"
        .to_owned()
}

fn journey(id: &str) -> String {
    format!(
        "import {{ expect, test }} from '@playwright/test';\n\n\
         test('{id}: a person finds it', async ({{ page }}) => {{\n  await page.goto('/');\n  \
         await expect(page).toHaveTitle(/Yuanyi/);\n}});\n"
    )
}
