use serde_json::{Map, Value};
use vocabulary::{Digest, PatientId, Timestamp, Uid};

/// One searchable value of a resource, under a search parameter's name.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexTerm {
    /// The search parameter, such as `birthdate`.
    pub parameter: String,
    /// The value.
    pub value: TermValue,
}

/// A searchable value.
#[derive(Clone, Debug, PartialEq)]
pub enum TermValue {
    /// A code or identifier; the system may be empty.
    Token {
        /// Code system or namespace.
        system: String,
        /// Code or value.
        code: String,
    },
    /// Text, folded for matching (lower case, no accents).
    String(String),
    /// A range of time in milliseconds since 1970, both ends included.
    Date {
        /// First millisecond.
        low: i64,
        /// Last millisecond.
        high: i64,
    },
    /// A reference, as `Type/id` or an absolute URL.
    Reference(String),
    /// A number in its unit.
    Number {
        /// The number.
        value: f64,
        /// Unit, or empty.
        unit: String,
    },
}

/// Says by which values a resource is found. `fhir` implements it; the record calls it for each resource
/// it indexes, also when it makes its index again from the journal.
pub trait Indexer: Send + Sync + 'static {
    /// All terms of a resource.
    fn terms(&self, kind: &str, body: &Value) -> Vec<IndexTerm>;
}

/// One condition of a search.
#[derive(Clone, Debug, PartialEq)]
pub enum Match {
    /// A token; `None` for the system matches any system, `Some("")` only none.
    Token {
        /// Code system or namespace.
        system: Option<String>,
        /// Code or value; `None` matches any code of the system.
        code: Option<String>,
    },
    /// Text that starts with this (folded).
    StringStart(String),
    /// Text that holds this anywhere (folded).
    StringContains(String),
    /// Exactly this text.
    StringExact(String),
    /// A time range that overlaps `low..=high`, in milliseconds.
    DateOverlaps {
        /// First millisecond.
        low: i64,
        /// Last millisecond.
        high: i64,
    },
    /// A reference.
    Reference(String),
    /// Present (`true`) or absent (`false`).
    Present(bool),
}

/// All alternatives of one parameter; one of them must match.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The search parameter; `_id` is the logical id.
    pub parameter: String,
    /// Alternatives.
    pub any_of: Vec<Match>,
}

/// The order of search results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// `_lastUpdated`, `_id`, or a date or string parameter.
    pub parameter: String,
    /// Largest first.
    pub descending: bool,
}

/// A search over current resources: all terms must match.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceQuery {
    /// The resource type.
    pub kind: String,
    /// Conditions.
    pub terms: Vec<Term>,
    /// The order; the newest first where none is given.
    pub sort: Vec<Sort>,
    /// At most this many.
    pub limit: usize,
    /// After leaving out this many.
    pub offset: usize,
}

/// The level of an imaging search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImagingLevel {
    /// Patients, each with the attributes that the newest study names.
    Patient,
    /// Studies.
    Study,
    /// Series.
    Series,
    /// Instances.
    Instance,
}

/// Which attributes the rows of an imaging search carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fields {
    /// All that the index holds.
    #[default]
    All,
    /// These only, as eight hexadecimal digits in upper case, as far as they are there. The fewer, the
    /// faster.
    Only(Vec<String>),
}

impl Fields {
    /// Whether an attribute is asked for.
    pub fn want(&self, tag: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(tags) => tags.iter().any(|known| known == tag),
        }
    }
}

/// A search over stored images. Values match by the rules of PS3.4 section C.2.2.2: `*` and `?` wildcards,
/// `a-b` ranges of dates and times, `\` lists of UIDs and codes. Names match whatever their case and
/// accents, each component group by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ImagingQuery {
    /// The level of the rows.
    pub level: ImagingLevel,
    /// Only this patient's.
    pub subject: Option<PatientId>,
    /// Only this study's.
    pub study: Option<Uid>,
    /// Only this series'.
    pub series: Option<Uid>,
    /// Tag as eight hexadecimal digits, and the value to match. An attribute within a sequence is named by
    /// its path, such as `00400275.00400009`.
    pub matching: Vec<(String, String)>,
    /// Whether a range of dates and a range of times of the same thing are one range, from a time on the
    /// first day to a time on the last (PS3.4 section C.2.2.2.5.1).
    pub combined_times: bool,
    /// Whether the value `""` matches what is absent or has no value (PS3.4 section C.2.2.2.8).
    pub empty_values: bool,
    /// Whether names also match by the beginnings of their words, in any order (`fuzzymatching` of PS3.18).
    pub fuzzy_names: bool,
    /// What the rows carry.
    pub fields: Fields,
    /// At most this many.
    pub limit: usize,
    /// After leaving out this many.
    pub offset: usize,
}

impl ImagingQuery {
    /// All rows of a level, with everything that is known of them.
    pub fn at(level: ImagingLevel) -> Self {
        Self {
            level,
            subject: None,
            study: None,
            series: None,
            matching: Vec::new(),
            combined_times: false,
            empty_values: false,
            fuzzy_names: false,
            fields: Fields::All,
            limit: usize::MAX,
            offset: 0,
        }
    }
}

/// A row of an imaging search.
#[derive(Clone, Debug, PartialEq)]
pub struct ImagingRow {
    /// Whom it shows.
    pub subject: PatientId,
    /// Attributes as DICOM JSON, those of the level and the levels above, counts included.
    pub attributes: Map<String, Value>,
}

/// A stored object as the index knows it: enough to read its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// Whom it shows.
    pub subject: PatientId,
    /// Study instance UID.
    pub study: Uid,
    /// Series instance UID.
    pub series: Uid,
    /// SOP instance UID.
    pub sop: Uid,
    /// SOP class UID.
    pub class: Uid,
    /// Transfer syntax UID of the stored bytes.
    pub transfer_syntax: Uid,
    /// Digest of the stored bytes.
    pub digest: Digest,
    /// Number of stored bytes.
    pub size: u64,
    /// When it was stored.
    pub at: Timestamp,
    /// The journal entry that holds it.
    pub sequence: u64,
}

/// A page of results.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many there are in all, as far as the permit covers.
    pub total: usize,
}
