//! Places at a door: who comes to it, so many connections at the same time, and so many of one address.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};

/// After a connection could not be taken, for want of descriptors as a rule, the next try waits this long.
const AGAIN: Duration = Duration::from_millis(100);

/// The next who comes to a door; nobody once the hospital closes. `what` names the connection in the log.
pub async fn next_at(
    listener: &TcpListener,
    closed: &mut watch::Receiver<bool>,
    what: &str,
) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(accepted) => return Some(accepted),
            Err(error) => {
                tracing::warn!(%error, "{what} connection could not be taken");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// The places of one door, or of several that share them.
pub struct Places {
    all: Arc<Semaphore>,
    most_of_one: usize,
    of: Mutex<HashMap<IpAddr, usize>>,
}

/// A place, which is free again once this is dropped.
pub struct Place {
    place: OwnedSemaphorePermit,
    of_address: OfAddress,
}

/// Counts for an address until it is dropped.
pub struct OfAddress {
    places: Arc<Places>,
    from: IpAddr,
}

impl Places {
    /// So many places, and so many of them for one address.
    pub fn new(all: usize, most_of_one: usize) -> Arc<Self> {
        Arc::new(Self {
            all: Arc::new(Semaphore::new(all)),
            most_of_one,
            of: Mutex::default(),
        })
    }

    /// Takes a place; none where there is none for this address. Nobody is kept waiting: they try again.
    pub fn take(self: &Arc<Self>, from: IpAddr) -> Option<Place> {
        let place = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let from = from.to_canonical();
        let mut of = self.of.lock();
        let taken = of.entry(from).or_default();
        if *taken >= self.most_of_one {
            return None;
        }
        *taken += 1;
        drop(of);
        Some(Place {
            place,
            of_address: OfAddress {
                places: Arc::clone(self),
                from,
            },
        })
    }
}

impl Place {
    /// The place, and what counts for its address: a door drops that once it knows who came, and counts them by
    /// another measure from then on.
    pub fn apart(self) -> (OwnedSemaphorePermit, OfAddress) {
        (self.place, self.of_address)
    }
}

impl Drop for OfAddress {
    fn drop(&mut self) {
        let mut of = self.places.of.lock();
        let left = of.get_mut(&self.from).map(|taken| {
            *taken = taken.saturating_sub(1);
            *taken
        });
        if left == Some(0) {
            of.remove(&self.from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_leaves_places_to_others() {
        let places = Places::new(3, 2);
        let [one, other]: [IpAddr; 2] = ["10.0.0.1", "10.0.0.2"].map(|ip| ip.parse().unwrap());
        let first = places.take(one).unwrap();
        let second = places.take("::ffff:10.0.0.1".parse().unwrap()).unwrap();
        assert!(places.take(one).is_none(), "two are enough");
        let third = places.take(other).unwrap();
        assert!(places.take(other).is_none(), "all are taken");
        // Known by now: it has its place, and its address may knock again.
        let (place, of_address) = second.apart();
        drop(of_address);
        drop(third);
        assert!(places.take(one).is_some());
        drop((place, first));
        assert!(places.take(other).is_some());
        assert!(places.of.lock().is_empty(), "nothing is left behind");
    }
}
