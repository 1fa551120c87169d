//! DICOMweb: bodies taken apart, frames, metadata, renderings.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::{fs, sync::Arc};

use bytes::Bytes;
use dicom::{
    parse,
    web::{self, Multipart, Rendering, StowAnswer, StowBody, StowReason, ranges},
};

fn body(
    bytes: &Bytes,
    chunk: usize,
) -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> + Send + use<> {
    let chunks: Vec<_> = bytes
        .chunks(chunk)
        .map(|part| Ok(Bytes::copy_from_slice(part)))
        .collect();
    futures::stream::iter(chunks)
}

#[tokio::test]
async fn stored_parts_come_out_as_they_went_in() {
    let slices = support::slices(3);
    let multipart = Multipart::new(web::DICOM, "0123456789abcdef");
    let parts: Vec<_> = slices
        .iter()
        .map(|slice| (web::DICOM.to_owned(), slice.clone()))
        .collect();
    let whole = multipart.whole(&parts);
    for chunk in [1, 7, 4096, usize::MAX] {
        let stream = body(&whole, chunk.min(whole.len()));
        let memory = Arc::default();
        let mut parts = StowBody::new(&multipart.content_type(), stream, 1 << 20, &memory).unwrap();
        let mut answer = StowAnswer::new("https://h/dicom-web");
        for slice in &slices {
            let part = parts.next().await.unwrap().unwrap();
            let part = part.whole(&[]).await.unwrap().bytes;
            assert_eq!(part, slice);
            answer.stored(&parse(part).unwrap());
        }
        assert!(parts.next().await.unwrap().is_none());
        assert_eq!(answer.status(), 200);
        let json = answer.json();
        assert_eq!(json["00081199"]["Value"].as_array().unwrap().len(), 3);
        assert!(
            json["00081190"]["Value"][0]
                .as_str()
                .unwrap()
                .starts_with("https://h/dicom-web/studies/2.25.")
        );
    }
}

#[tokio::test]
async fn bodies_that_are_not_well_formed_are_refused() {
    let slice = support::slices(1).remove(0);
    let multipart = Multipart::new(web::DICOM, "bound");
    let whole = multipart.whole(&[(web::DICOM.to_owned(), slice)]);
    for content_type in [
        "application/dicom",
        "multipart/form-data; boundary=bound",
        "multipart/related",
        "",
    ] {
        assert!(
            StowBody::new(content_type, body(&whole, 100), 1 << 20, &Arc::default()).is_err(),
            "{content_type}"
        );
    }
    let read = async |bytes: Bytes, limit| {
        let (kind, memory) = (multipart.content_type(), Arc::default());
        let mut parts = StowBody::new(&kind, body(&bytes, 100), limit, &memory).unwrap();
        while parts.next().await?.is_some() {}
        Ok::<(), web::WebError>(())
    };
    assert_eq!(read(whole.clone(), 100).await.unwrap_err().status(), 413);
    assert_eq!(
        read(whole.slice(..whole.len() - 12), 1 << 20)
            .await
            .unwrap_err()
            .status(),
        400
    );
    assert!(read(whole, 1 << 20).await.is_ok());
    let mut answer = StowAnswer::new("");
    answer.failed("1.2.3", "1.2.4", StowReason::NotUnderstood);
    assert_eq!(answer.status(), web::STOW_CONFLICT);
    assert_eq!(
        answer.json()["00081198"]["Value"][0]["00081197"]["Value"][0],
        0xc000
    );
}

#[test]
fn any_transfer_syntax_means_as_stored() {
    let Some(folder) = support::shared("dicom/pydicom/test_files") else {
        return;
    };
    for file in ["JPEG2000.dcm", "CT_small.dcm", "MR_small_RLE.dcm"] {
        let object = parse(Bytes::from(fs::read(folder.join(file)).unwrap())).unwrap();
        let stored = object.transfer_syntax.as_str();
        let any = ranges("multipart/related; type=\"application/dicom\"; transfer-syntax=*");
        let (bytes, syntax) = web::as_accepted(object.file.clone(), stored, &any).unwrap();
        assert_eq!(
            (bytes, syntax.as_str()),
            (object.file.clone(), stored),
            "{file}"
        );
        let plain = ranges("multipart/related; type=\"application/dicom\"");
        let (bytes, syntax) = web::as_accepted(object.file.clone(), stored, &plain).unwrap();
        assert_eq!(syntax, "1.2.840.10008.1.2.1", "{file}");
        let decoded = parse(bytes).unwrap();
        assert_eq!(decoded.sop, object.sop);
        assert_eq!(decoded.transfer_syntax.as_str(), "1.2.840.10008.1.2.1");
    }
}

/// The most wanted transfer syntax that can be made is made, and what cannot is refused with what can.
#[test]
fn transfer_syntaxes_are_made_in_the_order_in_which_they_are_wanted() {
    const DICOM: &str = "multipart/related; type=\"application/dicom\"";
    let slice = support::slices(1).remove(0);
    let stored = "1.2.840.10008.1.2.1";
    let (rle, jpeg, mpeg) = (
        "1.2.840.10008.1.2.5",
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.100",
    );
    let made = |accept: &str| web::made_as(stored, &ranges(accept));
    assert_eq!(
        made(&format!("{DICOM}; transfer-syntax={rle}")).unwrap(),
        Some(rle)
    );
    let both = format!("{DICOM}; transfer-syntax={mpeg}, {DICOM}; transfer-syntax={jpeg}");
    assert_eq!(made(&both).unwrap(), Some(jpeg));
    let weighed = format!("{DICOM}; transfer-syntax={rle};q=0.5, {DICOM}");
    assert_eq!(
        made(&weighed).unwrap(),
        None,
        "as stored, which is the default"
    );
    let refused = made(&format!("{DICOM}; transfer-syntax={mpeg}")).unwrap_err();
    assert_eq!(refused.status(), 406);
    assert!(refused.to_string().contains(rle) && refused.to_string().contains(stored));
    assert!(
        web::made_as(mpeg, &ranges(DICOM)).is_err(),
        "a film has no decoder here"
    );
    let accept = ranges(&format!("{DICOM}; transfer-syntax={jpeg}"));
    let (bytes, syntax) = web::as_accepted(slice.clone(), stored, &accept).unwrap();
    assert_eq!(syntax, jpeg);
    let octets = ranges("application/octet-stream");
    assert_eq!(
        web::frames(&bytes, &[1], &octets).unwrap(),
        web::frames(&slice, &[1], &octets).unwrap()
    );
    let coded = web::frames(
        &slice,
        &[1],
        &ranges("image/jpeg, application/octet-stream"),
    )
    .unwrap();
    assert_eq!(
        coded[0].content_type,
        format!("image/jpeg; transfer-syntax={jpeg}")
    );
    assert_eq!(coded[0].bytes[..2], [0xff, 0xd8]);
}

#[test]
fn frames_are_pixels_or_streams_as_stored() {
    let slice = support::slices(1).remove(0);
    let octets = ranges("multipart/related; type=\"application/octet-stream\"");
    let frames = web::frames(&slice, &[1], &octets).unwrap();
    assert_eq!(frames[0].bytes, slice.slice(slice.len() - 16 * 12 * 2..));
    assert_eq!(
        web::frames(&slice, &[2], &octets).unwrap_err().status(),
        404
    );
    assert_eq!(
        web::frames(&slice, &[0], &octets).unwrap_err().status(),
        404
    );
    assert_eq!(
        web::frames(&slice, &[1], &ranges("image/jls"))
            .unwrap_err()
            .status(),
        406
    );
    let Some(folder) = support::shared("dicom/pydicom/test_files") else {
        return;
    };
    for (file, media, first) in [
        ("JPEG2000.dcm", "image/jp2", [0xff, 0x4f].as_slice()),
        ("SC_rgb_jpeg_dcmtk.dcm", "image/jpeg", &[0xff, 0xd8]),
    ] {
        let bytes = fs::read(folder.join(file)).unwrap();
        let accept = ranges(&format!("multipart/related; type=\"{media}\""));
        let frames = web::frames(&bytes, &[1], &accept).unwrap();
        assert!(frames[0].content_type.starts_with(media), "{file}");
        assert!(frames[0].bytes.starts_with(first), "{file}");
        let decoded = web::frames(&bytes, &[1], &octets).unwrap();
        assert!(decoded[0].bytes.len() > frames[0].bytes.len(), "{file}");
    }
}

#[test]
fn metadata_refer_to_bulk_data_that_can_be_had() {
    let slice = support::slices(1).remove(0);
    let metadata = web::metadata(&slice, "https://h/i").unwrap();
    assert_eq!(
        metadata["7FE00010"]["BulkDataURI"],
        "https://h/i/bulkdata/7FE00010"
    );
    assert_eq!(metadata["00280010"]["Value"][0], 12);
    assert_eq!(
        metadata["00280030"]["Value"],
        serde_json::json!([0.75, 0.5])
    );
    assert_eq!(metadata["00100010"]["Value"][0]["Ideographic"], "张^三");
    let pixels = web::bulk_data(&slice, "7FE00010").unwrap();
    assert_eq!(pixels, slice.slice(slice.len() - 16 * 12 * 2..));
    for path in ["", "zz", "00081199/1/00081155", "7FE00010/1", "00420011"] {
        assert_eq!(
            web::bulk_data(&slice, path).unwrap_err().status(),
            404,
            "{path}"
        );
    }
}

#[test]
fn pictures_are_windowed() {
    let slice = support::series([64, 64, 1]).files.remove(0).1;
    let parameters = |query: &[(&str, &str)]| -> Vec<(String, String)> {
        query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let dark = Rendering::of(&parameters(&[("window", "10000,100,linear")])).unwrap();
    let (media, bytes) = web::rendered(&slice, &dark, &ranges("image/png")).unwrap();
    assert_eq!(media, "image/png");
    assert!(bytes.starts_with(b"\x89PNG"));
    let picture = image::load_from_memory(&bytes).unwrap().to_luma8();
    assert_eq!(picture.dimensions(), (64, 64));
    assert!(picture.pixels().all(|pixel| pixel.0 == [0]));
    let bright = Rendering::of(&parameters(&[
        ("window", "-10000,100"),
        ("viewport", "32,32"),
    ]))
    .unwrap();
    let (media, bytes) = web::rendered(&slice, &bright, &ranges("image/*")).unwrap();
    assert_eq!(media, "image/jpeg");
    let picture = image::load_from_memory(&bytes).unwrap().to_luma8();
    assert_eq!(picture.dimensions(), (32, 32));
    assert!(picture.pixels().all(|pixel| pixel.0[0] > 250));
    for query in [
        ("window", "a,b"),
        ("window", "1,0"),
        ("viewport", "0,5"),
        ("quality", "101"),
    ] {
        assert!(Rendering::of(&parameters(&[query])).is_err(), "{query:?}");
    }
}

/// A part of the frame, turned over, with words on it, and a thumbnail without any.
#[test]
fn parts_of_pictures_and_thumbnails() {
    let slice = support::series([64, 64, 1]).files.remove(0).1;
    let shown = web::Shown::open(&slice).unwrap();
    assert_eq!((shown.frames(), shown.representative()), (1, 1));
    let of = |query: &[(&str, &str)]| {
        let query: Vec<(String, String)> = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        (Rendering::of(&query), Rendering::thumbnail(&query))
    };
    let draw = |rendering: &Rendering| {
        let bytes = shown.picture(1, rendering, "image/png").unwrap();
        image::load_from_memory(&bytes).unwrap().to_luma8()
    };
    let whole = draw(&Rendering::default());
    let part = draw(&of(&[("viewport", "16,16,32,16,-16,16")]).0.unwrap());
    assert_eq!(part.dimensions(), (16, 16));
    for (x, y, pixel) in part.enumerate_pixels() {
        assert_eq!(pixel, whole.get_pixel(47 - x, 16 + y), "{x} {y}");
    }
    let (written, refused) = of(&[("annotation", "patient")]);
    assert_ne!(draw(&written.unwrap()), whole);
    assert_eq!(refused.unwrap_err().status(), 400);
    assert_eq!(draw(&of(&[]).1.unwrap()).dimensions(), (128, 128));
    assert_eq!(
        draw(&of(&[("viewport", "32,20")]).1.unwrap()).dimensions(),
        (20, 20)
    );
    assert!(of(&[("annotation", "logo")]).0.is_err());
    assert_eq!(
        shown
            .picture(2, &Rendering::default(), "image/png")
            .unwrap_err()
            .status(),
        404
    );
}

#[test]
fn several_pictures_come_as_parts() {
    let form = |accept: &str, several| web::PictureForm::of(&ranges(accept), several);
    let parts = "multipart/related; type=\"image/png\"";
    for (accept, several, media, multipart) in [
        ("", false, "image/jpeg", false),
        ("", true, "image/jpeg", true),
        ("image/png", false, "image/png", false),
        (parts, false, "image/png", true),
        (parts, true, "image/png", true),
        (
            "image/jpeg, multipart/related; type=\"image/png\"",
            true,
            "image/png",
            true,
        ),
    ] {
        assert_eq!(
            form(accept, several).unwrap(),
            web::PictureForm { media, multipart },
            "{accept} {several}"
        );
    }
    for (accept, several) in [
        ("image/jpeg", true),
        ("image/gif", false),
        ("video/mp4", true),
    ] {
        assert_eq!(form(accept, several).unwrap_err().status(), 406, "{accept}");
    }
}

/// Every stored file of other programs gives frames, pictures and metadata or an error, and never a panic
/// that gets out.
#[test]
fn files_of_other_programs_are_shown_or_refused() {
    let Some(folder) = support::shared("dicom") else {
        return;
    };
    std::panic::set_hook(Box::new(|_| {}));
    let (mut shown, mut images) = (0, 0);
    for path in support::files(&folder) {
        let bytes = fs::read(&path).unwrap();
        let Ok(object) = parse(Bytes::from(bytes)) else {
            continue;
        };
        web::metadata(&object.file, "x").unwrap();
        if object.attributes.get("00280010").is_none() {
            continue;
        }
        images += 1;
        match web::rendered(&object.file, &Rendering::default(), &ranges("image/png")) {
            Ok(_) => shown += 1,
            Err(error) => {
                println!("{} ({}): {error}", path.display(), object.transfer_syntax);
            }
        }
    }
    let _ = std::panic::take_hook();
    println!("{shown} of {images} shown");
    assert!(
        shown * 10 >= images * 7,
        "only {shown} of {images} could be shown"
    );
}

/// Finds the frames of a file, looking only where the finder asks.
fn found(file: &Bytes) -> Option<web::Pixels> {
    let (mut finder, mut at) = web::PixelFinder::new(file.len() as u64);
    loop {
        let bytes = part(file, &at);
        match finder.give(at, &bytes).unwrap() {
            web::Look::At(next) => at = next,
            web::Look::Found(found) => return found,
        }
    }
}

fn part(file: &Bytes, at: &std::ops::Range<u64>) -> Bytes {
    let place = |at: u64| usize::try_from(at).unwrap().min(file.len());
    file.slice(place(at.start)..place(at.end))
}

#[test]
fn a_frame_that_was_looked_for_is_the_frame_of_the_whole_file() {
    let Some(folder) = support::shared("dicom/pydicom/test_files") else {
        return;
    };
    let any = ranges("multipart/related; type=\"*/*\"; transfer-syntax=*");
    let mut compared = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let Ok(object) = parse(Bytes::from(fs::read(&path).unwrap())) else {
            continue;
        };
        let Some(pixels) = found(&object.file) else {
            continue;
        };
        let web::FrameForm::AsStored { content_type } = pixels.form(&any) else {
            continue;
        };
        for number in 1..=pixels.frames {
            let Ok(whole) = web::frames(&object.file, &[number], &any) else {
                continue;
            };
            let at = pixels.frame(number).unwrap();
            let frame = pixels.cut(number, part(&object.file, &at)).unwrap();
            assert_eq!(frame, whole[0].bytes, "{} frame {number}", path.display());
            assert_eq!(content_type, whole[0].content_type, "{}", path.display());
            compared += 1;
        }
        assert!(pixels.frame(pixels.frames + 1).is_err());
    }
    assert!(compared > 30, "only {compared} frames were compared");
}

#[test]
fn an_object_comes_back_from_its_metadata_and_bulk_data() {
    let slice = support::slices(1).remove(0);
    let mut metadata = web::metadata(&slice, "http://h/i").unwrap();
    metadata["00081190"] = serde_json::json!({"vr": "UR", "Value": ["http://h"]});
    let pixels = web::bulk_data(&slice, "7FE00010").unwrap();
    let part = |content_type: &str, location: Option<&str>, bytes: Bytes| web::StowPart {
        content_type: content_type.to_owned(),
        location: location.map(str::to_owned),
        bytes,
    };
    let root = || {
        let text = serde_json::json!([metadata]).to_string();
        part("application/dicom+json", None, text.into())
    };
    let bulk = part(
        "application/octet-stream",
        Some("http://h/i/bulkdata/7FE00010"),
        pixels.clone(),
    );
    let files = web::files_of_metadata(vec![root(), bulk]).unwrap();
    let file = files[0].clone().expect("the object can be made");
    let (made, original) = (parse(file).unwrap(), parse(slice).unwrap());
    assert_eq!(made.sop, original.sop);
    assert_eq!(made.attributes, original.attributes);
    assert_eq!(web::bulk_data(&made.file, "7FE00010").unwrap(), pixels);
    let without = web::files_of_metadata(vec![root()]).unwrap();
    assert_eq!(without, [None], "its bulk data are missing");
}
