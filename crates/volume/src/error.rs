use crate::Notice;

/// Why no volume could be made. None of the texts repeats what a file says about a person.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum VolumeError {
    /// Nothing among the files is an image that could be read.
    #[error("no readable image among {files} files")]
    NoImages {
        /// How many files were given.
        files: usize,
    },
    /// One plane alone is no volume.
    #[error("a single slice is no volume")]
    SingleSlice,
    /// The distance between slices changes within the series.
    #[error(
        "slices are {found_mm:.2} mm apart between {from_mm:.1} mm and {to_mm:.1} mm, elsewhere {usual_mm:.2} mm"
    )]
    IrregularSpacing {
        /// Position of the slice before the odd step, along the slice axis.
        from_mm: f64,
        /// Position of the slice after it.
        to_mm: f64,
        /// The odd step.
        found_mm: f64,
        /// The usual step.
        usual_mm: f64,
    },
    /// More slices are missing than are there.
    #[error("{missing} slices are missing, only {present} are there")]
    TooManyMissing {
        /// Slices that are missing.
        missing: usize,
        /// Slices that are there.
        present: usize,
    },
    /// Slices do not lie on one line.
    #[error("slices shift sideways by up to {shift_mm:.1} mm without a common tilt")]
    Scattered {
        /// The largest distance of a slice from the common line.
        shift_mm: f64,
    },
    /// More voxels than this program takes on.
    #[error("volume of {voxels} voxels is above the limit of {limit}")]
    TooLarge {
        /// Voxels that it would have.
        voxels: u128,
        /// Voxels that are taken on.
        limit: usize,
    },
    /// A file of another format that cannot be read, and why.
    #[error("{format} file cannot be read: {why}")]
    Format {
        /// The name of the format.
        format: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A mask does not fit the volume.
    #[error("mask does not fit the volume: {why}")]
    Mask {
        /// What does not fit.
        why: &'static str,
    },
    /// No nodule could be outlined or measured, and why.
    #[error("no nodule there: {why}")]
    Nodule {
        /// Why, in Chinese.
        why_zh: &'static str,
        /// Why, in English.
        why: &'static str,
    },
    /// Encoding or decoding of a brick or surface failed.
    #[error("could not {doing}: {why}")]
    Codec {
        /// What was being done.
        doing: &'static str,
        /// The codec's words.
        why: String,
    },
    /// A file or folder could not be read.
    #[error("could not read: {0}")]
    Io(String),
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl VolumeError {
    /// The error as a notice for people, in both languages.
    pub fn notice(&self) -> Notice {
        let en = capitalised(&self.to_string());
        let (code, zh) = match self {
            Self::NoImages { files } => ("no-images", format!("{files} 个文件中没有可读取的图像")),
            Self::SingleSlice => ("single-slice", "只有一层图像，无法构成容积".to_owned()),
            Self::IrregularSpacing {
                from_mm,
                to_mm,
                found_mm,
                usual_mm,
            } => (
                "irregular-spacing",
                format!(
                    "{from_mm:.1} mm 至 {to_mm:.1} mm 处层间距为 {found_mm:.2} mm，其余为 {usual_mm:.2} mm"
                ),
            ),
            Self::TooManyMissing { missing, present } => (
                "too-many-missing",
                format!("缺少 {missing} 层，仅有 {present} 层"),
            ),
            Self::Scattered { shift_mm } => (
                "slices-scattered",
                format!("各层横向错位最多 {shift_mm:.1} mm，且无共同倾角"),
            ),
            Self::TooLarge { voxels, limit } => (
                "too-large",
                format!("容积有 {voxels} 个体素，超过上限 {limit}"),
            ),
            Self::Format { format, why } => ("format", format!("{format} 文件无法读取：{why}")),
            Self::Mask { why } => ("mask", format!("掩膜与容积不符：{why}")),
            Self::Nodule { why_zh, .. } => ("no-nodule", format!("此处没有可用的结节：{why_zh}")),
            Self::Codec { doing, why } => ("codec", format!("编码或解码失败（{doing}）：{why}")),
            Self::Io(why) => ("io", format!("无法读取：{why}")),
            Self::Cancelled => ("cancelled", "已取消".to_owned()),
        };
        Notice::new(code, zh, en)
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
