//! FHIR R4 over the record.
//!
//! Resources are JSON as they came; what R4 says about them stands in tables made from the official
//! definitions. Planning is pure; the thin asynchronous part asks a [`record::Record`], always under a
//! [`policy::Permit`]. Nothing here knows HTTP but its status codes.

mod compartment;
mod date;
mod definitions;
mod index;
mod outcome;
mod path;
mod primitive;
mod search;
mod validate;

pub use compartment::patient_of;
pub use definitions::{is_about_patients, is_supported, resource_types};
pub use index::{FhirIndexer, fold};
pub use outcome::{Issue, all_ok, operation_outcome};
pub use search::{Search, parse_search};
pub use validate::validate;
