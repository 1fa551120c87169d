//! How the hospital sends somebody to the door of a room.

use policy::{Actor, Role};
use record::ResourceKey;
use room::{Door, Person, Standing};
use scenario::Stage;
use vocabulary::Timestamp;

use super::companion;
use crate::{clock, hospital::Hospital, http::Problem};

/// From this age on a patient comes into a room alone: the Civil Code of the People's Republic of China,
/// article 17.
const ADULT_YEARS: i32 = 18;

/// Who comes, and what they may be inside: by their account, the case, and the record.
pub async fn person(hospital: &Hospital, actor: &Actor, stage: &Stage) -> Result<Person, Problem> {
    let has = |role: Role| actor.roles.contains(&role);
    let is_doctor = has(Role::Expert) || has(Role::TerminalDoctor);
    // The gate has found them in the care team, or asked into the case.
    let treats = is_doctor || has(Role::Nurse);
    let is_patient = !treats && actor.patient.as_ref() == Some(&stage.patient);
    let needs_companion = is_patient && needs_companion(hospital, stage).await?;
    let door = Door {
        standing: if is_patient {
            Standing::Patient
        } else {
            Standing::Speaker
        },
        is_asked: stage.participants.contains(&actor.id),
        may_host: is_doctor,
        treats,
        needs_companion,
    };
    let role = actor.roles.first().map(|role| role.as_str().to_owned());
    Ok(Person {
        actor: actor.id.clone(),
        name: actor.name.clone(),
        role: role.unwrap_or_default(),
        may_act: !has(Role::Trainee),
        licence: match hospital.relations(actor).await?.licence {
            policy::Licence::Valid => room::Licence::Valid,
            policy::Licence::Ended => room::Licence::Ended,
            policy::Licence::NotRecorded => room::Licence::NotRecorded,
        },
        sees_images: hospital.sees_images(&actor.id, &stage.patient).await?,
        door,
    })
}

/// Whether a patient may be in a room only beside somebody who treats them: a minor, one of whom nobody has recorded
/// when they were born, and one whom those who treat them find too frail to be there alone.
async fn needs_companion(hospital: &Hospital, stage: &Stage) -> Result<bool, Problem> {
    Ok(is_minor(hospital, stage).await? || companion::asked_for(hospital, &stage.patient).await?)
}

async fn is_minor(hospital: &Hospital, stage: &Stage) -> Result<bool, Problem> {
    let key = ResourceKey {
        kind: "Patient".to_owned(),
        id: stage.patient.to_string(),
    };
    let permit = hospital.finding().await?;
    let patient = hospital.record.resource(permit, &key, None).await?;
    let body = patient.and_then(|version| version.body);
    let birth = body
        .as_ref()
        .and_then(|body| body.get("birthDate")?.as_str());
    Ok(birth.is_none_or(|birth| is_younger(birth, clock::now())))
}

/// Whether one who was born on a day, as FHIR writes it, may still be a minor. What is not known of the day is taken
/// as late as it may be.
fn is_younger(birth: &str, now: Timestamp) -> bool {
    let (Some((year, month, day)), Some(today)) = (day_of(birth), day_of(&now.to_string())) else {
        return true;
    };
    today < (year + ADULT_YEARS, month, day)
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
        let on =
            |birth: &str, day: &str| is_younger(birth, format!("{day}T08:00:00Z").parse().unwrap());
        assert!(on("2008-03-04", "2026-03-03"));
        assert!(!on("2008-03-04", "2026-03-04"));
        assert!(!on("1961", "2026-03-04"));
        // What is not known is taken as late as it may be.
        assert!(on("2008", "2026-11-26") && !on("2008", "2026-12-31"));
        assert!(on("2008-03", "2026-03-30") && !on("2008-03", "2026-04-01"));
        assert!(on("", "2026-03-04"));
    }
}
