//! Series built file by file: what is said, what is refused, and where voxels end up.
#![allow(
    clippy::float_cmp,
    clippy::indexing_slicing,
    reason = "numbers compared here are exact, and a test may stop"
)]

mod phantom;

use std::{
    borrow::Cow,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use phantom::{Slice, series_of};
use proptest::prelude::*;
use volume::{
    VolumeError,
    series::{Files, from_files, read_from},
};

fn codes(files: &[Vec<u8>]) -> Result<Vec<String>, String> {
    match from_files(files) {
        Ok(series) => Ok(series.notices.into_iter().map(|n| n.code).collect()),
        Err(error) => Err(error.notice().code),
    }
}

fn check(name: &str, files: &[Vec<u8>], expect: Result<&[&str], &str>) {
    let expect = expect
        .map(|codes| codes.iter().map(ToString::to_string).collect::<Vec<_>>())
        .map_err(str::to_owned);
    assert_eq!(codes(files), expect, "{name}");
}

#[test]
fn every_irregularity_is_said_or_refused() {
    let plain = || series_of(12);
    let without = |drop: &[usize]| {
        let mut slices = plain();
        let mut i = 0;
        slices.retain(|_| {
            i += 1;
            !drop.contains(&(i - 1))
        });
        phantom::files(&slices)
    };
    let changed = |change: &dyn Fn(usize, &mut Slice)| {
        let mut slices = plain();
        for (i, slice) in slices.iter_mut().enumerate() {
            change(i, slice);
        }
        phantom::files(&slices)
    };
    check("plain", &phantom::files(&plain()), Ok(&[]));
    check("one missing", &without(&[5]), Ok(&["slices-missing"]));
    check(
        "most missing",
        &without(&[2, 3, 4, 5, 6, 7, 8, 9]),
        Err("too-many-missing"),
    );
    check(
        "single",
        &without(&(1..12).collect::<Vec<_>>()),
        Err("single-slice"),
    );
    check("none", &[], Err("no-images"));
    let twice = changed(&|i, s| {
        if i == 3 {
            s.position[2] -= 2.0;
        }
    });
    check(
        "duplicate leaves a gap",
        &twice,
        Ok(&["slices-duplicate", "slices-missing"]),
    );
    let uneven = changed(&|i, s| {
        if i > 6 {
            s.position[2] += 0.9;
        }
    });
    check("uneven", &uneven, Err("irregular-spacing"));
    let tilted = changed(&|i, s| s.position[1] += 0.5 * i as f64);
    check("tilted", &tilted, Ok(&["gantry-tilt"]));
    let scattered = changed(&|i, s| s.position[0] += if i == 5 { 4.0 } else { 0.0 });
    check("scattered", &scattered, Err("slices-scattered"));
    let thick = changed(&|_, s| s.thickness = "3".to_owned());
    check("thick", &thick, Ok(&["slices-thick"]));
    let mr = changed(&|_, s| s.modality = "MR");
    check("not a CT", &mr, Ok(&["not-ct"]));
    let bare = changed(&|_, s| s.rescale = None);
    check("no rescale", &bare, Ok(&["no-rescale"]));
    let localizer = changed(&|i, s| {
        if i == 0 {
            s.orientation = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0];
        }
    });
    check("other orientation", &localizer, Ok(&["other-images"]));
    let larger = changed(&|i, s| {
        if i == 11 {
            s.size = [20, 16];
        }
    });
    check("other size", &larger, Ok(&["other-images"]));
    let mut broken = phantom::files(&plain());
    broken[4].truncate(900);
    broken[11] = b"no DICOM at all".to_vec();
    check(
        "two broken",
        &broken,
        Ok(&["slices-missing", "files-unreadable"]),
    );
}

#[test]
fn the_notice_of_a_gap_names_it_in_both_languages() {
    let mut slices = series_of(12);
    slices.drain(5..7);
    let series = from_files(&phantom::files(&slices)).unwrap();
    let text = &series.notices[0].text;
    assert!(
        text.en.contains("2 between -92.0 mm and -86.0 mm"),
        "{}",
        text.en
    );
    assert!(
        text.zh.contains("-92.0 mm 与 -86.0 mm 之间 2 层"),
        "{}",
        text.zh
    );
    assert_eq!(series.missing_planes, [5, 6]);
    assert_eq!(series.volume.grid.size[2], 12);
    assert_eq!(series.volume.at([3, 3, 5]), Some(volume::AIR_FILL_HU));
}

#[test]
fn voxels_are_hu_and_lie_where_the_headers_say_in_any_order_of_files() {
    let mut files = phantom::files(&series_of(12));
    files.reverse();
    files.swap(2, 7);
    let volume = from_files(&files).unwrap().volume;
    assert_eq!(volume.grid.size, [18, 16, 12]);
    assert_eq!(volume.grid.spacing_mm, [0.5, 0.75, 2.0]);
    assert_eq!(volume.grid.origin_lps_mm, [-30.0, -40.0, -100.0]);
    assert_eq!(volume.at([7, 4, 9]), Some(phantom::hu(7, 4, 9)));
}

#[test]
fn a_tilted_scan_is_put_upright() {
    let mut slices = series_of(12);
    for (i, slice) in slices.iter_mut().enumerate() {
        // Sheared by whole rows, so that nothing needs interpolation.
        slice.position[1] += 0.75 * i as f64;
    }
    let volume = from_files(&phantom::files(&slices)).unwrap().volume;
    assert_eq!(volume.grid.size, [18, 16 + 11, 12]);
    assert_eq!(volume.at([7, 4 + 9, 9]), Some(phantom::hu(7, 4, 9)));
    assert_eq!(volume.at([7, 0, 9]), Some(volume::AIR_FILL_HU));
}

/// Files that are counted when they are read, and a place that fails at one of them.
struct Place {
    files: Vec<Vec<u8>>,
    reads: AtomicUsize,
    fails_at: Option<usize>,
}

impl Files for Place {
    fn count(&self) -> usize {
        self.files.len()
    }

    fn read(&self, file: usize) -> Result<Cow<'_, [u8]>, VolumeError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if self.fails_at == Some(file) {
            return Err(VolumeError::Io("gone".to_owned()));
        }
        Ok(Cow::Owned(self.files[file].clone()))
    }
}

#[test]
fn files_are_read_where_they_lie_and_a_place_that_fails_is_no_broken_file() {
    let files = phantom::files(&series_of(12));
    let never = AtomicBool::new(false);
    let place = |fails_at| Place {
        files: files.clone(),
        reads: AtomicUsize::new(0),
        fails_at,
    };
    let sound = place(None);
    assert_eq!(read_from(&sound, &never), from_files(&files));
    // Once for the header, once for the pixels.
    assert_eq!(sound.reads.load(Ordering::Relaxed), 24);
    let failing = read_from(&place(Some(7)), &never);
    assert_eq!(failing, Err(VolumeError::Io("gone".to_owned())));
    let stopped = read_from(&place(None), &AtomicBool::new(true));
    assert_eq!(stopped, Err(VolumeError::Cancelled));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn mutated_files_never_panic(
        which in 0..4_usize,
        edits in proptest::collection::vec((0..1700_usize, any::<u8>()), 1..12),
        cut in 0..3000_usize,
    ) {
        let mut files = phantom::files(&series_of(4));
        for (at, to) in edits {
            if let Some(byte) = files[which].get_mut(at) {
                *byte = to;
            }
        }
        files[which].truncate(cut);
        let _ = from_files(&files);
    }
}
