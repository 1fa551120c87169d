//! The structures of a chest with their names, colours, and what their making is worth.

use vocabulary::Text;

use crate::{Mask, Structure, Style, segment};

/// For what is large and rounded.
fn smooth(detail_mm: f64) -> Style {
    Style {
        detail_mm,
        reach_mm: 8.0,
        ramp_hu: None,
        passes: 2,
    }
}

/// For what is thin.
fn fine(detail_mm: f64, ramp_hu: Option<[i16; 2]>) -> Style {
    Style {
        detail_mm,
        reach_mm: 3.5,
        ramp_hu,
        passes: usize::from(ramp_hu.is_none()),
    }
}

pub(crate) fn lungs(mask: Mask) -> Structure {
    lung("lungs", "双肺", "lungs", mask)
}

pub(crate) fn lung_left(mask: Mask) -> Structure {
    lung("lung-left", "左肺", "left lung", mask)
}

pub(crate) fn lung_right(mask: Mask) -> Structure {
    lung("lung-right", "右肺", "right lung", mask)
}

fn lung(name: &str, zh: &str, en: &str, mask: Mask) -> Structure {
    Structure {
        name: name.to_owned(),
        label: Text::new(zh, en),
        colour: "#e8a5a0",
        method: by_threshold(
            &format!(
                "体内低于 {} HU 的空气，去除气管，闭运算纳入血管与胸膜下小结节；同侧含气肺在其上、下及内侧包围的致密肺（实变、肿块、包裹性积液）一并纳入，与膈肌或纵隔相连的致密肺不在其内",
                segment::LUNG_HU
            ),
            &format!(
                "air in the body below {} HU without the windpipe, closed over vessels and small nodules at the pleura; dense lung (consolidation, masses, encapsulated fluid) is taken in where air-filled lung of its side lies above, below and inward of it, and is missing where it joins diaphragm or mediastinum",
                segment::LUNG_HU
            ),
        ),
        mask,
        style: smooth(1.5),
        triangles: 60_000,
    }
}

pub(crate) fn airway(mask: Mask) -> Structure {
    Structure {
        name: "airway".to_owned(),
        label: Text::new("气道", "airway"),
        colour: "#8fd0e8",
        method: by_threshold(
            "自气管逐级升高阈值生长，逐块检查大小与管壁以防泄漏入肺；细小支气管未能显示",
            "grown from the windpipe by rising thresholds, each part checked for its size and walls so that it does not leak into the lung; small bronchi are not seen",
        ),
        mask,
        style: fine(1.0, None),
        triangles: 60_000,
    }
}

pub(crate) fn vessels(mask: Mask) -> Structure {
    Structure {
        name: "lung-vessels".to_owned(),
        label: Text::new("肺血管", "lung vessels"),
        colour: "#c0504d",
        method: by_threshold(
            &format!(
                "肺内高于 {} HU 的体素，去除各尺度上圆而孤立者；片状炎症与瘢痕可能仍在其中，未区分动静脉",
                segment::VESSEL_HU
            ),
            &format!(
                "voxels inside the lungs above {} HU without what is round and stands by itself at any scale; spread inflammation and scars may remain, arteries and veins are not told apart",
                segment::VESSEL_HU
            ),
        ),
        mask,
        style: fine(1.0, Some([segment::VESSEL_HU, 300])),
        triangles: 150_000,
    }
}

pub(crate) fn spots(mask: Mask) -> Structure {
    Structure {
        name: "lung-dense".to_owned(),
        label: Text::new(
            "肺内致密影（非血管）",
            "dense spots in the lungs, not vessels",
        ),
        colour: "#e0b040",
        method: by_threshold(
            &format!(
                "肺内高于 {} HU、圆而孤立的部分，以及被含气肺包围的致密肺：结节、实变、瘢痕、包裹性积液均可，未作诊断",
                segment::VESSEL_HU
            ),
            &format!(
                "parts of the lungs above {} HU that are round and stand by themselves, and dense lung that air-filled lung encloses: nodules, consolidation, scars or encapsulated fluid, without a diagnosis",
                segment::VESSEL_HU
            ),
        ),
        mask,
        style: fine(1.0, Some([segment::VESSEL_HU, 300])),
        triangles: 60_000,
    }
}

pub(crate) fn mediastinum(mask: Mask) -> Structure {
    Structure {
        name: "mediastinum".to_owned(),
        label: Text::new("心脏与纵隔轮廓", "outline of heart and mediastinum"),
        colour: "#b06a6a",
        method: by_threshold(
            "两肺之间的软组织作为一个整体：心脏未单独分割，下端含膈顶及其下方组织",
            "soft tissue between the lungs as one outline: the heart is not parted from the rest, and the lower end takes in the top of the diaphragm and what lies under it",
        ),
        mask,
        style: smooth(1.5),
        triangles: 60_000,
    }
}

pub(crate) fn aorta(mask: Mask) -> Structure {
    Structure {
        name: "aorta".to_owned(),
        label: Text::new(
            "主动脉（造影剂充盈部分）",
            "aorta, as far as contrast medium fills it",
        ),
        colour: "#c23b3b",
        method: by_threshold(
            "脊柱旁逐层圆形的造影剂充盈截面为降主动脉，其上相连者为主动脉弓及升主动脉；主动脉根部可能缺失，弓部分支的起始可能包含其中，管壁与血栓不在其内",
            "round sections full of contrast medium beside the spine are the descending aorta, what is joined to it above are arch and ascending aorta; the root may be missing, the beginnings of the arch's branches may be taken in, wall and thrombus are not",
        ),
        mask,
        style: smooth(1.0),
        triangles: 60_000,
    }
}

pub(crate) fn skeleton(mask: Mask, parted: bool) -> Structure {
    let (zh, en) = if parted {
        (
            "；造影剂充盈的心血管按其均匀的内核分离，可能残留小血管或缺损骨质",
            "; heart and vessels full of contrast medium are parted by their even cores: small vessels may remain, and bone may be missing",
        )
    } else {
        (
            "；未见造影剂内核，钙化可能包含其中",
            "; no cores of contrast medium seen, calcifications may be included",
        )
    };
    Structure {
        name: "skeleton".to_owned(),
        label: Text::new("骨骼", "skeleton"),
        colour: "#efe6d2",
        method: by_threshold(
            &format!("高于 {} HU 的致密结构{zh}", segment::DENSE_HU),
            &format!("dense structures above {} HU{en}", segment::DENSE_HU),
        ),
        mask,
        style: fine(1.0, Some([segment::DENSE_HU, 300])),
        triangles: 200_000,
    }
}

pub(crate) fn contrast(mask: Mask) -> Structure {
    Structure {
        name: "contrast".to_owned(),
        label: Text::new(
            "造影剂充盈的心血管",
            "heart and vessels with contrast medium",
        ),
        colour: "#d9534f",
        method: by_threshold(
            &format!(
                "高于 {} HU 且内部均匀的致密结构及其分支；可能含邻近骨质",
                segment::DENSE_HU
            ),
            &format!(
                "dense structures above {} HU that are even inside, and their branches; may hold adjacent bone",
                segment::DENSE_HU
            ),
        ),
        mask,
        style: fine(1.0, Some([segment::DENSE_HU, 300])),
        triangles: 100_000,
    }
}

pub(crate) fn skin(mask: Mask) -> Structure {
    Structure {
        name: "skin".to_owned(),
        label: Text::new("体表", "skin"),
        colour: "#d8b49a",
        method: by_threshold(
            "高于 −300 HU 的最大厚实部分，去除检查床",
            "largest thick part above −300 HU, without the table",
        ),
        mask,
        style: smooth(2.5),
        triangles: 60_000,
    }
}

/// The method's text with the caveat that every threshold carries.
fn by_threshold(zh: &str, en: &str) -> Text {
    Text::new(
        format!("{zh}。阈值为工程惯例，有待确认；非诊断用分割"),
        format!(
            "{en}. Thresholds are engineering conventions and need confirmation; not a diagnostic segmentation"
        ),
    )
}
