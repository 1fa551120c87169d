//! Tells browsers that something changed; they read again what they may see.

use serde::Serialize;
use tokio::sync::broadcast;
use vocabulary::ActorId;

/// What changed. The id is a logical id, never a name.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// `waiting`, `case`, `imaging`, `record`, `quality`, `alarm` or `call`.
    pub topic: &'static str,
    /// Of what; empty where the topic says enough.
    pub id: String,
    /// Only for these accounts; empty: for all.
    #[serde(skip)]
    pub to: Vec<ActorId>,
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
