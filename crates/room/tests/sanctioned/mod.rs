//! Sanctions and appeals as the contract has them.

use room::{Act, Answer, Appeal, Did, Grade, Ordered, Sanction};
use vocabulary::{ActorId, Timestamp};

fn who(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

fn at() -> Timestamp {
    Timestamp(1_795_000_000_123)
}

pub fn appeal() -> Act {
    Act::Appeal {
        against: Grade::Muted,
        reason: "我在读结果".to_owned(),
    }
}

pub fn answer() -> Act {
    Act::AnswerAppeal {
        whom: who("wang.nurse"),
        against: Grade::Muted,
        grants: true,
        reason: "确为误会".to_owned(),
    }
}

pub fn refused() -> Ordered {
    Ordered {
        whom: who("wang.nurse"),
        name: "王护士".to_owned(),
        did: Did::AppealRefused {
            against: Grade::Muted,
            reason: "尚不足 not enough".to_owned(),
            decider: "陈医生".to_owned(),
        },
    }
}

pub fn sanctions() -> Vec<Sanction> {
    let blocked = Sanction {
        number: 12,
        actor: who("wang.nurse"),
        name: "王".to_owned(),
        grade: Grade::Blocked,
        reason: "再三打断 interrupts".to_owned(),
        by: who("chen.expert"),
        since: at(),
        until: Some(at()),
        over: None,
        appeal: Some(Appeal {
            reason: "是别人 it was somebody else".to_owned(),
            at: at(),
            answer: None,
        }),
    };
    let muted = Sanction {
        number: 14,
        grade: Grade::Muted,
        until: None,
        appeal: Some(Appeal {
            reason: "已道歉 I said sorry".to_owned(),
            at: at(),
            answer: Some(Answer {
                granted: false,
                reason: "尚不足 not enough".to_owned(),
                by: who("li.terminal"),
                name: "李医生".to_owned(),
                at: at(),
            }),
        }),
        ..blocked.clone()
    };
    vec![blocked, muted]
}
