//! `GET /api/rooms/{id}/recordings/{n}/export`: a recording as one archive that other programs read.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Seek, Write},
    sync::Arc,
};

use axum::{
    body::Body,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use media::Track;
use serde_json::json;
use tokio::runtime::Handle;
use tokio_util::io::ReaderStream;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    recordings::{Opened, RecordingWhole, audit, describe, open, read, spoken},
    retold::Retold,
};
use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
};

/// What lies in the archive, and how it is read.
const README: &str = include_str!("take_away.txt");

/// Sends the archive; that somebody took it away stands in the audit.
pub async fn export(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((id, recording)): Path<(String, u64)>,
) -> Result<Response, Problem> {
    let opened = open(&hospital, &caller, (&id, recording)).await?;
    let conflict = |why: &'static str| Problem::new(StatusCode::CONFLICT, "Not exported", why);
    if opened.found.sealed.is_none() {
        return Err(conflict("录制尚未结束 · the recording still goes on"));
    }
    if opened.found.erased.is_some() {
        return Err(conflict("录制内容已删除 · its bytes were removed"));
    }
    let whole = describe(&hospital, &opened).await?;
    audit(&hospital, &caller, &opened.about(), "exported").await?;
    let folder = hospital.config.data.join("incoming");
    let handle = Handle::current();
    let written = tokio::task::spawn_blocking(move || {
        let each = Each {
            hospital,
            opened,
            handle,
        };
        archive(&each, &whole, tempfile::tempfile_in(folder)?)
    });
    let written = written.await.map_err(|error| Problem::internal(&error))?;
    let file = written.map_err(|error| Problem::internal(&error))?;
    let name = format!("attachment; filename=\"recording-{recording}.zip\"");
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    let body = Body::from_stream(ReaderStream::new(tokio::fs::File::from_std(file)));
    Ok((headers, body).into_response())
}

/// Reads the parts one after the other, so that only one is in memory.
struct Each {
    hospital: Arc<Hospital>,
    opened: Opened,
    handle: Handle,
}

impl Each {
    fn moments(&self, number: u64) -> io::Result<room::Chunk> {
        let reading = read(&self.hospital, &self.opened, number);
        let part = self.handle.block_on(reading);
        part.map_err(|_| io::Error::other("a part of the recording cannot be read"))
    }
}

fn archive(each: &Each, whole: &RecordingWhole, file: File) -> io::Result<File> {
    let mut zip = ZipWriter::new(file);
    let options = SimpleFileOptions::default();
    let stored = options.compression_method(zip::CompressionMethod::Stored);
    let begin = |zip: &mut ZipWriter<File>, name: &str, options| {
        zip.start_file(name, options).map_err(io::Error::other)
    };
    begin(&mut zip, "README.txt", options)?;
    zip.write_all(README.as_bytes())?;
    begin(&mut zip, "manifest.json", options)?;
    let manifest = json!({
        "title": whole.title,
        "scenario": whole.scenario,
        "card": whole.card,
        "lost_packets": whole.lost_packets,
        "parts": whole.parts,
    });
    serde_json::to_writer_pretty(&mut zip, &manifest)?;
    begin(&mut zip, "acts.json", options)?;
    serde_json::to_writer_pretty(&mut zip, &whole.acts)?;
    // Hours of a full room are more than 4 GiB of lines.
    begin(&mut zip, "poses.ndjson", options.large_file(true))?;
    let mut retold = Retold::new(&whole.acts);
    for part in &whole.parts {
        retold.part(&mut zip, each.moments(part.number)?)?;
    }
    let (people, starts) = retold.finish();
    begin(&mut zip, "people.json", options)?;
    serde_json::to_writer_pretty(&mut zip, &people)?;
    begin(&mut zip, "start.json", options)?;
    serde_json::to_writer_pretty(&mut zip, &starts)?;
    let speakers = whole.parts.iter().flat_map(|part| part.speakers.iter());
    let speakers: BTreeSet<u16> = speakers.copied().collect();
    for speaker in speakers {
        // Sound that is pressed already is laid in as it is.
        begin(&mut zip, &format!("voices/{speaker}.ogg"), stored)?;
        let mut voice = Track::new(&mut zip, 0, u32::from(speaker))?;
        let heard = whole.parts.iter();
        for part in heard.filter(|part| part.speakers.contains(&speaker)) {
            for packet in spoken(each.moments(part.number)?, speaker) {
                voice.push(&packet)?;
            }
        }
        voice.finish()?;
    }
    let mut file = zip.finish().map_err(io::Error::other)?;
    file.rewind()?;
    Ok(file)
}
