use serde_json::{Map, Value};
use vocabulary::{PatientId, Uid};

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
    /// Studies.
    Study,
    /// Series.
    Series,
    /// Instances.
    Instance,
}

/// A search over stored images. Values match by the rules of PS3.4 section C.2.2.2: `*` and `?` wildcards,
/// `a-b` ranges of dates and times, `\` lists of UIDs.
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
    /// Tag as eight hexadecimal digits, and the value to match.
    pub matching: Vec<(String, String)>,
    /// At most this many.
    pub limit: usize,
    /// After leaving out this many.
    pub offset: usize,
}

/// A row of an imaging search.
#[derive(Clone, Debug, PartialEq)]
pub struct ImagingRow {
    /// Whom it shows.
    pub subject: PatientId,
    /// Attributes as DICOM JSON, those of the level and the levels above, counts included.
    pub attributes: Map<String, Value>,
}

/// A page of results.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many there are in all, as far as the permit covers.
    pub total: usize,
}
