//! A file whose header forges a length costs that file, and no memory.

mod phantom;

use peak_alloc::PeakAlloc;
use phantom::series_of;
use volume::series::from_files;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

#[test]
fn a_forged_length_in_one_file_of_a_series_takes_no_memory() {
    let mut files = phantom::files(&series_of(6));
    // An element before everything that places the slice claims nearly 4 GiB.
    let file = &mut files[2];
    let start = file.windows(6).position(|six| six == b"\x08\x00\x16\x00UI");
    let forged = b"\x08\x00\x01\x00UT\0\0\x00\x00\x00\xf0".to_vec();
    let start = start.expect("the class is there");
    file.splice(start..start, forged);
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let series = from_files(&files).expect("the rest is a volume");
    let taken = HEAP.peak_usage().saturating_sub(before);
    assert!(taken < 16 << 20, "{taken} bytes were taken");
    let codes: Vec<&str> = series
        .notices
        .iter()
        .map(|notice| notice.code.as_str())
        .collect();
    assert!(codes.contains(&"files-unreadable"), "{codes:?}");
    assert_eq!(series.missing_planes, [2]);
}
