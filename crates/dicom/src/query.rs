//! Queries of the Query/Retrieve service class (PS3.4 annex C) and of the modality worklist (annex K), as
//! data: what a peer asks for, and the answer that is made from rows of the record.

mod answer;
mod identifier;
mod keys;
mod worklist;

pub(crate) use answer::encode;
pub use answer::{data_set, own_identifier, rows_of};
pub use identifier::{Level, Root, Search, Selection, search, selection};
pub(crate) use keys::read as read_keys;
pub(crate) use keys::read_object;
pub use keys::{IdentifierError, Key, Keys};
pub use worklist::{answers as worklist_answers, matches as worklist_matches};
