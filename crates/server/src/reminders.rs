//! What nothing but the clock brings, and what devices measured meanwhile: scenarios are asked again and again whether
//! somebody must hear of it.

use std::{collections::BTreeMap, sync::Arc};

use policy::Action;
use record::Arrived;
use scenario::REMINDED_EVERY;
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::MissedTickBehavior,
};
use vocabulary::{PatientId, Timestamp};

use crate::{clock, hospital::Hospital, scenarios::InHospital};

/// What time brought while the hospital was closed is told when it opens, as far back as this, in milliseconds.
const WHILE_CLOSED_MS: i64 = 24 * 3_600_000;

/// Of whom readings came since scenarios were asked, each with the time of the earliest; anybody, where that was missed.
struct Heard(Option<BTreeMap<PatientId, Timestamp>>);

impl Heard {
    fn note(&mut self, arrived: &Arrived) {
        let (Some(all), Some(patient)) = (&mut self.0, &arrived.subject) else {
            return;
        };
        let at = arrived.readings.start();
        all.entry(patient.clone())
            .and_modify(|first| *first = at.min(*first))
            .or_insert(at);
    }
}

/// Follows the clock, and what devices send.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let work = hospital.own_permit("remind people of what is due", Action::ReadRecord);
    let Ok(permit) = work.await else { return };
    let context = InHospital(Arc::clone(&hospital));
    let Ok(mut live) = hospital.signals.live(&permit) else {
        return;
    };
    // What came before the hospital closed may not have been taken up.
    let mut heard = Heard(None);
    let opened = Timestamp(clock::now().0 - WHILE_CLOSED_MS);
    let mut asked: Vec<_> = registry::all()
        .iter()
        .map(|scenario| (scenario, opened))
        .collect();
    let mut time = tokio::time::interval(REMINDED_EVERY);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            arrived = live.recv() => {
                match arrived {
                    Ok(arrived) => heard.note(&arrived),
                    Err(RecvError::Lagged(_)) => heard = Heard(None),
                    Err(RecvError::Closed) => return,
                }
                continue;
            }
            _ = time.tick() => {}
        }
        let until = clock::now();
        for (scenario, since) in &mut asked {
            match scenario.remind(&context, &permit, *since, until).await {
                Ok(()) => *since = until,
                // What could not be told now is asked for again with the next time.
                Err(error) => {
                    tracing::warn!(scenario = scenario.manifest().id, %error, "a reminder could not be given");
                }
            }
        }
        if heard.0.as_ref().is_some_and(BTreeMap::is_empty) {
            continue;
        }
        let mut is_taken = true;
        for scenario in registry::all() {
            if let Err(error) = scenario.measured(&context, &permit, heard.0.as_ref()).await {
                tracing::warn!(scenario = scenario.manifest().id, %error, "readings could not be taken up");
                is_taken = false;
            }
        }
        if is_taken {
            heard = Heard(Some(BTreeMap::new()));
        }
    }
}
