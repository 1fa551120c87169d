//! Tells browsers that something changed; they read again what they may see.

use serde::Serialize;
use tokio::sync::broadcast;
use vocabulary::ActorId;

/// What changed. The id is a logical id, never a name.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// `waiting`, `case`, `imaging`, `record`, `quality`, `alarm` or `call`.
    pub topic: &'static str,
    /// Of what; empty where the topic says enough. Where it is for all, nobody hears it.
    pub id: String,
    /// Only for these accounts; empty: for all.
    #[serde(skip)]
    pub to: Vec<ActorId>,
}

impl Change {
    /// As somebody hears it, if they do. What all hear of says that they may read again, and not of whom they may not
    /// see something came.
    pub fn heard_by(mut self, who: &ActorId) -> Option<Self> {
        if self.to.is_empty() {
            self.id.clear();
            return Some(self);
        }
        self.to.contains(who).then_some(self)
    }
}

/// Where changes are announced and heard.
#[derive(Clone)]
pub struct Changes {
    sender: broadcast::Sender<Change>,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(256).0,
        }
    }
}

impl Changes {
    /// Tells everybody who listens.
    pub fn announce(&self, topic: &'static str, id: impl Into<String>, to: Vec<ActorId>) {
        // Nobody listening is no failure.
        let _ = self.sender.send(Change {
            topic,
            id: id.into(),
            to,
        });
    }

    /// Hears what is announced from now on.
    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whom_it_is_for_hears_of_what_it_is() {
        let [li, chen] = ["li.terminal", "chen.expert"].map(|id| ActorId::new(id).unwrap());
        let changes = Changes::default();
        let mut heard = changes.listen();
        changes.announce("imaging", "1.2.3", vec![]);
        changes.announce("case", "c1", vec![li.clone()]);
        let [all, one] = [heard.try_recv().unwrap(), heard.try_recv().unwrap()];
        assert_eq!(all.heard_by(&li).unwrap().id, "");
        assert_eq!(one.clone().heard_by(&li).unwrap().id, "c1");
        assert!(one.heard_by(&chen).is_none());
    }
}
