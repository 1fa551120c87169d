//! WADO-RS: pictures and thumbnails of studies, series, instances and frames (PS3.18 section 10.4.1.2).

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use dicom::web::{MediaRange, Multipart, PictureForm, Rendering, Shown, WebError};
use fhir::decode_query;
use futures::{StreamExt, stream};
use policy::Permit;
use record::{Fields, ImagingLevel, ImagingQuery, ImagingRow, StoredObject, matching::first_text};
use serde::Deserialize;
use tokio::sync::mpsc;
use vocabulary::Digest;

use super::{
    base,
    retrieve::{Found, INSTANCE, accepted, boundary, find, refused, work},
    stream::{is_known, not_modified},
    uid,
};
use crate::{
    hospital::Hospital,
    http::{Caller, Problem, turns::in_turn},
};

/// The most pictures in one answer.
const MOST_PICTURES: u64 = 1000;
/// How many pictures are drawn ahead of the client.
const AHEAD: usize = 2;

/// The routes of pictures.
pub fn routes() -> Router<Arc<Hospital>> {
    let levels = [
        "/studies/{study}",
        "/studies/{study}/series/{series}",
        INSTANCE,
        &format!("{INSTANCE}/frames/{{frames}}"),
    ];
    levels.iter().fold(Router::new(), |routes, level| {
        routes
            .route(&format!("{level}/rendered"), get(rendered))
            .route(&format!("{level}/thumbnail"), get(thumbnail))
    })
}

/// The path of what is shown.
#[derive(Deserialize)]
struct Place {
    study: String,
    series: Option<String>,
    instance: Option<String>,
    frames: Option<String>,
}

impl Place {
    /// The frames that are named.
    fn numbers(&self) -> Result<Option<Vec<u32>>, Problem> {
        let Some(text) = &self.frames else {
            return Ok(None);
        };
        let numbers: Result<Vec<u32>, _> = text.split(',').map(str::parse).collect();
        let numbers = numbers.map_err(|_| Problem::bad_input("write frame numbers as 1,2,3"))?;
        check_count(numbers.len() as u64)?;
        Ok(Some(numbers))
    }

    async fn find(&self, hospital: &Hospital, caller: &Caller) -> Result<Found, Problem> {
        let (series, instance) = (self.series.as_deref(), self.instance.as_deref());
        find(hospital, caller, &self.study, series, instance).await
    }
}

fn check_count(found: u64) -> Result<(), WebError> {
    if found > MOST_PICTURES {
        let most = MOST_PICTURES;
        return Err(WebError::TooMany { found, most });
    }
    Ok(())
}

/// An object that has pixels, as the index tells of it.
struct Listed {
    object: Arc<StoredObject>,
    frames: u64,
    series_number: Option<i64>,
    number: Option<i64>,
}

/// The objects of a study or series that have pixels, by the numbers of their series and their own.
async fn listed(hospital: &Hospital, found: &Found, place: &Place) -> Result<Vec<Listed>, Problem> {
    let fields = [
        "00080018", "0020000E", "00200011", "00200013", "00280008", "00280010",
    ];
    let query = ImagingQuery {
        study: Some(uid(&place.study)?),
        series: place.series.as_deref().map(uid).transpose()?,
        fields: Fields::Only(fields.map(str::to_owned).to_vec()),
        ..ImagingQuery::at(ImagingLevel::Instance)
    };
    let page = hospital.record.imaging(&found.permit, &query).await?;
    let mut objects: HashMap<&str, &StoredObject> = found
        .objects
        .iter()
        .map(|object| (object.sop.as_str(), object))
        .collect();
    let number = |row: &ImagingRow, tag| first_text(&row.attributes, tag)?.parse::<i64>().ok();
    let mut listed: Vec<Listed> = page
        .rows
        .iter()
        .filter(|row| number(row, "00280010").is_some())
        .filter_map(|row| {
            let sop = first_text(&row.attributes, "00080018")?;
            let frames = number(row, "00280008").and_then(|frames| u64::try_from(frames).ok());
            Some(Listed {
                object: Arc::new(objects.remove(sop.as_str())?.clone()),
                frames: frames.unwrap_or(1).max(1),
                series_number: number(row, "00200011"),
                number: number(row, "00200013"),
            })
        })
        .collect();
    listed.sort_by(|a, b| a.order().cmp(&b.order()));
    Ok(listed)
}

impl Listed {
    fn order(&self) -> (Option<i64>, &str, Option<i64>, u64) {
        let object = &self.object;
        (
            self.series_number,
            object.series.as_str(),
            self.number,
            object.sequence,
        )
    }
}

const NOTHING: WebError = WebError::NotAcceptable("nothing here can be shown as a picture");

/// Pictures of all frames, or of those that are named.
async fn rendered(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path(place): Path<Place>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let ranges = accepted(&headers, query.as_deref());
    let rendering = Rendering::of(&decode_query(&query.unwrap_or_default()))?;
    let numbers = place.numbers()?;
    let found = place.find(&hospital, &caller).await?;
    let drawing = |found: Found, form| Drawing {
        hospital: Arc::clone(&hospital),
        permit: found.permit,
        base: base(&hospital, &headers),
        rendering: rendering.clone(),
        form,
        multipart: Multipart::new(form.media, boundary()),
    };
    if place.instance.is_none() {
        let listed = listed(&hospital, &found, &place).await?;
        let pictures = listed.iter().map(|one| one.frames).sum();
        check_count(pictures)?;
        let form = PictureForm::of(&ranges, pictures > 1)?;
        let objects = listed.into_iter().map(|one| one.object).collect();
        return drawing(found, form).pictures(objects, None).await;
    }
    let form = PictureForm::of(&ranges, numbers.as_ref().is_some_and(|n| n.len() > 1))?;
    let object = Arc::new(found.objects.first().ok_or_else(refused)?.clone());
    let drawing = drawing(found, form);
    if form.multipart {
        return drawing.pictures(vec![object], numbers).await;
    }
    let number = numbers.and_then(|numbers| numbers.first().copied());
    drawing
        .alone(&headers, &object, Which::Number(number.unwrap_or(1)))
        .await
}

/// A small picture of one frame that stands for all.
async fn thumbnail(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path(place): Path<Place>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let ranges: Vec<MediaRange> = accepted(&headers, query.as_deref());
    let rendering = Rendering::thumbnail(&decode_query(&query.unwrap_or_default()))?;
    let form = PictureForm::of(&ranges, false)?;
    let numbers = place.numbers()?;
    let found = place.find(&hospital, &caller).await?;
    let object = if place.instance.is_some() {
        Arc::new(found.objects.first().ok_or_else(refused)?.clone())
    } else {
        representative(listed(&hospital, &found, &place).await?).ok_or(NOTHING)?
    };
    let drawing = Drawing {
        hospital: Arc::clone(&hospital),
        permit: found.permit,
        base: base(&hospital, &headers),
        rendering,
        form,
        multipart: Multipart::new(form.media, boundary()),
    };
    let number = numbers.and_then(|numbers| numbers.first().copied());
    let which = number.map_or(Which::Representative, Which::Number);
    drawing.alone(&headers, &object, which).await
}

/// The object in the middle of the series that has most of them; the first such series where there are more.
fn representative(listed: Vec<Listed>) -> Option<Arc<StoredObject>> {
    let mut series: Vec<Vec<Listed>> = Vec::new();
    for one in listed {
        match series.last_mut() {
            Some(last)
                if last
                    .first()
                    .is_some_and(|first| first.object.series == one.object.series) =>
            {
                last.push(one);
            }
            _ => series.push(vec![one]),
        }
    }
    let most = series.iter().map(Vec::len).max()?;
    let largest = series.into_iter().find(|series| series.len() == most)?;
    let middle = largest.get(largest.len() / 2)?;
    Some(Arc::clone(&middle.object))
}

/// Which frame of an object is shown.
#[derive(Clone, Copy, Debug)]
enum Which {
    Number(u32),
    Representative,
}

/// Pictures in the making.
struct Drawing {
    hospital: Arc<Hospital>,
    permit: Permit,
    base: String,
    rendering: Rendering,
    form: PictureForm,
    multipart: Multipart,
}

/// What comes out of the drawing, piece by piece; a problem ends it.
type Piece = Result<Bytes, Problem>;

impl Drawing {
    /// One picture, by itself or as the only part.
    async fn alone(
        self,
        headers: &HeaderMap,
        object: &Arc<StoredObject>,
        which: Which,
    ) -> Result<Response, Problem> {
        let how = format!(
            "{} {which:?} {:?} {:?}",
            object.digest, self.rendering, self.form
        );
        let tag = format!("W/\"{}\"", Digest::of(how.as_bytes()));
        if is_known(headers, &tag) {
            return Ok(not_modified(&tag));
        }
        let record = &self.hospital.record;
        let file = record.bytes_of(&self.permit, object, None).await?;
        let (rendering, media) = (self.rendering.clone(), self.form.media);
        let picture = work(move || {
            let shown = Shown::open(&file)?;
            let number = match which {
                Which::Number(number) => number,
                Which::Representative => shown.representative(),
            };
            shown.picture(number, &rendering, media)
        })
        .await?;
        let (kind, body) = if self.form.multipart {
            let parts = [(media.to_owned(), picture)];
            (self.multipart.content_type(), self.multipart.whole(&parts))
        } else {
            (media.to_owned(), picture)
        };
        Ok(([(header::CONTENT_TYPE, kind), (header::ETAG, tag)], body).into_response())
    }

    /// Pictures as parts, drawn while they are sent. Without `numbers` all frames of all objects are
    /// shown, as far as they can be.
    async fn pictures(
        self,
        objects: Vec<Arc<StoredObject>>,
        numbers: Option<Vec<u32>>,
    ) -> Result<Response, Problem> {
        let (kind, end) = (self.multipart.content_type(), self.multipart.end());
        let (pieces, mut drawn) = mpsc::channel(AHEAD);
        let form = self.form;
        tokio::spawn(self.draw(objects, numbers, pieces));
        // What cannot be shown at all is refused before the answer begins.
        let first = drawn.recv().await.ok_or(NOTHING)??;
        if !form.multipart {
            // Behind the head of the only part comes the picture.
            let picture = drawn.recv().await.ok_or(NOTHING)??;
            return Ok(([(header::CONTENT_TYPE, form.media)], picture).into_response());
        }
        let rest = stream::unfold(drawn, |mut drawn| async {
            let piece: Piece = drawn.recv().await?;
            let piece = piece.map_err(|problem| std::io::Error::other(problem.detail().to_owned()));
            Some((piece, drawn))
        });
        let body = stream::once(async { Ok(first) })
            .chain(rest)
            .chain(stream::once(async { Ok(end) }));
        Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(body)).into_response())
    }

    async fn draw(
        self,
        objects: Vec<Arc<StoredObject>>,
        numbers: Option<Vec<u32>>,
        pieces: mpsc::Sender<Piece>,
    ) {
        for object in objects {
            match self.draw_object(&object, numbers.as_deref(), &pieces).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(problem) => {
                    // Where nobody takes the pieces any more, nobody wants to know.
                    let _ = pieces.send(Err(problem)).await;
                    return;
                }
            }
        }
    }

    /// Draws the frames of one object; answers whether anyone still wants more. Frames that were named must
    /// be drawn; of all others those that cannot be decoded are left out. A turn lasts for one frame: whoever takes
    /// the pieces slowly keeps nobody else waiting.
    async fn draw_object(
        &self,
        object: &StoredObject,
        numbers: Option<&[u32]>,
        pieces: &mpsc::Sender<Piece>,
    ) -> Result<bool, Problem> {
        let record = &self.hospital.record;
        let file = record.bytes_of(&self.permit, object, None).await?;
        let shown = match in_turn(move || Shown::open(&file)).await? {
            Ok(shown) => Arc::new(shown),
            Err(error) if numbers.is_some() => return Err(error.into()),
            Err(error) => {
                tracing::info!(%error, "an object is left out of pictures");
                return Ok(true);
            }
        };
        let all: Vec<u32>;
        let wanted = if let Some(numbers) = numbers {
            if numbers.iter().any(|n| !(1..=shown.frames()).contains(n)) {
                return Err(WebError::NotFound("that frame").into());
            }
            numbers
        } else {
            check_count(shown.frames().into())?;
            all = (1..=shown.frames()).collect();
            &all
        };
        for &number in wanted {
            let (shown, rendering) = (Arc::clone(&shown), self.rendering.clone());
            let media = self.form.media;
            let picture = match in_turn(move || shown.picture(number, &rendering, media)).await? {
                Ok(picture) => picture,
                Err(error @ WebError::Decoding(_)) if numbers.is_none() => {
                    tracing::info!(%error, "a frame is left out of pictures");
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let location = format!(
                "{}/studies/{}/series/{}/instances/{}/frames/{number}/rendered",
                self.base, object.study, object.series, object.sop
            );
            let length = picture.len() as u64;
            let head = self.multipart.head(media, Some(&location), length);
            for piece in [head, picture, self.multipart.foot()] {
                if pieces.send(Ok(piece)).await.is_err() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
