use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which of the six rooms of the hospital people see around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum Place {
    /// 元诊室
    Consulting,
    /// 元手术室
    Operating,
    /// 元病房
    Ward,
    /// 元科研
    Research,
    /// 元教学
    Teaching,
    /// 元管理
    Management,
}
