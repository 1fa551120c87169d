//! What of a request can be kept.

use std::collections::BTreeSet;

use super::{NewMark, NewMarkKind, NewMarks, Sheet};

/// The most marks and key images of one request.
const MOST: usize = 500;
const LONGEST_LABEL: usize = 64;
const LONGEST_TEXT: usize = 500;

/// Why marks cannot be kept; completes "could not …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawnError {
    /// There is nothing to keep.
    #[error("keep the marks: there are none")]
    Nothing,
    /// There is too much.
    #[error("keep the marks: there are more than {MOST} marks or key images")]
    TooMany,
    /// A mark cannot be kept.
    #[error("keep mark {id}: {why}")]
    Mark {
        /// The client's name for it.
        id: String,
        /// Why.
        why: &'static str,
    },
    /// A window cannot be one.
    #[error("keep a window: its numbers cannot be those of one")]
    Window,
}

impl NewMarks {
    /// Refuses what no picture could make right.
    pub fn check(&self) -> Result<(), DrawnError> {
        if self.marks.is_empty() && self.key_images.is_empty() {
            return Err(DrawnError::Nothing);
        }
        if self.marks.len() > MOST || self.key_images.len() > MOST || self.windows.len() > MOST {
            return Err(DrawnError::TooMany);
        }
        let sound = |window: &super::ShownWindow| {
            window.centre.is_finite() && window.width.is_finite() && window.width > 0.0
        };
        if !self.windows.iter().all(sound) {
            return Err(DrawnError::Window);
        }
        let mut ids = BTreeSet::new();
        for mark in &self.marks {
            mark.check()?;
            if !ids.insert(&mark.id) {
                return Err(mark.refused("another has the same id"));
            }
        }
        Ok(())
    }
}

impl NewMark {
    fn refused(&self, why: &'static str) -> DrawnError {
        DrawnError::Mark {
            id: self.id.chars().take(LONGEST_LABEL).collect(),
            why,
        }
    }

    fn check(&self) -> Result<(), DrawnError> {
        let short = |text: &str, most: usize| {
            text.chars().count() <= most && !text.chars().any(|c| c.is_control() && c != '\n')
        };
        if self.id.is_empty() || !short(&self.id, LONGEST_LABEL) {
            return Err(self.refused("its id is empty or too long"));
        }
        if self.label.trim().is_empty() || !short(&self.label, LONGEST_LABEL) {
            return Err(self.refused("its label is empty or too long"));
        }
        let text = self.text.as_deref().unwrap_or_default();
        if !short(text, LONGEST_TEXT) {
            return Err(self.refused("its text is too long"));
        }
        if self.kind == NewMarkKind::Text && text.trim().is_empty() {
            return Err(self.refused("it has no text"));
        }
        let points = match self.kind {
            NewMarkKind::Length | NewMarkKind::Rectangle | NewMarkKind::Ellipse => 2,
            NewMarkKind::Angle => 3,
            NewMarkKind::Probe | NewMarkKind::Text => 1,
        };
        if self.points.len() != points {
            return Err(self.refused("it has another number of points than its kind"));
        }
        if self.points.iter().flatten().any(|at| !at.is_finite()) {
            return Err(self.refused("a point of it is none"));
        }
        Ok(())
    }

    /// Refuses what does not lie on its picture.
    pub fn check_on(&self, sheet: &Sheet) -> Result<(), DrawnError> {
        let inside = |at: &[f64; 2]| {
            let mut sides = at.iter().zip(sheet.size);
            sides.all(|(at, size)| (-0.5..=size as f64 - 0.5).contains(at))
        };
        if self.points.iter().all(inside) {
            return Ok(());
        }
        Err(self.refused("a point of it lies outside of its picture"))
    }

    /// Whether pixels are needed to measure it.
    pub fn needs_values(&self) -> bool {
        matches!(
            self.kind,
            NewMarkKind::Rectangle | NewMarkKind::Ellipse | NewMarkKind::Probe
        )
    }
}
