//! What nothing but the clock brings: scenarios are asked again and again whether somebody must hear of it.

use std::{sync::Arc, time::Duration};

use policy::Action;
use tokio::{sync::watch, time::MissedTickBehavior};

use crate::{clock, hospital::Hospital, scenarios::InHospital};

/// How often they are asked: well within the minute that an alert may take to reach a person.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// Follows the clock.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let work = hospital.own_permit("remind people of what is due", Action::ReadRecord);
    let Ok(permit) = work.await else { return };
    let context = InHospital(Arc::clone(&hospital));
    let mut since = clock::now();
    let mut time = tokio::time::interval(ASK_EVERY);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            _ = time.tick() => {}
        }
        let until = clock::now();
        for scenario in registry::all() {
            if let Err(error) = scenario.remind(&context, &permit, since, until).await {
                tracing::warn!(scenario = scenario.manifest().id, %error, "a reminder could not be given");
            }
        }
        since = until;
    }
}
