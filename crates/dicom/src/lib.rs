//! DICOM objects in and out.
//!
//! Parsing and making objects are pure: bytes in, values out. The DIMSE provider and user speak over
//! sockets that they are given, and the DICOMweb part knows the standard's messages but no HTTP server.
//! Nothing here knows where objects are kept.

mod bounds;
mod cielab;
pub mod commitment;
pub mod create;
pub mod deidentify;
mod dimse;
mod document;
pub mod drawn;
mod geometry;
mod index;
mod json;
mod parse;
pub mod pixels;
pub mod presentation;
pub mod query;
pub mod receive;
mod report;
pub mod scp;
pub mod scu;
mod seg;
mod structures;
mod syntax;
mod text;
mod transcode;
mod unknown;
pub mod web;
mod wire;

pub use cielab::pcs_of_colour;
pub use dicom_core::Tag;
pub use dicom_dictionary_std::tags;
pub use dimse::{Counts, Operation, Status};
pub use document::{Document, DocumentError, read_document};
pub use geometry::Grid;
pub use index::{INDEXED, attribute, tag_key, tag_of_key};
pub(crate) use parse::file_head;
pub use parse::{
    ParseError, ParsedObject, PatientIdentity, data_set_bytes, file_of_data_set, open_head, parse,
    parse_within,
};
pub use report::{Measurement, MeasurementGroup, MeasurementReport, ReportError, read_report};
pub use seg::{SegError, Segment, SegmentFrame, Segmentation, read_seg};
pub use structures::{Contour, Structure, StructureError, StructureSet, read_structures};
pub use syntax::{TRANSFER_SYNTAXES, USUAL_CLASSES, is_storage_class};
pub use transcode::{TranscodeError, data_set_in, is_native};
