use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident: $zh:literal, $en:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS, thiserror::Error)]
        #[serde(rename_all = "kebab-case")]
        #[ts(export_to = "room.ts")]
        pub enum $name {
            $($(#[$case_doc])* #[error($en)] $case,)*
        }

        impl $name {
            /// Every reason there is.
            pub const ALL: &[Self] = &[$(Self::$case),*];

            /// What to tell a person.
            pub fn text(self) -> Text {
                match self {
                    $(Self::$case => Text::new($zh, $en),)*
                }
            }
        }
    };
}

reasons! {
    /// Why the room refuses an act. The room is then as it was.
    Refusal {
        /// The act cannot be read.
        Malformed: "无法识别该操作", "the act cannot be read";
        /// The participant may only watch.
        WatchingOnly: "您只能旁观，不能操作", "you may watch but not act";
        /// More acts than [`crate::limits::ACTS_PER_SECOND`].
        TooFast: "操作过于频繁，请稍候", "too many acts at once; wait a moment";
        /// There is no such entity, or no longer.
        UnknownEntity: "该对象不存在或已被移除", "there is no such entity, or no longer";
        /// The patch or act is meant for another type of entity.
        WrongType: "该操作不适用于此类对象", "the act does not fit this type of entity";
        /// The series is not kept here, or is not this patient's.
        UnknownSeries: "此房间中没有该影像序列", "this room has no such series";
        /// A point lies outside the volume.
        OutsideVolume: "该点位于影像范围之外", "the point lies outside the volume";
        /// A length takes two points, a value one, an angle three, a line two to [`crate::limits::STROKE_POINTS`].
        WrongNumberOfPoints: "点的数量不正确", "a length takes two points, a value one, an angle three, a line two or more";
        /// The series has no such surface, or its inside is not known yet.
        UnknownLayer: "该影像没有此结构，或其范围尚未生成", "the images have no such structure, or its inside is not known yet";
        /// Somebody here wears it, or it is none of the palette.
        ColourTaken: "该颜色已被他人使用或不可选", "somebody else here wears this colour, or it cannot be chosen";
        /// There are no more figures than [`crate::limits::FIGURES`].
        UnknownFigure: "没有这个形象", "there is no such figure";
        /// A page is not by its path in this hospital, or is a room.
        NoPage: "这不是本院的页面，或不能放在房间里", "this is no page of this hospital, or none that can stand in a room";
        /// Somebody else leads, and is not the host's to follow.
        LedByAnother: "他人正在引导视图", "somebody else shows the way";
        /// A room has one picture of all around at a time.
        AroundByAnother: "房间内已有他人的全景画面", "somebody else shows a 360° picture; there is one at a time";
        /// An annotation says nothing.
        EmptyText: "文字内容为空", "the text says nothing";
        /// An annotation is longer than [`crate::limits::TEXT_CHARACTERS`], or a reason than
        /// [`crate::limits::REASON_CHARACTERS`].
        TextTooLong: "文字过长", "the text is too long";
        /// A position is farther than [`crate::limits::POSITION_M`] from the room's middle.
        TooFarAway: "位置超出 20 米范围", "the position is more than 20 m away";
        /// A scale is outside [`crate::limits::SCALE`].
        ScaleOutOfRange: "缩放比例须在 0.05 到 20 之间", "the scale must be between 0.05 and 20";
        /// A rotation or a normal does not have length 1.
        NotUnitLength: "旋转或法向量不是单位长度", "a rotation or normal does not have length 1";
        /// A window, an opacity or an offset is beyond what can be shown.
        ValueOutOfRange: "数值超出允许范围", "a value is out of range";
        /// More layers than [`crate::limits::LAYERS`], or a layer's name is too long.
        TooManyLayers: "图层过多或名称过长", "there are too many layers, or a layer's name is too long";
        /// More entities than [`crate::limits::ENTITIES`].
        TooManyEntities: "房间内的对象已达 500 个上限", "the room holds its 500 entities already";
        /// More holograms than [`crate::limits::HOLOGRAMS`], or than [`crate::limits::HOLOGRAMS_OF_SERIES`] of one series.
        TooManyHolograms: "房间内的影像已达上限", "as many images stand in the room already as it holds";
        /// Measures and annotations are changed by their authors only.
        NotYours: "只有作者本人可以修改或移除", "only its author may change or remove it";
        /// A hologram that carries marks of others is not taken away.
        CarriesMarksOfOthers: "该影像上有他人的标记，不能移除", "it carries marks of others";
        /// Somebody else has hold of it.
        HeldByAnother: "他人正在移动该对象", "somebody else has hold of it";
        /// It was not, or is no longer, in one's own hold.
        NotHeld: "您没有抓住该对象", "you do not have hold of it";
        /// Nobody has hold of what was asked for; one may take hold of it oneself.
        NobodyHolds: "现在没有人抓住该对象，您可以直接移动", "nobody has hold of it now; take hold of it yourself";
        /// Whom it is given to does not work with what stands here.
        CannotHold: "该人员不能移动对象", "they cannot take hold of it";
        /// It is locked.
        Locked: "该对象已锁定，解锁后才能移动或更改", "it is locked: it stays as it is until it is unlocked";
        /// Only who locked it, and who keeps order, unlocks it.
        LockedByAnother: "只有锁定者、主持人或监督员可以解锁", "only who locked it, the host or a supervisor may unlock it";
        /// None of one's own steps can be taken back any more.
        NothingToUndo: "没有可以撤销的操作", "there is nothing that you can take back";
        /// What they are in the room does not let them do it.
        NotForYourStanding: "您在此房间的身份不能进行该操作", "what you are in this room does not let you do this";
        /// Order is kept by the host and supervisors.
        KeepsNoOrder: "只有主持人或监督员可以进行该操作", "only the host or a supervisor may do this";
        /// There is nobody with this number inside, or at the door.
        NobodyThere: "该人员已不在此处", "that person is not here any more";
        /// Nobody puts themselves out.
        NotYourself: "不能对自己进行该操作", "you cannot do this to yourself";
        /// A supervisor does nothing to the host.
        AboveYou: "不能对主持人进行该操作", "you cannot do this to the host";
        /// A sanction says why.
        ReasonNeeded: "请说明理由", "say why";
        /// Who looks after somebody must be inside, and be one who may.
        CompanionNeeded: "须指定一位在场的医护人员，或患者的亲属或照护者陪同", "name somebody inside to look after them, who treats the patient or is a relative or carer of theirs";
        /// A block is lifted before somebody is let in.
        StillBlocked: "该人员仍被禁止进入，请先解除", "they are still blocked; lift the block first";
        /// Nobody decides about a sanction that they gave themselves.
        OwnSanction: "此处分由您作出，申诉须由其他人裁定；您可以自行撤回处分", "you gave this sanction: another decides about the appeal; you can take the sanction back yourself";
        /// There is no appeal that waits for an answer.
        NoAppeal: "没有等待裁定的申诉", "there is no appeal that waits for an answer";
        /// An appeal is answered before a new sanction takes the place of the old one.
        AppealOpen: "其申诉尚未裁定，请先裁定", "their appeal has not been answered yet; that comes first";
        /// They cannot be made that.
        CannotBe: "该人员不能担任此身份", "they cannot be made that";
        /// From the door only this much can be done.
        NotInside: "您尚未进入房间", "you are not inside yet";
        /// Nobody asks whether the room may be recorded.
        NotAsked: "现在没有录制请求", "nobody asks to record now";
        /// Who needs a companion does not agree to a recording by themselves.
        CannotAgree: "有须陪护者在场时不能录制", "a room is not recorded with somebody in it who cannot agree by themselves";
        /// The act could not be written to the record, so it did not happen.
        NotKept: "操作未能写入病历，已取消", "the act could not be written to the record and was taken back";
        /// The act was seen before, so long ago that its outcome is forgotten.
        Forgotten: "操作结果已过期，请查看当前状态", "the outcome of this act is no longer known; see the room as it is now";
    }
}

reasons! {
    /// Why the server ends a connection.
    Farewell {
        /// Client and server speak different versions of the protocol.
        VersionMismatch: "页面版本与服务器不一致，请刷新页面", "the page and the server speak different versions; reload the page";
        /// The first frame was no hello, or a later one was.
        HelloExpected: "连接未按协议开始", "the connection did not begin with a hello";
        /// A frame cannot be read.
        Malformed: "收到无法识别的数据", "a frame cannot be read";
        /// A frame is longer than [`crate::limits::CLIENT_FRAME_BYTES`].
        TooLong: "数据帧过长", "a frame is too long";
        /// More frames than [`crate::limits::FRAMES_PER_SECOND`].
        TooFast: "数据发送过于频繁", "too many frames at once";
        /// The room holds its [`crate::limits::PARTICIPANTS`] already.
        RoomFull: "房间人数已满", "the room is full";
        /// The account has as many seats here as one may have.
        TooManySeats: "您已在多个页面中进入此房间，请先关闭其中一个", "you are in this room on as many pages as one may be; close one of them first";
        /// The same participant has connected anew.
        Replaced: "已在另一连接中继续", "this participant has connected anew";
        /// Access has ended.
        NotPermitted: "您在此房间的访问权限已结束，例如患者撤回了同意或会诊邀请已结束", "your access to this room has ended, as when the patient withdraws consent or the invitation is over";
        /// The session by which they came has ended.
        SignedOut: "您的登录已结束，请重新登录后再进入房间", "your sign-in has ended; sign in again to come back";
        /// The host did not let them in.
        TurnedAway: "主持人未准许您进入", "the host did not let you in";
        /// They were put out.
        PutOut: "您已被请出房间", "you were put out of the room";
        /// They were in the room for as long as one stays, and have to rest.
        StayIsOver: "您在房间内的时间已到，请休息片刻后再来", "your time in the room is over; rest a while before you come back";
        /// The rules of conduct were not agreed to.
        ConductNotAgreed: "请先阅读并同意行为规范", "read the rules of conduct and agree to them first";
        /// The licence to practise in virtual rooms has ended.
        LicenceEnded: "您的虚拟空间执业许可已到期或被撤销", "your licence to practise in virtual rooms has expired or was withdrawn";
        /// The server goes down, to come back soon.
        Closing: "服务器正在关闭", "the server is closing";
        /// More waited for the connection than is kept for one.
        FellBehind: "网络跟不上房间，正在重新接入，错过的内容将补上", "your line did not keep up with the room; you are being brought to where it is now";
        /// The room had to start over from its journal.
        Restarted: "房间正在恢复，请重新连接", "the room starts over from its journal; connect again";
    }
}

impl Farewell {
    /// Whether a client should connect again by itself.
    pub fn comes_back(self) -> bool {
        matches!(
            self,
            Self::Closing | Self::Restarted | Self::TooFast | Self::FellBehind
        )
    }
}
