//! FHIR R4 over the record.
//!
//! Resources are JSON as they came; what R4 says about them stands in tables made from the official
//! definitions. Planning is pure; the thin asynchronous part asks a [`record::Record`], always under a
//! [`policy::Permit`]. Nothing here knows HTTP but its status codes.

mod audit;
mod bundle;
mod capability;
mod compartment;
mod consents;
mod date;
mod definitions;
mod entry;
mod from_dicom;
mod from_signals;
mod granting;
mod index;
mod json;
mod licence;
mod links;
mod outcome;
mod path;
mod primitive;
mod relations;
mod reply;
mod research;
mod rest;
mod search;
mod url;
mod validate;
mod worklist;
mod writing;

pub use audit::{
    account_event, audit_event, call_event, device_event, duty_event, licence_event, order_event,
    recording_event, sign_in_event,
};
pub use bundle::take;
pub use capability::capability_statement;
pub use compartment::patient_of;
pub use consents::Consents;
pub use definitions::{is_about_patients, is_supported, resource_types};
pub use from_dicom::{DicomPatient, imaging_study, issuer_system, patient_from_dicom};
pub use from_signals::{
    Measure, Sign, Unsampled, VitalSign, corrected, is_asked, is_of_moment, is_trustworthy,
    last_of_each, measured_last, observation_of, sampled_observation, vital_observation,
    vital_sign,
};
pub use granting::Granting;
pub use index::{SearchIndexer, fold};
pub use licence::{
    LICENCE_TYPE, Withdrawal, give_licence, licences, lift_withdrawal, withdraw_licence, withdrawal,
};
pub use outcome::{Issue, all_ok, operation_outcome};
pub use relations::{ACCESS_TYPES, care_relations, care_team, decides_access, find, status};
pub use reply::Reply;
pub use research::research_refusals;
pub use rest::Rest;
pub use search::{Search, parse_search};
pub use url::decode_query;
pub use validate::validate;
pub use worklist::{PatientInDicom, Worklist, patient_in_dicom, record_number, worklist};
