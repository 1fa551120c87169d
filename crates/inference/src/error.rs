/// Why a model could not be opened or run. Fragments complete "could not …".
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// The folder, or a file in it, cannot be read.
    #[error("read {file}: {why}")]
    Unreadable {
        /// `card.toml` or the model's file.
        file: String,
        /// The kind of error.
        why: std::io::ErrorKind,
    },
    /// The card is not one.
    #[error("read card.toml: {why}")]
    Card {
        /// What is wrong with it, and where.
        why: String,
    },
    /// The file is another than the card was written for.
    #[error("use {file}: its SHA-256 is {found}, and the card says {said}")]
    OtherFile {
        /// The model's file.
        file: String,
        /// The digest of what is there.
        found: String,
        /// The digest that the card names.
        said: String,
    },
    /// The file is no ONNX model that can be run here.
    #[error("use {file} as an ONNX model: {why}")]
    NotRunnable {
        /// The model's file.
        file: String,
        /// What the runtime says.
        why: String,
    },
    /// The model gave something else than its card says.
    #[error("use what the model gave: {why}")]
    Output {
        /// What was expected, and what came.
        why: String,
    },
}
