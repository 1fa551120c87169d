//! Who listens and is far behind is waited for by who sends much: what is acknowledged is heard, and no queue grows.

use std::{sync::Arc, time::Duration};

use tokio::{sync::MutexGuard, time::timeout};
use vocabulary::DeviceId;

use super::{Session, Sessions, State, Who};

/// Who listens is far behind with more than so many eighths of what may wait for them.
const BEHIND_EIGHTHS: usize = 5;
/// So many messages at once are much. A device that measures each second sends fewer, and waits for nobody.
const MUCH: usize = 8;

impl Sessions {
    /// Has whoever is about to tell much of a device wait, one after the other, while somebody else who hears of it is
    /// far behind; the turn is held until all is told. No longer than `at_most`, so that one who stands still holds up
    /// nobody: their session is full then, and over.
    pub async fn room(
        &self,
        from: &Arc<Session>,
        device: &DeviceId,
        messages: usize,
        at_most: Duration,
    ) -> Option<MutexGuard<'_, ()>> {
        if messages < MUCH {
            return None;
        }
        let waits = async {
            let turn = self.turn.lock().await;
            while let Some(session) = self.behind(from, device) {
                session.room.notified().await;
            }
            turn
        };
        timeout(at_most, waits).await.ok()
    }

    /// Somebody who hears of a device and is far behind.
    fn behind(&self, from: &Arc<Session>, device: &DeviceId) -> Option<Arc<Session>> {
        let is_behind = |session: &&Arc<Session>| {
            !Arc::ptr_eq(session, from) && session.state.lock().is_behind(&session.who)
        };
        let wide = self.wide.read().iter().find(is_behind).cloned();
        wide.or_else(|| {
            let by_device = self.by_device.read();
            by_device.get(device)?.iter().find(is_behind).cloned()
        })
    }
}

impl State {
    /// Whether its owner is there, and much of what may wait for them does.
    pub fn is_behind(&self, who: &Who) -> bool {
        let (most, most_bytes) = who.most_waiting();
        let part = |most: usize| most / 8 * BEHIND_EIGHTHS;
        let much = self.waiting.len() > part(most) || self.bytes > part(most_bytes);
        self.connected && !self.overflowed && much
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use vocabulary::{ActorId, Timestamp};

    use super::{
        super::{
            MOST_FOR_GUEST,
            tests::{attach, message},
        },
        *,
    };
    use crate::mqtt::wire::{Filter, Kept};

    #[tokio::test]
    async fn who_sends_much_waits_for_who_is_far_behind_and_for_nobody_who_stands_still() {
        const LONG: Duration = Duration::from_hours(1);
        let folder = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(folder.path(), Timestamp(0)).unwrap();
        let device = DeviceId::new("d").unwrap();
        let sender = attach(&sessions, Who::Device(device.clone()));
        let listener = attach(&sessions, Who::Guest(ActorId::new("li").unwrap()));
        let all = Filter {
            filter: "#".to_owned(),
            acknowledged: true,
            not_own: false,
            as_published: false,
            kept: Kept::Never,
        };
        sessions.subscribe(&listener, &all).ok().unwrap();
        let tell = |of| sessions.tell(Some(&sender), &device, &message(of, 1));
        let room = |messages, at_most| sessions.room(&sender, &device, messages, at_most);
        for _ in 0..MOST_FOR_GUEST.0 / 8 * BEHIND_EIGHTHS {
            tell(0);
        }
        assert!(room(MUCH, LONG).now_or_never().unwrap().is_some());
        tell(0);
        // Few messages wait for nobody.
        assert!(room(MUCH - 1, LONG).now_or_never().is_some());
        let mut much = Box::pin(room(MUCH, LONG));
        assert!(much.as_mut().now_or_never().is_none());
        listener.next(1).unwrap();
        assert!(much.await.is_some());
        // Who stands still is waited for no longer than that, and who has gone not at all.
        tell(0);
        assert!(room(MUCH, Duration::from_millis(1)).await.is_none());
        sessions.detach(&listener, 1, 60, Timestamp(0));
        assert!(room(MUCH, LONG).now_or_never().unwrap().is_some());
    }
}
