use dicom_core::Tag;
use dicom_dictionary_std::tags;
use record::{ImagingLevel, ImagingQuery};

use super::keys::{self, IdentifierError, Key, Keys};
use crate::INDEXED;

/// The root of an information model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// Patients are above studies.
    Patient,
    /// Studies are at the top; what describes the patient belongs to them.
    Study,
}

/// The levels of the information models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Patients.
    Patient,
    /// Studies.
    Study,
    /// Series.
    Series,
    /// Composite objects, `IMAGE` in identifiers.
    Instance,
}

impl Level {
    /// The level of the record's rows that answer it.
    fn rows(self) -> ImagingLevel {
        match self {
            Self::Patient => ImagingLevel::Patient,
            Self::Study => ImagingLevel::Study,
            Self::Series => ImagingLevel::Series,
            Self::Instance => ImagingLevel::Instance,
        }
    }

    fn of(level: ImagingLevel) -> Self {
        match level {
            ImagingLevel::Patient => Self::Patient,
            ImagingLevel::Study => Self::Study,
            ImagingLevel::Series => Self::Series,
            ImagingLevel::Instance => Self::Instance,
        }
    }
}

/// A C-FIND as it was understood.
#[derive(Clone, Debug)]
pub struct Search {
    /// The level asked for.
    pub level: Level,
    /// What is asked for and what it must match.
    pub keys: Keys,
    /// The search, whose limit and offset are the caller's to set.
    pub query: ImagingQuery,
    /// Some keys have values that are not matched: they are optional, and this record does not index them.
    pub ignores_some: bool,
}

/// What a C-MOVE or C-GET asks for.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The level named.
    pub level: Level,
    /// The instances, whose limit and offset are the caller's to set.
    pub query: ImagingQuery,
}

/// Attributes that say something about the query or its answer and are never matched.
const ABOUT_THE_QUERY: &[Tag] = &[
    tags::QUERY_RETRIEVE_LEVEL,
    tags::RETRIEVE_AE_TITLE,
    tags::INSTANCE_AVAILABILITY,
    tags::TIMEZONE_OFFSET_FROM_UTC,
    tags::QUERY_RETRIEVE_VIEW,
];

/// Levels from the top, with the attribute that is unique on each.
const UNIQUE: &[(Level, Tag)] = &[
    (Level::Patient, tags::PATIENT_ID),
    (Level::Study, tags::STUDY_INSTANCE_UID),
    (Level::Series, tags::SERIES_INSTANCE_UID),
    (Level::Instance, tags::SOP_INSTANCE_UID),
];

/// The word for a level in an identifier.
pub(super) fn word(level: Level) -> &'static str {
    match level {
        Level::Patient => "PATIENT",
        Level::Study => "STUDY",
        Level::Series => "SERIES",
        Level::Instance => "IMAGE",
    }
}

/// How deep a level is.
fn depth(level: Level) -> usize {
    UNIQUE
        .iter()
        .position(|(known, _)| *known == level)
        .unwrap_or(0)
}

/// Unique keys of a level and of those above it in a model.
pub(super) fn unique_down_to(root: Root, level: Level) -> impl Iterator<Item = Tag> {
    UNIQUE
        .iter()
        .take(depth(level) + 1)
        .filter(move |(at, _)| root == Root::Patient || *at != Level::Patient)
        .map(|(_, tag)| *tag)
}

/// The level that a key describes.
fn level_of(tag: Tag) -> Option<Level> {
    if tag.group() == 0x0010 {
        return INDEXED
            .iter()
            .any(|(known, _)| *known == tag)
            .then_some(Level::Patient);
    }
    if tag == tags::MODALITIES_IN_STUDY {
        return Some(Level::Study);
    }
    let known = INDEXED.iter().find(|(known, _)| *known == tag);
    known.map(|(_, level)| Level::of(*level))
}

fn level(root: Root, keys: &Keys) -> Result<Level, IdentifierError> {
    let named = keys
        .iter()
        .find(|key| key.tag == tags::QUERY_RETRIEVE_LEVEL);
    let named = named.map_or("", |key| key.value.as_str());
    UNIQUE
        .iter()
        .map(|(level, _)| *level)
        .find(|level| word(*level) == named)
        .filter(|level| root == Root::Patient || *level != Level::Patient)
        .ok_or(IdentifierError::Level)
}

fn find(keys: &Keys, tag: Tag) -> Option<&Key> {
    keys.iter().find(|key| key.tag == tag)
}

/// In a hierarchical query each level above is named by one value of its unique key (PS3.4 section
/// C.4.1.3.1.1).
fn check_levels_above(root: Root, level: Level, keys: &Keys) -> Result<(), IdentifierError> {
    let own = UNIQUE.get(depth(level)).map(|(_, tag)| *tag);
    for tag in unique_down_to(root, level).filter(|tag| Some(*tag) != own) {
        if !find(keys, tag).is_some_and(Key::is_single) {
            return Err(IdentifierError::UniqueKey(tag));
        }
    }
    Ok(())
}

fn empty_query(level: Level) -> ImagingQuery {
    ImagingQuery {
        limit: 0,
        ..ImagingQuery::at(level.rows())
    }
}

/// Reads the identifier of a C-FIND. With `relational` levels above need not be named, and keys of any level
/// are matched.
pub fn search(
    root: Root,
    relational: bool,
    data_set: &[u8],
    transfer_syntax: &str,
) -> Result<Search, IdentifierError> {
    let keys = keys::read(data_set, transfer_syntax)?;
    let level = level(root, &keys)?;
    if !relational {
        check_levels_above(root, level, &keys)?;
    }
    let mut query = empty_query(level);
    let mut ignores_some = false;
    for key in &keys {
        if ABOUT_THE_QUERY.contains(&key.tag) || (key.is_universal() && key.items.is_empty()) {
            continue;
        }
        match level_of(key.tag) {
            Some(of) if relational || depth(of) <= depth(level) => {
                query.matching.extend(conditions(key));
            }
            _ => ignores_some |= !key.is_universal() || has_values(&key.items),
        }
    }
    Ok(Search {
        level,
        keys,
        query,
        ignores_some,
    })
}

/// What a key asks the record to match. An attribute within a sequence is named by its path.
fn conditions(key: &Key) -> Vec<(String, String)> {
    if key.items.is_empty() {
        return vec![(key.name(), key.value.clone())];
    }
    let within = key.items.iter().filter(|item| !item.is_universal());
    within
        .map(|item| {
            (
                format!("{}.{}", key.name(), item.name()),
                item.value.clone(),
            )
        })
        .collect()
}

fn has_values(keys: &Keys) -> bool {
    keys.iter()
        .any(|key| !key.is_universal() || has_values(&key.items))
}

/// Reads the identifier of a C-MOVE or C-GET: unique keys only, a list of UIDs on the level itself. With
/// `relational` levels above need not be named.
pub fn selection(
    root: Root,
    relational: bool,
    data_set: &[u8],
    transfer_syntax: &str,
) -> Result<Selection, IdentifierError> {
    let keys = keys::read(data_set, transfer_syntax)?;
    let level = level(root, &keys)?;
    if !relational {
        check_levels_above(root, level, &keys)?;
    }
    let own = UNIQUE.get(depth(level)).map(|(_, tag)| *tag);
    let mut query = empty_query(Level::Instance);
    for (_, tag) in UNIQUE.iter().take(depth(level) + 1) {
        let Some(key) = find(&keys, *tag).filter(|key| !key.value.is_empty()) else {
            continue;
        };
        // Lists are for UIDs; nothing is retrieved by pattern.
        let is_list = key.tag != tags::PATIENT_ID && !key.value.contains(['*', '?']);
        if !(key.is_single() || (Some(key.tag) == own && is_list)) {
            return Err(IdentifierError::UniqueKey(key.tag));
        }
        query.matching.push((key.name(), key.value.clone()));
    }
    match own {
        Some(own) if find(&keys, own).is_none_or(|key| key.value.is_empty()) => {
            Err(IdentifierError::UniqueKey(own))
        }
        _ => Ok(Selection { level, query }),
    }
}
