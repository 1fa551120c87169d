//! Coded frames in which any bytes are changed, cut or replaced: samples or an error, never a panic that gets
//! out, and never more memory than the data set's size explains. Seeds are small files of the shared data
//! (`YUANYI_TEST_DATA`), one for each kind of stream.
#![no_main]

use std::{fs, path::PathBuf, sync::OnceLock};

use bytes::Bytes;
use dicom::pixels::{PixelFile, TARGETS, transcode};
use libfuzzer_sys::fuzz_target;

const SEEDS: &[&str] = &[
    "pydicom/test_files/JPEGLSNearLossless_08.dcm",
    "pydicom/test_files/JPEGLSNearLossless_16.dcm",
    "pydicom/test_files/SC_rgb_jls_lossy_sample.dcm",
    "pydicom/test_files/SC_rgb_jls_lossy_line.dcm",
    "pydicom/test_files/MR_small_RLE.dcm",
    "pydicom/test_files/JPEG2000.dcm",
    "pynetdicom/MRImageStorage_JPG2000_Lossless.dcm",
    "pydicom/test_files/SC_rgb_dcmtk_+eb+cy+s2.dcm",
    "pydicom/test_files/SC_rgb_jpeg_gdcm.dcm",
    "pydicom/test_files/JPGExtended.dcm",
    "pydicom-data/liver_nonbyte_aligned_deflate.dcm",
    "pydicom-data/HTJ2KLossless_08_RGB.dcm",
    "pydicom/test_files/rtdose_rle_1frame.dcm",
    "pylibjpeg-data/RLELossless/OBXXXX1A_rle_2frame.dcm",
];

fn seeds() -> &'static [Vec<u8>] {
    static SEEDS_READ: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SEEDS_READ.get_or_init(|| {
        let folder = std::env::var_os("YUANYI_TEST_DATA").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
            PathBuf::from,
        );
        let read = |name: &&str| fs::read(folder.join("dicom").join(name)).ok();
        SEEDS.iter().filter_map(read).collect()
    })
}

/// Decodes, shows and rewrites what can be.
fn use_all(file: Vec<u8>) {
    let Ok(opened) = PixelFile::open(&file) else {
        return;
    };
    // Large frames are allowed where the data set says so; they would only make this slow.
    if opened.form().samples() > 1 << 21 {
        return;
    }
    let _ = opened.frame(0);
    let _ = opened.picture(opened.form().frames - 1, None);
    let _ = opened.frame_stream(0);
    if opened.form().samples() * opened.form().frames < 1 << 18 {
        let file = Bytes::from(file);
        for target in TARGETS {
            let _ = transcode(&file, target);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, steps)) = bytes.split_first() else {
        return;
    };
    let seeds = seeds();
    if let Some(seed) = seeds.get(usize::from(*which) % seeds.len().max(1)) {
        let mut file = seed.clone();
        // A step: what to do, where from the end (streams lie there) or the start, and with which byte.
        for step in steps.chunks_exact(5) {
            let [what, a, b, c, byte] = *step else { break };
            let far = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
            let at = match what % 2 {
                0 => file.len().saturating_sub(far % (file.len() + 1)),
                _ => far % (file.len() + 1),
            };
            match what / 2 % 4 {
                0 | 1 => {
                    if let Some(place) = file.get_mut(at) {
                        *place = byte;
                    }
                }
                2 => {
                    file.insert(at, byte);
                }
                _ => {
                    if at < file.len() {
                        file.remove(at);
                    }
                }
            }
        }
        use_all(file);
    }
    use_all(bytes.to_vec());
});
