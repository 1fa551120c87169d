//! From the stored pixels of one file to HU in its plane of the volume.

use dicom::pixels::PixelFile;

use super::plan::Slice;
use crate::formats::to_hu;

/// Decodes a slice of a file into its plane, rows of `nx` voxels; `None` if it cannot be decoded.
pub(super) fn decode_into(
    file: &PixelFile,
    slice: &Slice,
    nx: usize,
    out: &mut [i16],
) -> Option<()> {
    let values = values(file, slice)?;
    let [columns, _] = slice.head.size;
    match slice.shift_px {
        Some(shift) => shift_into(&values, slice.head.size, shift, nx, out),
        None if columns == nx => out.get_mut(..values.len())?.copy_from_slice(&values),
        None => return None,
    }
    Some(())
}

/// The slice's pixels as HU, row by row.
fn values(file: &PixelFile, slice: &Slice) -> Option<Vec<i16>> {
    let [columns, rows] = slice.head.size;
    let frame = file.frame(slice.head.frame).ok()?;
    let fits = frame.samples_per_pixel == 1 && [frame.columns, frame.rows] == [columns, rows];
    if !fits {
        return None;
    }
    let (slope, intercept) = (slice.head.slope, slice.head.intercept);
    let stored = frame.samples.to_f64();
    let values: Vec<i16> = stored
        .into_iter()
        .map(|stored| to_hu(stored * slope + intercept))
        .collect();
    (values.len() == columns * rows).then_some(values)
}

/// Writes a slice of a tilted scan where it belongs, between pixels by linear interpolation.
fn shift_into(
    values: &[i16],
    [columns, rows]: [usize; 2],
    [shift_x, shift_y]: [f64; 2],
    nx: usize,
    out: &mut [i16],
) {
    let at = |x: i64, y: i64| -> f64 {
        let inside = usize::try_from(x).ok().filter(|&x| x < columns);
        let index = inside.zip(usize::try_from(y).ok().filter(|&y| y < rows));
        let value = index.and_then(|(x, y)| values.get(y * columns + x));
        f64::from(value.copied().unwrap_or(crate::AIR_FILL_HU))
    };
    for (y, row) in out.chunks_mut(nx).enumerate() {
        let from_y = y as f64 - shift_y;
        let part_y = from_y - from_y.floor();
        for (x, out) in row.iter_mut().enumerate() {
            let from_x = x as f64 - shift_x;
            let part_x = from_x - from_x.floor();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "bounded by the grid's size"
            )]
            let (x, y) = (from_x.floor() as i64, from_y.floor() as i64);
            let above = at(x, y) * (1.0 - part_x) + at(x + 1, y) * part_x;
            let below = at(x, y + 1) * (1.0 - part_x) + at(x + 1, y + 1) * part_x;
            *out = to_hu(above * (1.0 - part_y) + below * part_y);
        }
    }
}
