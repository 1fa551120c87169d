//! A hospital's own settings: rules, plans, escalation and kinds of devices, as files of one folder.
//!
//! `rules/`, `plans/` and `profiles/` hold `.toml` files, and so do the folders of scenarios, such as `follow-up/`;
//! `escalation.toml` stands beside them. Nothing is taken unless all of it can be used: a ward that is watched by half
//! of its rules is worse than one that does not start.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use ::devices::{ProfileError, Profiles, StreamCode};
use alarms::{Fault, Origin, OwnFile, OwnFiles, Settings};
use anyhow::{Context, Result, bail};
use parking_lot::RwLock;
use scenario::Scenario;

/// What of the hospital's own is in force, a line each.
static IN_FORCE: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// The longest id of a plan that is taken in, in bytes.
const LONGEST_ID: usize = 64;

/// A hospital's own settings over those that come with the program.
pub struct Own {
    /// Rules, plans and escalation.
    pub settings: Settings,
    /// Kinds of devices.
    pub profiles: Profiles,
    /// What scenarios take, and what it adds and replaces there.
    of_scenarios: Vec<OfScenario>,
}

struct OfScenario {
    scenario: &'static dyn Scenario,
    files: Vec<scenario::OwnFile>,
    lines: Vec<String>,
}

/// Reads a folder; what is wrong with it is the second.
pub fn read(folder: &Path) -> Result<std::result::Result<Own, Vec<Fault>>> {
    read_with(folder, None)
}

/// As [`read`], as if a plan's file stood in the folder already.
pub fn read_with(
    folder: &Path,
    plan: Option<&OwnFile>,
) -> Result<std::result::Result<Own, Vec<Fault>>> {
    if !folder.is_dir() {
        bail!(
            "find the folder {} of the hospital's own settings",
            folder.display()
        );
    }
    let mut faults = strays(folder)?;
    let mut plans = files(folder, "plans")?;
    if let Some(plan) = plan {
        plans.retain(|file| file.name != plan.name);
        plans.push(plan.clone());
        plans.sort_by(|a, b| a.name.cmp(&b.name));
    }
    let files = OwnFiles {
        rules: files(folder, "rules")?,
        plans,
        escalation: one(folder, Path::new("escalation.toml"))?,
    };
    let settings = match Settings::with(&files) {
        Ok(settings) => settings,
        Err(found) => {
            faults.extend(found);
            Settings::shipped()
        }
    };
    let mut profiles = Profiles::shipped().clone();
    for file in self::files(folder, "profiles")? {
        if let Err(error) = profiles.add_own(&file.name, &file.text) {
            faults.push(of_profile(&file, &error));
        }
    }
    let mut of_scenarios = Vec::new();
    for scenario in registry::all().iter().map(AsRef::as_ref) {
        let Some(inside) = scenario.own_folder() else {
            continue;
        };
        match of_scenario(folder, inside, scenario)? {
            Ok(found) => of_scenarios.push(found),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() {
        faults.extend(other_units(&files.rules, &settings, &profiles));
    }
    Ok(if faults.is_empty() {
        Ok(Own {
            settings,
            profiles,
            of_scenarios,
        })
    } else {
        Err(faults)
    })
}

/// The name of a plan's file in the folder: that of the file which has its id already, else one by its id. None where
/// the text has no id that can be a name.
pub fn plan_file(text: &str) -> Option<String> {
    let table: toml::Table = toml::from_str(text).ok()?;
    let id = table.get("id")?.as_str()?;
    let is_name = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-';
    if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(is_name) {
        return None;
    }
    let own = alarms::plan(id).and_then(|plan| file_of(&plan.origin));
    Some(own.unwrap_or_else(|| format!("plans/{id}.toml")))
}

fn file_of(origin: &Origin) -> Option<String> {
    match origin {
        Origin::Hospital { file, .. } => Some(file.clone()),
        Origin::Shipped => None,
    }
}

/// A plan in force as its file has it: the hospital's own, or that of the program.
pub fn plan_text(folder: Option<&Path>, id: &str) -> Result<Option<OwnFile>> {
    let Some(plan) = alarms::plan(id) else {
        return Ok(None);
    };
    if let (Some(file), Some(folder)) = (file_of(&plan.origin), folder) {
        return one(folder, Path::new(&file));
    }
    let is_its = |text: &&&str| text.lines().any(|line| line == format!("id = \"{id}\""));
    let shipped = alarms::SHIPPED_PLANS.iter().find(is_its);
    Ok(shipped.map(|text| OwnFile {
        name: format!("plans/{id}.toml"),
        text: (*text).to_owned(),
    }))
}

/// Writes a file of the folder, whole or not at all.
pub fn write(folder: &Path, file: &OwnFile) -> Result<()> {
    let path = folder.join(&file.name);
    let new = path.with_extension("new");
    if let Some(inside) = path.parent() {
        std::fs::create_dir_all(inside)?;
    }
    let mut begun = std::fs::File::create(&new)?;
    begun.write_all(file.text.as_bytes())?;
    begun.sync_all()?;
    std::fs::rename(&new, &path).with_context(|| format!("write {}", path.display()))
}

/// Reads a folder for a hospital that starts; it does not, where anything is wrong.
pub fn taken(folder: Option<&Path>) -> Result<Own> {
    let Some(folder) = folder else {
        return Ok(Own {
            settings: Settings::shipped(),
            profiles: Profiles::shipped().clone(),
            of_scenarios: Vec::new(),
        });
    };
    read(folder)?.map_err(|faults| {
        let said: Vec<String> = faults.iter().map(|fault| format!("\n- {fault}")).collect();
        anyhow::anyhow!(
            "use the hospital's own settings in {}:{}",
            folder.display(),
            said.concat()
        )
    })
}

/// The files of a scenario, which looks at them itself.
fn of_scenario(
    folder: &Path,
    inside: &str,
    scenario: &'static dyn Scenario,
) -> Result<std::result::Result<OfScenario, Vec<Fault>>> {
    let found = files(folder, inside)?.into_iter();
    let files: Vec<scenario::OwnFile> = found
        .map(|OwnFile { name, text }| scenario::OwnFile { name, text })
        .collect();
    let text = |name: &str| {
        let file = files.iter().find(|file| file.name == name);
        file.map_or("", |file| file.text.as_str())
    };
    Ok(match scenario.own_settings(&files, false) {
        Ok(lines) => Ok(OfScenario {
            scenario,
            files,
            lines,
        }),
        Err(faults) => Err(faults
            .into_iter()
            .map(|fault| Fault::at(&fault.file, text(&fault.file), fault.place, fault.what))
            .collect()),
    })
}

/// What is no file of settings lies there by mistake, and would be missed in silence.
fn strays(folder: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let found = std::fs::read_dir(folder);
    for entry in found.with_context(|| format!("read the folder {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut scenarios = registry::all().iter();
        let is_known = matches!(
            name.as_ref(),
            "rules" | "plans" | "profiles" | "escalation.toml"
        ) || scenarios.any(|one| one.own_folder() == Some(name.as_ref()));
        let is_settings = path.is_dir() || path.extension().is_some_and(|end| end == "toml");
        if !is_known && is_settings && !name.starts_with('.') {
            faults.push(Fault {
                file: name.into_owned(),
                line: None,
                what: "it is read by nothing: put it into rules/, plans/, profiles/ or follow-up/, or name it escalation.toml"
                    .to_owned(),
            });
        }
    }
    faults.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(faults)
}

fn one(folder: &Path, name: &Path) -> Result<Option<OwnFile>> {
    let path = folder.join(name);
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path);
    Ok(Some(OwnFile {
        name: name.display().to_string(),
        text: text.with_context(|| format!("read {}", path.display()))?,
    }))
}

/// The `.toml` files of one kind, in the order of their names.
fn files(folder: &Path, kind: &str) -> Result<Vec<OwnFile>> {
    let inside = folder.join(kind);
    if !inside.is_dir() {
        return Ok(Vec::new());
    }
    let found = std::fs::read_dir(&inside);
    let found = found.with_context(|| format!("read the folder {}", inside.display()))?;
    let mut names: Vec<PathBuf> = Vec::new();
    for entry in found {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "toml") {
            names.extend(path.file_name().map(|name| Path::new(kind).join(name)));
        }
    }
    names.sort();
    let read = names
        .iter()
        .filter_map(|name| one(folder, name).transpose());
    read.collect()
}

fn of_profile(file: &OwnFile, error: &ProfileError) -> Fault {
    match error {
        ProfileError::NotWellFormed(error) => Fault::not_well_formed(&file.name, &file.text, error),
        ProfileError::Inconsistent { profile, why } => {
            // What is wrong in a stream is named by it.
            let stream = why.split('`').nth(1).unwrap_or_default();
            let place = file.text.find(&format!("name = \"{stream}\""));
            let what = format!("in the kind of device `{profile}`, {why}");
            Fault::at(&file.name, &file.text, place.or(Some(0)), what)
        }
    }
}

/// Signals of the hospital that no value could ever reach: devices send them in another unit.
fn other_units(files: &[OwnFile], settings: &Settings, profiles: &Profiles) -> Vec<Fault> {
    let mut faults = Vec::new();
    let shipped = alarms::Settings::shipped().rules;
    for signal in &settings.rules.signals {
        if shipped.signal(&signal.id) == Some(signal) {
            continue;
        }
        let named = |code: &StreamCode| signal.codes.contains(&code.coding().code);
        let streams = profiles.all().flat_map(|profile| {
            let streams = profile.streams.iter();
            streams.map(move |stream| (&profile.id, stream))
        });
        for (profile, stream) in streams {
            if named(&stream.code) && stream.unit != signal.unit {
                let place =
                    |file: &&OwnFile| file.text.contains(&format!("id = \"{}\"", signal.id));
                let Some(file) = files.iter().find(place) else {
                    continue;
                };
                let what = format!(
                    "in the signal `{}`, its unit `{}` is not the one in which `{profile}` sends it: write `{}`",
                    signal.id, signal.unit, stream.unit
                );
                let at = file.text.find(&format!("id = \"{}\"", signal.id));
                faults.push(Fault::at(&file.name, &file.text, at, what));
            }
        }
    }
    faults
}

impl Own {
    /// What the hospital adds, replaces and switches off, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut say = |what: &str, id: &str, origin: &Origin| {
            if let Origin::Hospital { file, replaces } = origin {
                let how = if *replaces { "replaces" } else { "adds" };
                lines.push(format!("{how} the {what} {id} ({file})"));
            }
        };
        for rule in &self.settings.rules.rules {
            say("rule", &rule.id, &rule.origin);
        }
        for plan in &self.settings.plans {
            say("plan", &plan.id, &plan.origin);
        }
        say("escalation", "", &self.settings.escalation.origin);
        for profile in self.profiles.all() {
            if let Some(own) = self.profiles.own(&profile.id) {
                let origin = Origin::Hospital {
                    file: own.file.clone(),
                    replaces: own.replaces,
                };
                say("kind of device", &profile.id, &origin);
            }
        }
        let off = self.settings.rules.off.iter();
        lines.extend(off.map(|off| format!("switches off the rule {} ({})", off.rule, off.file)));
        lines.extend(self.of_scenarios.iter().flat_map(|one| one.lines.clone()));
        lines
    }

    /// Puts rules, plans, escalation and what scenarios take in force. Kinds of devices are the hospital's that starts.
    pub fn adopt(&self) -> Result<()> {
        for one in &self.of_scenarios {
            // They were looked at when they were read.
            let taken = one.scenario.own_settings(&one.files, true);
            taken.map_err(|_| anyhow::anyhow!("take in what was looked at before"))?;
        }
        self.settings.clone().adopt();
        *IN_FORCE.write() = self.lines();
        Ok(())
    }
}

/// What of the hospital's own is in force, a line each.
pub fn in_force() -> Vec<String> {
    IN_FORCE.read().clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    const TEMPERATURE: &str = "# Ours.\n\n[[signal]]\nid = \"fridge\"\nlabel = { zh = \"冰箱\", en = \"Fridge\" }\n\
        unit = \"Cel\"\ncodes = [\"fridge-temperature\"]\nfresh-s = 60\nplausible = [-40, 60]\n";
    const FRIDGE: &str = "id = \"fridge-sensor\"\nversion = 1\ntitle = { zh = \"冰箱\", en = \"Fridge\" }\n\
        clock = { ahead-s = 10, holds-s = 60, live = true }\nmessages-per-s = 1\n\n[[stream]]\nname = \"inside\"\n\
        title = { zh = \"温度\", en = \"Temperature\" }\ncode = { own = \"fridge-temperature\" }\nunit = \"Cel\"\n\
        sampling = { up-to-hz = 1 }\n";

    #[test]
    fn a_kind_of_device_and_the_signal_of_it_are_taken_together() {
        let files = [("rules/a.toml", TEMPERATURE), ("profiles/f.toml", FRIDGE)];
        let own = read(folder(&files).path()).unwrap().unwrap();
        assert!(own.profiles.get("fridge-sensor").is_some());
        assert!(own.settings.rules.signal("fridge").is_some());
        assert_eq!(
            own.lines(),
            ["adds the kind of device fridge-sensor (profiles/f.toml)"]
        );
    }

    #[test]
    fn a_plan_is_looked_at_before_its_file_is_written() {
        let folder = folder(&[]);
        let shipped = plan_text(None, "fall").unwrap().unwrap();
        let text = shipped.text.replace("id = \"fall\"", "id = \"our-fall\"");
        assert_ne!(text, shipped.text);
        let name = plan_file(&text).unwrap();
        assert_eq!(name, "plans/our-fall.toml");
        let plan = OwnFile { name, text };
        let own = read_with(folder.path(), Some(&plan)).unwrap().unwrap();
        assert_eq!(
            own.lines(),
            ["adds the plan our-fall (plans/our-fall.toml)"]
        );
        assert!(read(folder.path()).unwrap().unwrap().lines().is_empty());
        write(folder.path(), &plan).unwrap();
        assert_eq!(read(folder.path()).unwrap().unwrap().lines().len(), 1);

        // Instead of what stands there, and named where it cannot be used.
        let wrong = OwnFile {
            text: plan.text.replace("id = ", "ids = "),
            ..plan
        };
        let faults = read_with(folder.path(), Some(&wrong)).unwrap().err();
        assert_eq!(faults.unwrap()[0].file, "plans/our-fall.toml");

        for no_name in ["", "id = 1", "id = \"../fall\"", "id = \"\"", "id = ["] {
            assert_eq!(plan_file(no_name), None, "{no_name}");
        }
        assert!(plan_text(None, "no-such-plan").unwrap().is_none());
    }

    #[test]
    fn each_fault_says_where_it_is_and_what_to_do() {
        let fahrenheit = TEMPERATURE.replace("\"Cel\"", "\"[degF]\"");
        let twice = format!(
            "{FRIDGE}\n[[stream]]\n{}",
            &FRIDGE[FRIDGE.find("name =").unwrap()..]
        );
        let thermometer = FRIDGE.replace("fridge-sensor", "thermometer");
        for (files, wanted) in [
            (
                vec![("environment.toml", "")],
                "environment.toml: it is read by nothing",
            ),
            (
                vec![
                    ("rules/a.toml", fahrenheit.as_str()),
                    ("profiles/f.toml", FRIDGE),
                ],
                "rules/a.toml:4: in the signal `fridge`",
            ),
            (
                vec![("profiles/f.toml", twice.as_str())],
                "profiles/f.toml:8: in the kind of device `fridge-sensor`, its topic `inside` is taken",
            ),
            (vec![("profiles/f.toml", "id = 1\n")], "profiles/f.toml:1: "),
            (
                vec![("profiles/f.toml", thermometer.as_str())],
                "profiles/f.toml:1: in the kind of device `thermometer`, its version",
            ),
            (
                vec![("profiles/a.toml", FRIDGE), ("profiles/b.toml", FRIDGE)],
                "profiles/b.toml:1: in the kind of device `fridge-sensor`, it is in profiles/a.toml too",
            ),
        ] {
            let Err(faults) = read(folder(&files).path()).unwrap() else {
                panic!("{wanted}: it was taken");
            };
            assert!(
                faults[0].to_string().starts_with(wanted),
                "{wanted}: {}",
                faults[0]
            );
        }
    }

    /// The example that the guide names can be used as it stands.
    #[test]
    fn the_example_can_be_used() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/own-settings");
        let own = read(&example).unwrap();
        let own = own.unwrap_or_else(|faults| panic!("{faults:?}"));
        assert!(!own.lines().is_empty());
    }
}
