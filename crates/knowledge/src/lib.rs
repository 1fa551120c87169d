//! Risk models and guidelines as data files, and the engine that assesses answers by them.
//!
//! A model is a TOML file in `models/` that a clinician can read: its questions, coefficients, ranges,
//! population and source. The engine knows no model. It reads the file, checks every answer against kind,
//! unit and range, and gives a probability with its trace, or names everything that is missing. Absent is
//! never zero: no answer has a default.
//!
//! A guideline that branches is a file of its own in `guidelines/`: see [`guideline`]. Scales whose answers
//! have points, and what is said about tobacco, are files in `scales/`; scores of measured parameters, such as
//! NEWS2, are files in `scores/`; rules that put answers into a class, such as a GOLD group, are files in
//! `classes/`. Reference equations of lung function, with their look-up tables, are files in `lung-function/`. The
//! levels of graded care are `levels.toml`.

mod adherence;
mod answer;
mod assess;
mod catalogue;
pub mod cds;
mod check;
mod classes;
mod guidance;
pub mod guideline;
mod levels;
pub mod lung_function;
mod model;
pub mod quality;
pub mod questionnaire;
mod result;
mod scale;
mod scores;
mod tobacco;
mod warning;

pub use adherence::{COUNTED_H, adherence};
pub use answer::{Answer, AnswerValue, Answers, Source};
pub use catalogue::{
    Card, CardInput, Said, answered_by_lab, ask, assess, card, cards, evidence, find,
    guideline_card, inputs, lasting_inputs, models,
};
pub use classes::{Class, ClassFound, Classes, Classified, class_card, class_list, class_lists};
pub use guidance::RECOMMENDATION_URI;
pub use guideline::{
    Derivation, Guideline, Recommendation, Verdict, add as add_guidelines,
    guideline as find_guideline, guidelines,
};
pub use levels::{Direction, Level, levels};
pub use model::{
    Band, Caution, ChoiceOption, Confidence, Evidence, Input, Kind, KnowledgeError, LabResult,
    Model, Term,
};
pub use result::{Assessment, BandFound, InputUsed, TraceTerm, Warning};
pub use scale::{Grade, Scale, ScaleBand, ScaleItem, Score, scale};
pub use scores::{
    AtLeast, Combine, Parameter, ParameterPoints, PointScore, PointsBandFound, PointsItem,
    ScoreFound, SumBand, point_score, point_scores, score_card,
};
pub use tobacco::{FiveA, Pack, SmokingPhase, TobaccoStep, five_a, pack, pack_years};
pub use warning::warning_days;
