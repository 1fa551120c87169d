//! The slot for models that others trained, as ONNX files beside a card that says what they are for.
//!
//! No model is shipped. A hospital puts a folder into its `models` setting: `card.toml` and the file that the
//! card names with its digest. What the card does not allow (other slices, other sizes, other kinds) is refused
//! with the reason and never computed; what is computed is shown beside the result of the classical method and
//! is for research and education. Pure: bytes and voxels in, values out. Files are read by [`Model::open`] only.

mod card;
mod check;
mod crop;
mod error;
mod model;

pub use card::{Card, InputCard, OutputCard, Scaling, Task, ValidFor};
pub use check::{Check, Known};
pub use crop::crop;
pub use error::InferenceError;
pub use model::{Comparison, Model, ModelResult, Outcome, models_in};
