//! How the hospital sends somebody to the door of a room.

use jiff::civil::Date;
use policy::{Actor, Relations, Role};
use record::ResourceKey;
use room::{Door, Person, Standing};
use scenario::Stage;
use vocabulary::PatientId;

use super::companion;
use crate::{
    access::{needs_licence, practises},
    gatherings,
    hospital::Hospital,
    http::Problem,
    pseudonyms,
};

/// From this age on a patient comes into a room alone: the Civil Code of the People's Republic of China,
/// article 17.
const ADULT_YEARS: i32 = 18;

/// Who comes, and what they may be inside: by their account, the case, and the record. The room is told a pseudonym
/// in place of the account and the name, where they are known by one.
pub async fn person(hospital: &Hospital, actor: &Actor, stage: &Stage) -> Result<Person, Problem> {
    let has = |role: Role| actor.roles.contains(&role);
    let hosts = gatherings::hosts(&stage.id);
    let practises = practises(actor);
    let relations = hospital.relations(actor).await?;
    // Where nobody's twin stands, each patient is there with what their own record says.
    let own = actor.patient.as_ref().filter(|own| {
        let is_theirs = stage.patient.as_ref().is_none_or(|patient| patient == *own);
        !practises && is_theirs
    });
    let accompanies = own.is_none() && accompanies(&relations, practises, stage);
    // The gate has found them in the care team, or asked into the case. Where no patient is met nobody is treated.
    let treats = practises && stage.patient.is_some() && !accompanies;
    let is_guest = stage.patient.is_none() && pseudonyms::is_patient(actor);
    let needs_companion = match own {
        Some(patient) => needs_companion(hospital, patient).await?,
        // Of whom there is no record nobody knows how old they are.
        None => is_guest,
    };
    let standing = if is_guest || own.is_some() {
        Standing::Patient
    } else if accompanies {
        Standing::Observer
    } else {
        Standing::Speaker
    };
    let door = Door {
        standing,
        is_asked: stage.participants.contains(&actor.id),
        may_host: !accompanies && hosts.iter().any(|role| has(*role)),
        treats,
        may_accompany: practises || accompanies,
        needs_companion,
        needs_licence: needs_licence(hospital, actor).await?,
    };
    let known_as = if pseudonyms::is_open_to(&stage.id, actor) {
        pseudonyms::of(hospital, &stage.id, &actor.id).await?
    } else {
        None
    };
    let role = if is_guest {
        Some(Role::Patient)
    } else if accompanies {
        Some(Role::RelatedPerson)
    } else {
        actor.roles.first().copied()
    };
    Ok(Person {
        name: known_as
            .as_ref()
            .and_then(pseudonyms::code)
            .unwrap_or_else(|| actor.name.clone()),
        actor: known_as.unwrap_or_else(|| actor.id.clone()),
        role: role
            .map(|role| role.as_str().to_owned())
            .unwrap_or_default(),
        may_act: !has(Role::Trainee) && !accompanies,
        licence: match relations.licence {
            policy::Licence::Valid => room::Licence::Valid,
            policy::Licence::Ended => room::Licence::Ended,
            policy::Licence::NotRecorded => room::Licence::NotRecorded,
        },
        sees_images: match &stage.patient {
            Some(patient) => hospital.sees_images(&actor.id, patient).await?,
            None => false,
        },
        door,
    })
}

/// Whether somebody is here as the relative or carer of the patient, whatever else they are in the hospital: by nothing else
/// are they let into this room.
fn accompanies(relations: &Relations, practises: bool, stage: &Stage) -> bool {
    stage.patient.as_ref().is_some_and(|patient| {
        let treats = relations.care_team.contains(patient) || relations.invited.contains(patient);
        relations.accompanies.contains(patient) && !(practises && treats)
    })
}

/// Whether a patient may be in a room only beside somebody else: a minor, one of whom nobody has recorded
/// when they were born, and one whom those who treat them find too frail to be there alone.
async fn needs_companion(hospital: &Hospital, patient: &PatientId) -> Result<bool, Problem> {
    Ok(is_minor(hospital, patient).await? || companion::asked_for(hospital, patient).await?)
}

async fn is_minor(hospital: &Hospital, patient: &PatientId) -> Result<bool, Problem> {
    let key = ResourceKey {
        kind: "Patient".to_owned(),
        id: patient.to_string(),
    };
    let permit = hospital.finding().await?;
    let patient = hospital.record.resource(permit, &key, None).await?;
    let body = patient.and_then(|version| version.body);
    let birth = body
        .as_ref()
        .and_then(|body| body.get("birthDate")?.as_str());
    Ok(birth.is_none_or(|birth| is_younger(birth, hospital.today())))
}

/// Whether one who was born on a day, as FHIR writes it, may still be a minor. What is not known of the day is taken
/// as late as it may be.
fn is_younger(birth: &str, today: Date) -> bool {
    let Some((year, month, day)) = day_of(birth) else {
        return true;
    };
    let [today_month, today_day] = [today.month(), today.day()].map(i32::from);
    (i32::from(today.year()), today_month, today_day) < (year + ADULT_YEARS, month, day)
}

/// Year, month and day of what begins with a date.
fn day_of(text: &str) -> Option<(i32, i32, i32)> {
    let date = text.get(..text.len().min(10))?;
    let mut parts = date.split('-').map(|part| part.parse::<i32>().ok());
    let year = parts.next()??;
    let month = parts.next().flatten().unwrap_or(12);
    Some((year, month, parts.next().flatten().unwrap_or(31)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_a_minor_until_the_eighteenth_birthday() {
        let on = |birth: &str, day: &str| is_younger(birth, day.parse().unwrap());
        assert!(on("2008-03-04", "2026-03-03"));
        assert!(!on("2008-03-04", "2026-03-04"));
        assert!(!on("1961", "2026-03-04"));
        // What is not known is taken as late as it may be.
        assert!(on("2008", "2026-11-26") && !on("2008", "2026-12-31"));
        assert!(on("2008-03", "2026-03-30") && !on("2008-03", "2026-04-01"));
        assert!(on("", "2026-03-04"));
    }
}
