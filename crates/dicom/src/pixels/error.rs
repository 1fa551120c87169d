/// Why pixel data cannot be decoded. Says what and where, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PixelError {
    /// The object holds no pixel data.
    #[error("find pixel data: the object has none")]
    NoPixels,
    /// There are fewer frames.
    #[error("find frame {number}: there are {frames}")]
    NoFrame {
        /// The number that was asked for, from 1.
        number: usize,
        /// How many there are.
        frames: usize,
    },
    /// An attribute that tells how pixels are written is missing or contradicts another.
    #[error("tell how the pixels are written: {0}")]
    Form(&'static str),
    /// Where one frame ends and the next begins cannot be told.
    #[error("tell the frames apart: {0}")]
    Frames(&'static str),
    /// The coded stream of a frame is damaged, or of a kind that is not read.
    #[error("decode the {codec} stream: {why}")]
    Stream {
        /// What sort of stream.
        codec: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// No decoder for this transfer syntax is built in.
    #[error("decode the frame: transfer syntax {0} has no decoder here")]
    Syntax(String),
    /// The object cannot be written in the transfer syntax that is asked for.
    #[error("write in transfer syntax {0}: {1}")]
    Target(String, &'static str),
    /// A frame, or all frames together, are larger than this program takes on.
    #[error("decode the pixel data: they are larger than {0} MiB")]
    TooLarge(usize),
    /// The object's file cannot be read.
    #[error("open the object: {0}")]
    Object(String),
}

impl PixelError {
    pub(super) fn stream(codec: &'static str, why: impl Into<String>) -> Self {
        Self::Stream {
            codec,
            why: why.into(),
        }
    }
}
