//! The tables in `definitions/`, which `definitions/generate.mjs` makes from the official files of R4.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

/// What kind of value a search parameter finds by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ParameterType {
    Token,
    String,
    Date,
    Reference,
    Quantity,
    Number,
    Uri,
}

impl ParameterType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::String => "string",
            Self::Date => "date",
            Self::Reference => "reference",
            Self::Quantity => "quantity",
            Self::Number => "number",
            Self::Uri => "uri",
        }
    }

    /// Whether the record can search by it: it keeps numbers, and does not yet compare them.
    pub(crate) fn is_searchable(self) -> bool {
        !matches!(self, Self::Quantity | Self::Number)
    }
}

/// A search parameter of one resource type.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) kind: ParameterType,
    pub(crate) path: crate::path::Expression,
    pub(crate) targets: Vec<String>,
}

/// One element of a type: its cardinality, types, and required codes.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) required: bool,
    pub(crate) repeats: bool,
    /// Type names; one that starts with `#` is a backbone element, by its path.
    pub(crate) types: Vec<String>,
    /// The value set whose codes are the only ones allowed.
    pub(crate) codes: Option<String>,
    /// For a choice, the name before `[x]`.
    pub(crate) choice: Option<String>,
}

type Structures = BTreeMap<String, BTreeMap<String, Element>>;
type Parameters = BTreeMap<String, BTreeMap<String, Parameter>>;

static STRUCTURES: LazyLock<Structures> = LazyLock::new(|| {
    type Raw = BTreeMap<String, BTreeMap<String, String>>;
    let raw: Raw =
        serde_json::from_str(include_str!("../definitions/structures.json")).unwrap_or_default();
    raw.into_iter()
        .map(|(kind, elements)| {
            let parsed = elements.into_iter().filter_map(|(name, line)| {
                let element = parse_element(&name, &line)?;
                Some((name, element))
            });
            (kind, parsed.collect())
        })
        .collect()
});

static PARAMETERS: LazyLock<Parameters> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Raw {
        r#type: ParameterType,
        path: String,
        #[serde(default)]
        targets: Vec<String>,
    }
    let raw: BTreeMap<String, BTreeMap<String, Raw>> =
        serde_json::from_str(include_str!("../definitions/search.json")).unwrap_or_default();
    raw.into_iter()
        .map(|(kind, parameters)| {
            let parsed = parameters.into_iter().filter_map(|(name, raw)| {
                let path = crate::path::Expression::parse(&raw.path)?;
                Some((
                    name,
                    Parameter {
                        kind: raw.r#type,
                        path,
                        targets: raw.targets,
                    },
                ))
            });
            (kind, parsed.collect())
        })
        .collect()
});

static CODES: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../definitions/codes.json")).unwrap_or_default()
});

static COMPARTMENT: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../definitions/compartment-patient.json"))
        .unwrap_or_default()
});

/// `1..1 code =URL`, as the generator writes it.
fn parse_element(name: &str, line: &str) -> Option<Element> {
    let mut parts = line.split(' ');
    let (least, most) = parts.next()?.split_once("..")?;
    let types = parts.next()?.split('|').map(str::to_owned).collect();
    let codes = parts
        .next()
        .and_then(|part| part.strip_prefix('='))
        .map(str::to_owned);
    Some(Element {
        required: least != "0",
        repeats: most != "1" && most != "0",
        types,
        codes,
        choice: name.strip_suffix("[x]").map(str::to_owned),
    })
}

/// The elements of a type or, by path, of a backbone element.
pub(crate) fn elements(kind: &str) -> Option<&'static BTreeMap<String, Element>> {
    STRUCTURES.get(kind)
}

/// The search parameters of a resource type.
pub(crate) fn parameters(kind: &str) -> Option<&'static BTreeMap<String, Parameter>> {
    PARAMETERS.get(kind)
}

/// The codes of a required value set; sorted.
pub(crate) fn codes(value_set: &str) -> Option<&'static Vec<String>> {
    CODES.get(value_set)
}

/// The search parameters by which a type is in a patient's compartment.
pub(crate) fn compartment(kind: &str) -> Option<&'static Vec<String>> {
    COMPARTMENT.get(kind)
}

/// The resource types that the hospital keeps, in order.
pub fn resource_types() -> impl Iterator<Item = &'static str> {
    PARAMETERS.keys().map(String::as_str)
}

/// Whether resources of this type are kept.
pub fn is_supported(kind: &str) -> bool {
    PARAMETERS.contains_key(kind)
}

/// Whether resources of this type are about a patient, as against the hospital.
pub fn is_about_patients(kind: &str) -> bool {
    kind == "Patient" || kind == "Bundle" || COMPARTMENT.contains_key(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        assert!(
            resource_types().count() >= 45,
            "{}",
            resource_types().count()
        );
        let parameters: usize = PARAMETERS.values().map(BTreeMap::len).sum();
        let raw = include_str!("../definitions/search.json")
            .matches("\"path\"")
            .count();
        assert_eq!(parameters, raw, "each official expression is understood");
        assert!(STRUCTURES.len() > 200 && CODES.len() > 80);
        for kind in resource_types() {
            assert!(elements(kind).is_some(), "{kind}");
        }
        for elements in STRUCTURES.values() {
            for element in elements.values() {
                for kind in &element.types {
                    let known = kind.strip_prefix('#').map_or(
                        kind.starts_with(char::is_lowercase)
                            || kind == "Resource"
                            || elements_or_abstract(kind),
                        |path| STRUCTURES.contains_key(path),
                    );
                    assert!(known, "{kind}");
                }
            }
        }
    }

    fn elements_or_abstract(kind: &str) -> bool {
        STRUCTURES.contains_key(kind) || kind == "Element"
    }
}
