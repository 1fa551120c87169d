//! Adherence to positive airway pressure over a period of nights.

use vocabulary::Assessed;

use crate::{Answer, Answers, class_list};

/// A night counts from so many hours on.
pub const COUNTED_H: f64 = 4.0;

/// Whether a period of nights is adherent, by the class list `cpap-adherence`
///
/// Equation: share of nights with 4 h of use or more, over all nights of the period · Inputs: hours of use of each
/// night, `None` where nothing is known of it · Result: the class's name. A night of which nothing is known is
/// counted both ways: where that makes a difference, the result is not assessable.
/// Source: `cms-ncd-240.4`
pub fn adherence(nights_h: &[Option<f64>]) -> Assessed<String> {
    let counted = nights_h
        .iter()
        .flatten()
        .filter(|hours| **hours >= COUNTED_H)
        .count();
    let unknown = nights_h.iter().filter(|hours| hours.is_none()).count();
    let of = |counted: usize| {
        let share = 100.0 * counted as f64 / nights_h.len().max(1) as f64;
        let answers = Answers::from([
            (
                "cpap_nights".to_owned(),
                Answer::from(nights_h.len() as f64),
            ),
            ("cpap_nights_4h_percent".to_owned(), Answer::from(share)),
        ]);
        let said = class_list("cpap-adherence").map(|classes| classes.classify(&answers).result);
        match said {
            Some(Assessed::Assessed { value }) => Assessed::Assessed { value: value.id },
            Some(Assessed::NotAssessable { missing }) => Assessed::NotAssessable { missing },
            None => Assessed::NotAssessable {
                missing: Vec::new(),
            },
        }
    };
    let (least, most) = (of(counted), of(counted + unknown));
    if least == most {
        return least;
    }
    Assessed::NotAssessable {
        missing: vec![crate::check::unusable(
            "cpap_nights_4h_percent",
            format!("{unknown} 个夜晚没有数据，结论取决于它们"),
            format!("nothing is known of {unknown} nights, and the answer depends on them"),
        )],
    }
}
