//! `POST /api/imaging/studies/{study}/marks`: what was drawn on pictures is kept beside them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use bytes::Bytes;
use dicom::{
    create::{
        CreateError, DrawnMark, MadeHere, Moment, Person, Study, context_of, derived_uid,
        drawn_report, drawn_state, key_objects,
    },
    drawn::{DrawnError, MarkedFrame, MeasuredMark, NewMarks, SavedMarks, Sheet, measure},
    pixels::PixelFile,
};
use policy::{Action, Permit};
use vocabulary::Uid;

use super::study_of;
use crate::{
    derived::{self, Origin},
    hospital::Hospital,
    http::{Caller, Problem, turns::in_turn},
};

/// The most objects that the marks of one request may stand on: each is read.
const MOST_OBJECTS: usize = 100;
/// The largest object that is opened for it.
const LARGEST: u64 = 1 << 30;

/// Keeps marks with their study. The same marks of the same person make the same objects.
pub async fn keep(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(study): Path<String>,
    Json(new): Json<NewMarks>,
) -> Result<(StatusCode, Json<SavedMarks>), Problem> {
    let (study, patient, permit) =
        study_of(&hospital, &caller, &study, Action::ReadImaging).await?;
    study_of(&hospital, &caller, study.as_str(), Action::StoreImaging).await?;
    new.check()?;
    let opened = open(&hospital, &permit, &study, &new).await?;
    let request = Request {
        study,
        by: person_name(&caller),
        account: caller.actor.id.to_string(),
        at: hospital.moment(),
        new,
        opened,
    };
    let made = in_turn(move || request.made()).await;
    let (files, measured) = made??;
    let (mut objects, mut is_new) = (Vec::new(), false);
    for Made { file, of } in files {
        let origin = Origin {
            series: &of,
            activity: "Marked pictures in the viewer",
        };
        let kept = derived::keep(&hospital, &caller.actor, &patient, file, &origin).await?;
        is_new |= !kept.was_there;
        objects.push(kept.into());
    }
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(SavedMarks { objects, measured })))
}

/// The person's name as DICOM may write it.
pub fn person_name(caller: &Caller) -> String {
    let name = caller.actor.name.as_str();
    name.chars()
        .map(|c| match c {
            '\\' | '^' | '=' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .take(60)
        .collect()
}

/// The pictures of a request, and a file of the study to say whose it is.
struct Opened {
    sheets: BTreeMap<MarkedFrame, Sheet>,
    context: (Person, Study),
}

/// Reads the pictures that marks stand on, object by object.
async fn open(
    hospital: &Hospital,
    permit: &Permit,
    study: &Uid,
    new: &NewMarks,
) -> Result<Opened, Problem> {
    let mut wanted: BTreeMap<[&str; 2], BTreeMap<&MarkedFrame, bool>> = BTreeMap::new();
    let marks = new.marks.iter().map(|mark| (&mark.at, mark.needs_values()));
    for (at, needs_values) in marks.chain(new.key_images.iter().map(|at| (at, false))) {
        let frames = wanted.entry([&at.series, &at.sop]).or_default();
        *frames.entry(at).or_default() |= needs_values;
    }
    if wanted.len() > MOST_OBJECTS {
        return Err(unkept("the marks stand on too many images for one request"));
    }
    let (mut sheets, mut context) = (BTreeMap::new(), None);
    for ([series, sop], frames) in wanted {
        let unknown = || unkept("an image that is named is not one of this study");
        let [series, sop] = [series, sop].map(Uid::new);
        let (series, sop) = (series.map_err(|_| unknown())?, sop.map_err(|_| unknown())?);
        let found = hospital
            .record
            .stored(permit, study, Some(&series), Some(&sop))
            .await?;
        let object = found.into_iter().find(|object| object.size <= LARGEST);
        let object = object.ok_or_else(unknown)?;
        let bytes = hospital.record.bytes_of(permit, &object, None).await?;
        let frames: Vec<(MarkedFrame, bool)> = frames
            .into_iter()
            .map(|(at, needs)| (at.clone(), needs))
            .collect();
        let read = in_turn(move || read(&bytes, frames)).await?;
        let (of, read) =
            read.ok_or_else(|| unkept("an image that is named has no such picture"))?;
        context.get_or_insert(of);
        sheets.extend(read);
    }
    let context = context.ok_or_else(|| unkept("there are none"))?;
    Ok(Opened { sheets, context })
}

type Read = ((Person, Study), Vec<(MarkedFrame, Sheet)>);

/// Pictures of one object, and whose they are.
fn read(bytes: &Bytes, frames: Vec<(MarkedFrame, bool)>) -> Option<Read> {
    let context = context_of(bytes).ok()?;
    let file = PixelFile::open(bytes).ok()?;
    let mut sheets = Vec::new();
    for (at, needs_values) in frames {
        sheets.push((at.clone(), Sheet::of(&file, at, needs_values)?));
    }
    Some((context, sheets))
}

fn unkept(why: &'static str) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "The marks cannot be kept",
        why,
    )
}

impl From<DrawnError> for Problem {
    fn from(error: DrawnError) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The marks cannot be kept",
            format!("could not {error}"),
        )
    }
}

/// A file, and the series that it speaks of.
struct Made {
    file: Vec<u8>,
    of: Vec<Uid>,
}

/// All that files are made of.
struct Request {
    study: Uid,
    by: String,
    account: String,
    at: Moment,
    new: NewMarks,
    opened: Opened,
}

impl Request {
    /// The files and what was measured.
    fn made(self) -> Result<(Vec<Made>, Vec<MeasuredMark>), Problem> {
        let mut measured = Vec::new();
        let mut drawn = Vec::new();
        for mark in &self.new.marks {
            let sheet = self.sheet(&mark.at)?;
            mark.check_on(sheet)?;
            measured.push(MeasuredMark {
                id: mark.id.clone(),
                values: measure(mark, sheet),
            });
            drawn.push((mark, self.uid(&["mark", &format!("{mark:?}")]), sheet));
        }
        let marks: Vec<DrawnMark<'_>> = drawn
            .iter()
            .zip(&measured)
            .map(|((mark, uid, on), measured)| DrawnMark {
                mark,
                uid,
                on,
                values: &measured.values,
            })
            .collect();
        let mut files = Vec::new();
        if !marks.is_empty() {
            self.of_marks(&marks, &mut files)
                .map_err(|error| Problem::internal(&error))?;
        }
        if !self.new.key_images.is_empty() {
            files.push(self.of_key_images()?);
        }
        Ok((files, measured))
    }

    fn sheet(&self, at: &MarkedFrame) -> Result<&Sheet, Problem> {
        let found = self.opened.sheets.get(at);
        found.ok_or_else(|| unkept("an image that is named has no such picture"))
    }

    /// A UID that is the same for the same content of the same person.
    fn uid(&self, parts: &[&str]) -> Uid {
        let mut all = vec!["viewer", self.study.as_str(), &self.account];
        all.extend(parts);
        derived_uid(&all)
    }

    fn series(&self, what: &str, content: &str, number: u32, description: &str) -> MadeHere {
        MadeHere {
            series: self.uid(&[what, content]),
            number,
            description: description.to_owned(),
            at: self.at.clone(),
        }
    }

    fn of_marks(&self, marks: &[DrawnMark<'_>], files: &mut Vec<Made>) -> Result<(), CreateError> {
        let (person, study) = &self.opened.context;
        let series: BTreeSet<&str> = marks
            .iter()
            .map(|mark| mark.on.at.series.as_str())
            .collect();
        let content = format!("{:?}", self.new.marks);
        let made = self.series("report", &content, 9_001, "Measurements in the viewer");
        files.push(Made {
            file: drawn_report(person, study, &self.by, marks, &made)?,
            of: series
                .iter()
                .filter_map(|uid| Uid::new(*uid).ok())
                .collect(),
        });
        for uid in series {
            let here: Vec<DrawnMark<'_>> = marks
                .iter()
                .filter(|mark| mark.on.at.series == uid)
                .copied()
                .collect();
            let window = self.new.windows.iter().find(|window| window.series == uid);
            let window = window.map(|window| [window.centre, window.width]);
            let here_text: Vec<_> = here.iter().map(|drawn| drawn.mark).collect();
            let content = format!("{here_text:?} {window:?}");
            let made = self.series("state", &content, 9_002, "Marks of the viewer");
            files.push(Made {
                file: drawn_state(person, study, &self.by, &here, window, &made)?,
                of: Uid::new(uid).into_iter().collect(),
            });
        }
        Ok(())
    }

    fn of_key_images(&self) -> Result<Made, Problem> {
        let (person, study) = &self.opened.context;
        let images: BTreeSet<&MarkedFrame> = self.new.key_images.iter().collect();
        let mut sheets = Vec::new();
        for at in &images {
            sheets.push(self.sheet(at)?);
        }
        let made = self.series("key images", &format!("{images:?}"), 9_003, "Key images");
        let series: BTreeSet<&str> = images.iter().map(|at| at.series.as_str()).collect();
        Ok(Made {
            file: key_objects(person, study, &self.by, &sheets, &made)
                .map_err(|error| Problem::internal(&error))?,
            of: series
                .into_iter()
                .filter_map(|uid| Uid::new(uid).ok())
                .collect(),
        })
    }
}
