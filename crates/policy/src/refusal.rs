use vocabulary::Text;

use crate::Action;

/// What stood in the way of a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The policies do not permit it.
    NotPermitted,
    /// The decision could not be written to the ledger; asking again later may help.
    NotWitnessed,
}

/// A permit that was not given.
///
/// `reason` is the same whether the object exists or not, and may be shown to who asked. `policies` may
/// tell more, and is for the ledger and for those who run the hospital.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", reason.en)]
pub struct Refusal {
    /// What stood in the way.
    pub kind: RefusalKind,
    /// What to tell who asked.
    pub reason: Text,
    /// The policies that forbade it; empty where simply none permits it.
    pub policies: Vec<String>,
}

impl Refusal {
    pub(crate) fn not_permitted(action: Action, policies: Vec<String>) -> Self {
        let (zh, en) = in_words(action);
        let reason = Text::new(
            format!("无法{zh}：该对象不存在，或您无权访问。"),
            format!("You cannot {en}: it is not there, or you may not."),
        );
        Self {
            kind: RefusalKind::NotPermitted,
            reason,
            policies,
        }
    }

    /// The refusal where the ledger cannot be written.
    pub fn not_witnessed() -> Self {
        let reason = Text::new(
            "审计账本暂时无法写入，因此不能提供访问。请稍后再试。",
            "The ledger cannot be written just now, so nothing may be opened. Try again later.",
        );
        Self {
            kind: RefusalKind::NotWitnessed,
            reason,
            policies: Vec::new(),
        }
    }
}

fn in_words(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::ReadRecord => ("读取此病历", "read this record"),
        Action::WriteRecord => ("写入此病历", "write into this record"),
        Action::ReadImaging => ("读取此影像", "read these images"),
        Action::StoreImaging => ("存储此影像", "store these images"),
        Action::DeleteImaging => ("删除此影像", "delete these images"),
        Action::ReadWorklist => ("读取检查工作列表", "read this worklist"),
        Action::RequestConsult => ("申请此会诊", "ask for this consultation"),
        Action::GrantAccess => ("决定谁可以查看此病历", "decide who sees this record"),
        Action::InviteExpert => ("邀请专家加入此会诊", "ask an expert into this consultation"),
        Action::EnterRoom => ("进入此房间", "enter this room"),
        Action::Vote => ("对此病例投票", "vote on this case"),
        Action::Sign => ("签署此方案", "sign this plan"),
        Action::ReadLedger => ("读取此账本条目", "read this part of the ledger"),
        Action::Administer => ("更改账户或设置", "change accounts or settings"),
        Action::MaintainDevices => ("维护设备", "look after devices"),
        Action::ReleaseToResearch => ("将此检查提供给研究", "release this study to research"),
        Action::ReadResearch => ("读取此研究项目", "read this research project"),
        Action::OpenIdentity => ("参与此身份揭示", "take part in opening this identity"),
        Action::ReviewSanctions => (
            "查看处分并裁定申诉",
            "see sanctions and decide about appeals",
        ),
        Action::ReadFigures => ("查看此统计", "read these figures"),
        Action::TraceContacts => ("追溯接触者", "see who was with whom"),
        Action::ReleaseToTeaching => ("将此病例用于教学", "make a teaching case of this patient"),
        Action::ReadTeaching => ("查看此教学病例", "read this teaching case"),
        Action::ReportOwn => ("为此患者上报", "report for this patient"),
        Action::AnswerAlert => ("处理此患者的报警", "answer this patient's alerts"),
    }
}
