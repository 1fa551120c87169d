//! Why a message is not taken, in words for the device-quality page.

use vocabulary::Text;

/// Why a message, or one reading of it, is not taken. What was sent is not repeated, but for units, which the
/// device's maker must see to mend it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// More bytes than a message may have.
    #[error("take a message of {bytes} bytes: at most {most}")]
    TooLarge {
        /// So many came.
        bytes: usize,
        /// So many may.
        most: usize,
    },
    /// Neither JSON nor CBOR of the form that is expected, or cut off.
    #[error("understand the message as {format}{}", at(*.position))]
    NotUnderstood {
        /// What it was taken for.
        format: &'static str,
        /// Where it broke off, in bytes from the start, where that is known.
        position: Option<usize>,
    },
    /// Nothing in it.
    #[error("find a measurement in the message")]
    Empty,
    /// The device's profile has no such stream.
    #[error("find this stream in the profile `{profile}`")]
    StreamUnknown {
        /// The profile.
        profile: String,
    },
    /// No code.
    #[error("tell what was measured: there is no code")]
    CodeMissing,
    /// A code that is not the stream's.
    #[error("find the code in the stream `{stream}`")]
    CodeOfAnotherStream {
        /// The stream, or the group.
        stream: String,
    },
    /// No unit. It is not guessed.
    #[error("tell the unit: there is none")]
    UnitMissing,
    /// A unit that is none of UCUM.
    #[error("find the unit `{unit}` in UCUM")]
    UnitUnknown {
        /// As it was sent.
        unit: String,
    },
    /// A unit that measures something else.
    #[error("make `{expected}` of `{unit}`: they measure different things")]
    UnitOfSomethingElse {
        /// As it was sent.
        unit: String,
        /// The stream's.
        expected: String,
    },
    /// No value, or several that contradict each other.
    #[error("find one value: write one of value, sfloat and float")]
    ValueMissing,
    /// The device says that it measured nothing.
    #[error("take a value: the device says that there is none")]
    NotMeasured,
    /// A value that cannot be true.
    #[error("believe a value outside {low} to {high} {unit}")]
    OutOfRange {
        /// The lowest that can be true.
        low: f64,
        /// The highest that can be true.
        high: f64,
        /// In this unit.
        unit: String,
    },
    /// A value that cannot be true, where nobody has said what the highest is that can.
    #[error("believe a value below {low} {unit}")]
    TooLow {
        /// The lowest that can be true.
        low: f64,
        /// In this unit.
        unit: String,
    },
    /// Values of one measurement that cannot be true together.
    #[error("believe both: {lower} is not below {upper}")]
    Contradiction {
        /// The stream that should be lower.
        lower: String,
        /// The stream that should be higher.
        upper: String,
    },
    /// Samples without their period.
    #[error("place the samples in time: there is no period_ms")]
    PeriodMissing,
    /// A rate that the stream does not have.
    #[error("take samples at this rate: the stream has {low} to {high} Hz")]
    RateOfAnotherStream {
        /// The lowest.
        low: f64,
        /// The highest.
        high: f64,
    },
    /// A time that is none.
    #[error("understand the time: write RFC 3339 with its offset, or milliseconds since 1970")]
    TimeNotUnderstood,
    /// Measured before the device came to its patient: it may be of the one before.
    #[error("know whose value it is: it is older than the device's assignment to its patient")]
    BeforeAssignment,
    /// Somebody wrote it down about another patient than the device's.
    #[error("know whose value it is: the device is registered for another patient")]
    OfAnotherPatient,
    /// A value that is none by itself, such as one that it only lies below.
    #[error("take a value that is only compared with: it is none that was measured")]
    Compared,
    /// Samples of several dimensions, or that are no numbers.
    #[error("take samples of this form: write one dimension, with origin, period and numbers")]
    SamplesNotUnderstood,
    /// More samples than a message may have.
    #[error("take so many samples at once: at most {most}")]
    TooManySamples {
        /// So many may come.
        most: usize,
    },
}

fn at(position: Option<usize>) -> String {
    position.map_or_else(String::new, |byte| format!(": it breaks at byte {byte}"))
}

impl Refusal {
    /// Its short name, as counts are kept by it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::NotUnderstood { .. } => "not-understood",
            Self::Empty => "empty",
            Self::StreamUnknown { .. } => "stream-unknown",
            Self::CodeMissing => "code-missing",
            Self::CodeOfAnotherStream { .. } => "code-of-another-stream",
            Self::UnitMissing => "unit-missing",
            Self::UnitUnknown { .. } => "unit-unknown",
            Self::UnitOfSomethingElse { .. } => "unit-of-something-else",
            Self::ValueMissing => "value-missing",
            Self::NotMeasured => "not-measured",
            Self::OutOfRange { .. } | Self::TooLow { .. } => "out-of-range",
            Self::Contradiction { .. } => "contradiction",
            Self::PeriodMissing => "period-missing",
            Self::RateOfAnotherStream { .. } => "rate-of-another-stream",
            Self::TimeNotUnderstood => "time-not-understood",
            Self::BeforeAssignment => "before-assignment",
            Self::OfAnotherPatient => "of-another-patient",
            Self::Compared => "compared",
            Self::SamplesNotUnderstood => "samples-not-understood",
            Self::TooManySamples { .. } => "too-many-samples",
        }
    }

    /// In words for people.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::TooLarge { most, .. } => format!("消息过大，最多 {most} 字节"),
            Self::NotUnderstood { format, .. } => format!("消息不是完整的 {format}"),
            Self::Empty => "消息中没有测量值".into(),
            Self::StreamUnknown { .. } => "设备类型中没有这一数据流".into(),
            Self::CodeMissing => "缺少编码".into(),
            Self::CodeOfAnotherStream { .. } => "编码不属于这一数据流".into(),
            Self::UnitMissing => "缺少单位，不作猜测".into(),
            Self::UnitUnknown { unit } => format!("单位“{unit}”不是 UCUM 单位"),
            Self::UnitOfSomethingElse { unit, expected } => {
                format!("单位“{unit}”不能换算为“{expected}”")
            }
            Self::ValueMissing => "缺少数值".into(),
            Self::NotMeasured => "设备报告未测得数值".into(),
            Self::OutOfRange { low, high, unit } => {
                format!("数值不在可信范围 {low}–{high} {unit} 内")
            }
            Self::TooLow { low, unit } => format!("数值不能低于 {low} {unit}"),
            Self::Contradiction { lower, upper } => format!("数值矛盾：{lower} 应低于 {upper}"),
            Self::PeriodMissing => "多个采样缺少 period_ms".into(),
            Self::RateOfAnotherStream { low, high } => {
                format!("采样率不符，应为 {low}–{high} Hz")
            }
            Self::TimeNotUnderstood => "时间无法识别：应为带时区的 RFC 3339 或毫秒".into(),
            Self::BeforeAssignment => "测量时设备尚未分配给当前患者，可能属于前一位患者".into(),
            Self::OfAnotherPatient => "设备登记给另一位患者，无法确定数值属于谁".into(),
            Self::Compared => "数值带有比较符，不是实测值".into(),
            Self::SamplesNotUnderstood => {
                "采样无法解读：应为一维，并带有 origin、period 和数值".into()
            }
            Self::TooManySamples { most } => format!("一次采样过多，最多 {most} 个"),
        };
        Text::new(zh, format!("Could not {self}"))
    }
}
