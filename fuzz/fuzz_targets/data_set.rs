//! Any bytes as a DICOM file, and as a data set in each plain transfer syntax: taken in, written as DICOM
//! JSON, read as each kind of object that is understood, de-identified. Never a panic, never more memory than
//! the bytes explain, and a de-identified copy can always be read again.
#![no_main]

use std::sync::OnceLock;

use bytes::Bytes;
use dicom::{
    data_set_in,
    deidentify::{Options, ProjectKey, deidentify},
    file_of_data_set, open_head, parse, read_report, read_seg, read_structures, web,
};
use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// What reading takes beside the bytes, and for each of them: numbers of two characters become JSON values,
/// and deflated data sets grow.
const MOST_BYTES: usize = 192 << 20;
const MOST_FOR_A_BYTE: usize = 2048;

const SYNTAXES: &[&str] = &[
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.50",
];

fn options() -> &'static [Options; 2] {
    static OPTIONS: OnceLock<[Options; 2]> = OnceLock::new();
    OPTIONS.get_or_init(|| {
        let all = Options {
            clean_graphics: true,
            shift_dates: true,
            retain_patient_characteristics: true,
            clean_descriptors: true,
            clean_structured_content: true,
            clean_pixel_data: true,
            retain_safe_private: true,
            retain_uids: false,
            retain_device_identity: true,
            retain_institution_identity: true,
            pixels_vouched_for: true,
        };
        [Options::default(), all]
    })
}

fn use_all(file: Bytes) {
    let _ = open_head(&file);
    let Ok(object) = parse(file) else { return };
    let file = object.file;
    let metadata = web::metadata(&file, "https://h/i").expect("what was taken in has metadata");
    // As it is sent.
    serde_json::to_string(&metadata).expect("JSON is text");
    let _ = web::bulk_data(&file, "00081140/1/00081155");
    let _ = read_seg(&file);
    let _ = read_report(&file);
    let _ = read_structures(&file);
    let _ = data_set_in(&file, SYNTAXES[0]);
    let key = ProjectKey::derive(&[7; 32], "fuzz");
    for options in options() {
        if let Ok(copy) = deidentify(&file, &key, "p1", options) {
            let copy = parse(copy.file.into()).expect("a de-identified copy can be read");
            assert!(copy.sop != object.sop, "a UID was kept");
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    use_all(Bytes::copy_from_slice(bytes));
    if let Some((which, data_set)) = bytes.split_first() {
        let syntax = SYNTAXES[usize::from(*which) % SYNTAXES.len()];
        let class = "1.2.840.10008.5.1.4.1.1.2";
        if let Ok(file) = file_of_data_set(class, "1.2.3", syntax, "FUZZ", data_set) {
            use_all(file);
        }
    }
    let taken = HEAP.peak_usage().saturating_sub(before);
    let most = MOST_BYTES + MOST_FOR_A_BYTE * bytes.len();
    assert!(taken <= most, "{taken} bytes of memory for {} bytes", bytes.len());
});
