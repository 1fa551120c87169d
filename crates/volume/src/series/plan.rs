//! Which image goes to which plane, and what is wrong with the series.

use super::{THICK_SLICE_MM, head::Head};
use crate::{Grid, Notice, VolumeError, formats::checked_voxels, grid};

/// Images nearer to one another than this are at the same position, mm.
const SAME_POSITION_MM: f64 = 0.01;
/// How far the step between slices may be off a whole multiple of the usual one, as a share of it.
const STEP_TOLERANCE: f64 = 0.1;
/// Slices that are shifted sideways by less than this share of a pixel count as not shifted.
const SHIFT_TOLERANCE_PX: f64 = 0.1;
/// How far a slice may lie beside the common line, mm.
const SCATTER_MM: f64 = 1.0;
/// Orientations agree if the cosines between their axes are above this (0.8°).
const SAME_DIRECTION: f64 = 0.9999;

/// One image and its plane.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    pub head: Head,
    pub plane: usize,
    /// How far its pixels move to lie in a grid with perpendicular axes, columns and rows;
    /// none in a scan that is not tilted.
    pub shift_px: Option<[f64; 2]>,
}

/// A volume to be filled.
#[derive(Debug)]
pub(super) struct Plan {
    pub grid: Grid,
    pub slices: Vec<Slice>,
    pub series_uid: String,
    pub frame_of_reference_uid: String,
    pub is_hu: bool,
    pub slice_thickness_mm: Option<f64>,
    pub kernel: Option<String>,
    pub notices: Vec<Notice>,
}

/// Plans the volume that most of the images make.
pub(super) fn plan(heads: &[Head]) -> Result<Plan, VolumeError> {
    let mut notices = Vec::new();
    let (mut stack, first) = largest_stack(heads, &mut notices)?;
    let [row, column] = first.axes_lps;
    let normal = grid::cross(row, column);
    stack.sort_by(|(a, p), (b, q)| p.total_cmp(q).then(a.number.cmp(&b.number)));
    drop_duplicates(&mut stack, &mut notices);
    let (planes, step) = planes_of(&stack, &mut notices)?;
    let (Some((bottom, from)), Some((top, to))) = (stack.first(), stack.last()) else {
        return Err(VolumeError::SingleSlice);
    };
    // The line through the first and the last slice; sideways of the normal in a tilted scan.
    let way = grid::subtract(top.position_lps_mm, bottom.position_lps_mm);
    let aside = grid::add_scaled(way, -(to - from), normal);
    let tilt = grid::length(aside).atan2(to - from).to_degrees();
    let per_mm = aside.map(|c| c / (to - from));
    let mut shifts = Vec::with_capacity(stack.len());
    for (head, position) in &stack {
        let here = grid::subtract(head.position_lps_mm, bottom.position_lps_mm);
        let off = grid::add_scaled(here, -(position - from), normal);
        let stray = grid::length(grid::add_scaled(off, -(position - from), per_mm));
        if stray > SCATTER_MM {
            return Err(VolumeError::Scattered { shift_mm: stray });
        }
        let [dx, dy] = first.spacing_mm;
        shifts.push([grid::dot(off, row) / dx, grid::dot(off, column) / dy]);
    }
    let tilted = shifts
        .iter()
        .flatten()
        .any(|s| s.abs() > SHIFT_TOLERANCE_PX);
    let (margin, extra) = if tilted {
        margins(&shifts)
    } else {
        ([0.0; 2], [0; 2])
    };
    if tilted {
        notices.push(tilt_notice(tilt));
    }
    let [dx, dy] = first.spacing_mm;
    let [nx, ny] = first.size;
    let depth = planes.last().map_or(0, |p| p + 1);
    let size = [nx + extra[0], ny + extra[1], depth];
    checked_voxels(size)?;
    let corner = grid::add_scaled(bottom.position_lps_mm, -margin[0] * dx, row);
    let origin = grid::add_scaled(corner, -margin[1] * dy, column);
    notices.extend(thickness_notice(
        step.max(first.thickness_mm.unwrap_or(0.0)),
    ));
    let is_hu = check_units(&stack, &mut notices);
    let slices = stack
        .iter()
        .zip(planes)
        .zip(shifts)
        .map(|(((head, _), plane), [x, y])| Slice {
            head: (*head).clone(),
            plane,
            shift_px: tilted.then(|| [x + margin[0], y + margin[1]]),
        })
        .collect();
    Ok(Plan {
        grid: Grid {
            size,
            spacing_mm: [dx, dy, step],
            origin_lps_mm: origin,
            direction_lps: [row, column, normal],
        },
        slices,
        series_uid: first.series_uid.clone(),
        frame_of_reference_uid: first.frame_of_reference_uid.clone(),
        is_hu,
        slice_thickness_mm: first.thickness_mm,
        kernel: first.kernel.clone(),
        notices,
    })
}

type Stack<'a> = Vec<(&'a Head, f64)>;

/// The largest set of images with one size, orientation, spacing and series, each with its
/// position along the normal; a notice tells what else there was.
fn largest_stack<'a>(
    heads: &'a [Head],
    notices: &mut Vec<Notice>,
) -> Result<(Stack<'a>, &'a Head), VolumeError> {
    let mut groups: Vec<Vec<&Head>> = Vec::new();
    for head in heads {
        let group = groups
            .iter_mut()
            .find(|group| group.first().is_some_and(|first| alike(first, head)));
        match group {
            Some(group) => group.push(head),
            None => groups.push(vec![head]),
        }
    }
    let group = groups
        .into_iter()
        .rev()
        .max_by_key(|group| (group.first().is_some_and(|h| !h.is_localizer), group.len()))
        .unwrap_or_default();
    let &first = group.first().ok_or(VolumeError::SingleSlice)?;
    let others = heads.len() - group.len();
    if others > 0 {
        let localizers = heads.iter().filter(|h| h.is_localizer).count();
        notices.push(Notice::new(
            "other-images",
            format!("{others} 幅图像的尺寸、方向、间距或序列不同（其中定位像 {localizers} 幅），未纳入容积"),
            format!("{others} images of another size, orientation, spacing or series ({localizers} localizers) are left out"),
        ));
    }
    let [row, column] = first.axes_lps;
    let normal = grid::cross(row, column);
    let stack = group
        .into_iter()
        .map(|head| (head, grid::dot(head.position_lps_mm, normal)))
        .collect();
    Ok((stack, first))
}

fn alike(a: &Head, b: &Head) -> bool {
    let spacing = a.spacing_mm.iter().zip(b.spacing_mm);
    let axes = a.axes_lps.iter().zip(b.axes_lps);
    a.size == b.size
        && a.is_localizer == b.is_localizer
        && a.series_uid == b.series_uid
        && spacing.into_iter().all(|(a, b)| (a / b - 1.0).abs() < 1e-3)
        && axes
            .into_iter()
            .all(|(a, b)| grid::dot(*a, b) > SAME_DIRECTION)
}

fn drop_duplicates(stack: &mut Stack<'_>, notices: &mut Vec<Notice>) {
    let before = stack.len();
    let mut at = Vec::new();
    stack.dedup_by(|(_, later), (_, earlier)| {
        let same = (*later - *earlier).abs() < SAME_POSITION_MM;
        if same && at.len() < 3 {
            at.push(format!("{later:.1}"));
        }
        same
    });
    let dropped = before - stack.len();
    if dropped > 0 {
        let at = at.join(", ");
        notices.push(Notice::new(
            "slices-duplicate",
            format!("{dropped} 幅图像与其他图像位置相同（如 {at} mm 处），每处只取第一幅"),
            format!("{dropped} images lie where another lies already (as at {at} mm); the first of each place is shown"),
        ));
    }
}

/// The plane of each image of a sorted stack, and the step between planes.
fn planes_of(
    stack: &Stack<'_>,
    notices: &mut Vec<Notice>,
) -> Result<(Vec<usize>, f64), VolumeError> {
    let steps: Vec<(f64, f64)> = stack
        .windows(2)
        .filter_map(|pair| match pair {
            [(_, a), (_, b)] => Some((*a, *b)),
            _ => None,
        })
        .collect();
    let mut sorted: Vec<f64> = steps.iter().map(|(a, b)| b - a).collect();
    sorted.sort_by(f64::total_cmp);
    let &usual = sorted
        .get(sorted.len() / 2)
        .ok_or(VolumeError::SingleSlice)?;
    let mut planes = vec![0];
    let mut gaps = Vec::new();
    let (mut plane, mut missing) = (0_usize, 0_usize);
    for (from, to) in steps {
        let ratio = (to - from) / usual;
        let whole = ratio.round();
        if (ratio - whole).abs() > STEP_TOLERANCE || whole < 1.0 {
            return Err(VolumeError::IrregularSpacing {
                from_mm: from,
                to_mm: to,
                found_mm: to - from,
                usual_mm: usual,
            });
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates"
        )]
        let whole = (whole as usize).min(u32::MAX as usize);
        plane = plane.saturating_add(whole);
        missing = missing.saturating_add(whole - 1);
        if whole > 1 {
            gaps.push((whole - 1, from, to));
        }
        planes.push(plane);
    }
    if missing > stack.len() {
        return Err(VolumeError::TooManyMissing {
            missing,
            present: stack.len(),
        });
    }
    notices.extend(gap_notice(&gaps));
    let length: f64 = sorted.iter().sum();
    Ok((planes, length / plane.max(1) as f64))
}

/// Names the first gaps: how many slices are missing between which positions.
fn gap_notice(gaps: &[(usize, f64, f64)]) -> Option<Notice> {
    let missing: usize = gaps.iter().map(|(n, ..)| n).sum();
    let named = gaps.iter().take(3);
    let zh: Vec<String> = named
        .clone()
        .map(|(n, from, to)| format!("{from:.1} mm 与 {to:.1} mm 之间 {n} 层"))
        .collect();
    let en: Vec<String> = named
        .map(|(n, from, to)| format!("{n} between {from:.1} mm and {to:.1} mm"))
        .collect();
    let more = gaps.len().saturating_sub(3);
    let (more_zh, more_en) = match more {
        0 => (String::new(), String::new()),
        n => (format!("，另有 {n} 处"), format!(", and {n} more gaps")),
    };
    (missing > 0).then(|| {
        Notice::new(
            "slices-missing",
            format!("缺少 {missing} 层：{}{more_zh}；缺层处显示为空气，不可测量", zh.join("；")),
            format!(
                "{missing} slices are missing: {}{more_en}; there the volume reads as air and must not be measured",
                en.join(", ")
            ),
        )
    })
}

/// Says that slices are too thick for volumetry, where they are.
pub(super) fn thickness_notice(thickness_mm: f64) -> Option<Notice> {
    (thickness_mm >= THICK_SLICE_MM).then(|| {
        Notice::new(
            "slices-thick",
            format!("层厚 {thickness_mm:.1} mm（≥ {THICK_SLICE_MM} mm）：不适于结节体积测量与倍增时间计算"),
            format!("slices of {thickness_mm:.1} mm (≥ {THICK_SLICE_MM} mm): too thick for volumetry of nodules and doubling times"),
        )
    })
}

fn tilt_notice(degrees: f64) -> Notice {
    Notice::new(
        "gantry-tilt",
        format!("扫描架倾斜 {degrees:.1}°：各层已平移插值到正交网格，HU 值为插值所得"),
        format!(
            "gantry tilt of {degrees:.1}°: slices are moved into an orthogonal grid, so HU values are interpolated"
        ),
    )
}

/// Whether the values are HU; a notice says why not.
fn check_units(stack: &Stack<'_>, notices: &mut Vec<Notice>) -> bool {
    if !stack.iter().all(|(head, _)| head.is_ct) {
        notices.push(Notice::new(
            "not-ct",
            "不是 CT：数值不是 HU，不按阈值提取结构",
            "not a CT: values are not HU, and no structures are found by thresholds",
        ));
        return false;
    }
    if !stack.iter().all(|(head, _)| head.has_rescale) {
        notices.push(Notice::new(
            "no-rescale",
            "缺少重定标斜率或截距：无法换算为 HU，按原值显示",
            "rescale slope or intercept is missing: values cannot be turned into HU and are shown as stored",
        ));
        return false;
    }
    true
}

/// How far the grid must reach beyond the first slice, before it and in all, so that none is cut off.
fn margins(shifts: &[[f64; 2]]) -> ([f64; 2], [usize; 2]) {
    let mut margin = [0.0; 2];
    let mut extra = [0; 2];
    for (axis, (margin, extra)) in margin.iter_mut().zip(&mut extra).enumerate() {
        let along = shifts.iter().filter_map(|s| s.get(axis).copied());
        let lo = along.clone().fold(0.0, f64::min);
        let hi = along.fold(0.0, f64::max);
        *margin = (-lo).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates"
        )]
        let reach = (hi.ceil() - lo.floor()) as usize;
        *extra = reach;
    }
    (margin, extra)
}
