use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// Text that is no well-formed identifier. The text itself is not repeated: it may be health data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a well-formed {kind}")]
pub struct IdError {
    kind: &'static str,
}

impl IdError {
    /// Text that is no well-formed `kind`.
    pub fn new(kind: &'static str) -> Self {
        Self { kind }
    }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks `text` and makes the identifier.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text.into())) } else { Err(IdError::new($kind)) }
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.as_str().to_owned()
            }
        }
    };
}

/// The form FHIR gives to logical ids: 1 to 64 of letters, digits, `-` and `.`.
fn is_fhir_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

/// The form DICOM PS3.5 section 9 gives to UIDs. Leading zeros, which real devices send, are let through.
fn is_uid(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

identifier!(
    /// A patient, by the logical id of the FHIR `Patient`.
    PatientId, "patient id", is_fhir_id
);
identifier!(
    /// Who acts: a person's or a program's account name.
    ActorId, "actor id", is_fhir_id
);
identifier!(
    /// A research project, to which studies are released.
    ProjectId, "project id", is_fhir_id
);
identifier!(
    /// A device that measures, by the logical id of the FHIR `Device`.
    DeviceId, "device id", is_fhir_id
);
identifier!(
    /// A room where people meet.
    RoomId, "room id", is_fhir_id
);
identifier!(
    /// A DICOM unique identifier.
    Uid, "DICOM UID", is_uid
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_checked_when_made() {
        assert!(Uid::new("1.2.840.10008.1.1").is_ok());
        for bad in ["", "1..2", "1.a", "1.2.", &"1".repeat(65)] {
            assert!(Uid::new(bad).is_err(), "{bad}");
        }
        assert!(PatientId::new("a1-b.2").is_ok());
        for bad in ["", "a/b", "a b", "../x", "é"] {
            assert!(PatientId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_error_does_not_repeat_what_it_refused() {
        let error = PatientId::new("Zhao Min").unwrap_err();
        assert_eq!(error.to_string(), "not a well-formed patient id");
    }
}
