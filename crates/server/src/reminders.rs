//! What nothing but the clock brings: scenarios are asked again and again whether somebody must hear of it.

use std::sync::Arc;

use policy::Action;
use scenario::REMINDED_EVERY;
use tokio::{sync::watch, time::MissedTickBehavior};
use vocabulary::Timestamp;

use crate::{clock, hospital::Hospital, scenarios::InHospital};

/// What time brought while the hospital was closed is told when it opens, as far back as this, in milliseconds.
const WHILE_CLOSED_MS: i64 = 24 * 3_600_000;

/// Follows the clock.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let work = hospital.own_permit("remind people of what is due", Action::ReadRecord);
    let Ok(permit) = work.await else { return };
    let context = InHospital(Arc::clone(&hospital));
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
    }
}
