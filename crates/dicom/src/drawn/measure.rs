//! What is measured at a mark. The same as the viewer shows, from the pixels as they are stored.

use super::{MeasuredValue, NewMark, NewMarkKind, Sheet, ValueName};

/// The values of a mark on its picture; none where nothing can be measured.
pub fn measure(mark: &NewMark, on: &Sheet) -> Vec<MeasuredValue> {
    let value = |name, value: f64, unit: &str| MeasuredValue {
        name,
        value,
        unit: unit.to_owned(),
    };
    match (mark.kind, mark.points.as_slice()) {
        (NewMarkKind::Length, &[a, b]) => {
            let [x, y] = between(on, a, b);
            let unit = if on.spacing_mm.is_some() { "mm" } else { "px" };
            vec![value(ValueName::Length, x.hypot(y), unit)]
        }
        (NewMarkKind::Angle, &[from, corner, to]) => angle(on, from, corner, to)
            .map(|degrees| value(ValueName::Angle, degrees, "°"))
            .into_iter()
            .collect(),
        (NewMarkKind::Rectangle | NewMarkKind::Ellipse, &[a, b]) => {
            let [w, h] = between(on, a, b);
            let is_round = mark.kind == NewMarkKind::Ellipse;
            let share = if is_round {
                std::f64::consts::FRAC_PI_4
            } else {
                1.0
            };
            let unit = if on.spacing_mm.is_some() {
                "mm²"
            } else {
                "px²"
            };
            let mut all = vec![value(ValueName::Area, (w * h).abs() * share, unit)];
            for (name, number) in statistics(on, is_round, a, b).into_iter().flatten() {
                all.push(value(name, number, &on.unit));
            }
            all
        }
        (NewMarkKind::Probe, &[at]) => pixel(on, at)
            .map(|number| value(ValueName::Value, number, &on.unit))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// The way between two pixels in millimetres, or in pixels.
fn between(on: &Sheet, [ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> [f64; 2] {
    let [sx, sy] = on.spacing_mm.unwrap_or([1.0; 2]);
    [(bx - ax) * sx, (by - ay) * sy]
}

/// The angle at the corner in degrees, 0 to 180; none where a leg has no length.
fn angle(on: &Sheet, from: [f64; 2], corner: [f64; 2], to: [f64; 2]) -> Option<f64> {
    let [ax, ay] = between(on, corner, from);
    let [bx, by] = between(on, corner, to);
    let size = ax.hypot(ay) * bx.hypot(by);
    let cosine = ((ax * bx + ay * by) / size).clamp(-1.0, 1.0);
    (size > 0.0).then(|| cosine.acos().to_degrees())
}

/// The value of the pixel that a point lies in.
fn pixel(on: &Sheet, [x, y]: [f64; 2]) -> Option<f64> {
    let place = |at: f64| {
        let at = at.round();
        // `as` saturates; what lies outside has no value.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (at >= 0.0).then_some(at as usize)
    };
    on.value(place(x)?, place(y)?)
}

/// Over all pixels whose centre lies within and that have a value; none where there is none.
fn statistics(
    on: &Sheet,
    is_round: bool,
    [ax, ay]: [f64; 2],
    [bx, by]: [f64; 2],
) -> Option<[(ValueName, f64); 4]> {
    let ([left, right], [top, bottom]) = ([ax.min(bx), ax.max(bx)], [ay.min(by), ay.max(by)]);
    let [cx, cy] = [f64::midpoint(left, right), f64::midpoint(top, bottom)];
    let [rx, ry] = [(right - left) / 2.0, (bottom - top) / 2.0];
    if is_round && (rx <= 0.0 || ry <= 0.0) {
        return None;
    }
    let mut values = Vec::new();
    for y in whole(top, bottom, on.size[1]) {
        for x in whole(left, right, on.size[0]) {
            let away = ((x as f64 - cx) / rx).powi(2) + ((y as f64 - cy) / ry).powi(2);
            if !is_round || away <= 1.0 {
                values.extend(on.value(x, y));
            }
        }
    }
    if values.is_empty() {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    // About the mean, in a second pass: the difference of large squares would lose the small ones.
    let spread: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some([
        (ValueName::Mean, mean),
        (ValueName::Deviation, (spread / count).sqrt()),
        (ValueName::Minimum, least),
        (ValueName::Maximum, most),
    ])
}

/// The whole numbers from one to another that are places of pixels.
fn whole(from: f64, to: f64, size: usize) -> std::ops::Range<usize> {
    // `as` saturates at both ends.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let [from, to] = [from.ceil().max(0.0) as usize, (to.floor() + 1.0) as usize];
    from..to.min(size)
}
