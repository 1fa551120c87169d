//! Carries frames between one connection and its room, and ends a connection at whose other end nobody is.

use std::time::Duration;

use bytes::Bytes;
use futures::{Sink, SinkExt as _, Stream, StreamExt as _};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

use super::{Entered, Outgoing};

/// What comes from a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A frame of the room.
    Frame(Bytes),
    /// A sign of life that says nothing: it counts against the rate as a frame does.
    Sign,
    /// They leave on purpose, and will not come back to their seat.
    Left,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Without a word: whoever it was may come back.
    Broke,
    /// They have left on purpose.
    Left,
}

/// What goes to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A frame of the room.
    Frame(Bytes),
    /// Asks for a sign of life.
    Ask,
}

/// How long a connection is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often a sign of life is asked for.
    pub ask: Duration,
    /// How long it may say nothing at all. A page in the background is let speak once a minute only.
    pub silence: Duration,
    /// How long it may take to read one frame.
    pub reading: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            ask: Duration::from_secs(20),
            silence: Duration::from_secs(90),
            reading: Duration::from_secs(20),
        }
    }
}

/// Carries frames both ways until either end is gone, is silent for too long, or does not read.
pub async fn carry(
    entered: &Entered,
    (to_client, from_client): (
        &mut (impl Sink<Said> + Unpin),
        &mut (impl Stream<Item = Heard> + Unpin),
    ),
    mut outgoing: mpsc::Receiver<Outgoing>,
    patience: Patience,
) -> Ended {
    let mut ask = interval_at(Instant::now() + patience.ask, patience.ask);
    ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard_at = Instant::now();
    loop {
        let (said, is_last) = tokio::select! {
            // In this order: a farewell is said however much comes in, and what has come is a sign of life.
            biased;
            frame = outgoing.recv() => match frame {
                Some(Outgoing::Frame(bytes)) => (Said::Frame(bytes), false),
                Some(Outgoing::Last(bytes)) => (Said::Frame(bytes), true),
                None => break,
            },
            heard = from_client.next() => {
                heard_at = Instant::now();
                let goes_on = match heard {
                    Some(Heard::Frame(bytes)) => entered.frame(bytes).await,
                    Some(Heard::Sign) => entered.sign(),
                    Some(Heard::Left) => return Ended::Left,
                    None => false,
                };
                if goes_on { continue }
                break;
            },
            _ = ask.tick() => {
                if heard_at.elapsed() >= patience.silence { break }
                (Said::Ask, false)
            }
        };
        let sent = timeout(patience.reading, to_client.send(said)).await;
        if is_last || !matches!(sent, Ok(Ok(()))) {
            break;
        }
    }
    Ended::Broke
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, pin::Pin, task};

    use room::{Seat, wire::ClientFrame};

    use super::*;
    use crate::{poses::Poses, rooms::Command};

    const SOON: Patience = Patience {
        ask: Duration::from_millis(5),
        silence: Duration::from_millis(40),
        reading: Duration::from_millis(20),
    };

    fn seated() -> (Entered, mpsc::Receiver<Command>) {
        let (room, inbox) = mpsc::channel(8);
        let seat = Seat {
            participant: 1,
            connection: 1,
        };
        let entered = Entered {
            seat,
            room,
            poses: Poses::default(),
        };
        (entered, inbox)
    }

    /// Takes what it is given, or never is ready for more.
    struct Client {
        reads: bool,
        said: Vec<Said>,
    }

    impl Sink<Said> for Client {
        type Error = Infallible;

        fn poll_ready(
            self: Pin<&mut Self>,
            _: &mut task::Context<'_>,
        ) -> task::Poll<Result<(), Infallible>> {
            if self.reads {
                task::Poll::Ready(Ok(()))
            } else {
                task::Poll::Pending
            }
        }

        fn start_send(mut self: Pin<&mut Self>, said: Said) -> Result<(), Infallible> {
            self.said.push(said);
            Ok(())
        }

        fn poll_flush(
            self: Pin<&mut Self>,
            _: &mut task::Context<'_>,
        ) -> task::Poll<Result<(), Infallible>> {
            task::Poll::Ready(Ok(()))
        }

        fn poll_close(
            self: Pin<&mut Self>,
            _: &mut task::Context<'_>,
        ) -> task::Poll<Result<(), Infallible>> {
            task::Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn who_says_nothing_is_asked_and_then_not_waited_for() {
        let (entered, _inbox) = seated();
        let (_outbox, outgoing) = mpsc::channel(1);
        let mut client = Client {
            reads: true,
            said: Vec::new(),
        };
        let mut silent = futures::stream::pending::<Heard>();
        let ended = carry(&entered, (&mut client, &mut silent), outgoing, SOON).await;
        assert_eq!(ended, Ended::Broke);
        assert!(client.said.len() > 1, "they were asked");
        assert!(client.said.iter().all(|said| *said == Said::Ask));
    }

    #[tokio::test]
    async fn who_leaves_on_purpose_is_told_from_whose_line_breaks() {
        for (heard, expected) in [(Some(Heard::Left), Ended::Left), (None, Ended::Broke)] {
            let (entered, _inbox) = seated();
            let (_outbox, outgoing) = mpsc::channel(1);
            let mut client = Client {
                reads: true,
                said: Vec::new(),
            };
            let mut heard = futures::stream::iter(heard);
            let ended = carry(&entered, (&mut client, &mut heard), outgoing, SOON).await;
            assert_eq!(ended, expected);
        }
    }

    #[tokio::test]
    async fn who_reads_nothing_is_not_waited_for() {
        let (entered, _inbox) = seated();
        let (outbox, outgoing) = mpsc::channel(1);
        outbox
            .try_send(Outgoing::Frame(Bytes::from_static(b"x")))
            .unwrap();
        let mut client = Client {
            reads: false,
            said: Vec::new(),
        };
        let patience = Patience {
            silence: Duration::MAX,
            ..SOON
        };
        let mut silent = futures::stream::pending::<Heard>();
        carry(&entered, (&mut client, &mut silent), outgoing, patience).await;
        assert!(client.said.is_empty());
    }

    #[tokio::test]
    async fn who_gives_signs_of_life_stays_and_each_is_counted() {
        let (entered, mut inbox) = seated();
        let (outbox, outgoing) = mpsc::channel(1);
        let mut client = Client {
            reads: true,
            said: Vec::new(),
        };
        // Longer than the silence that is borne, with a sign more often than that; then a last frame.
        let signs = futures::stream::unfold(0, |n| async move {
            tokio::time::sleep(Duration::from_millis(8)).await;
            Some((Heard::Sign, n + 1))
        });
        let mut signs = Box::pin(signs);
        let last = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let _ = outbox
                .send(Outgoing::Last(Bytes::from_static(b"bye")))
                .await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            _ = carry(&entered, (&mut client, &mut signs), outgoing, SOON) => {}
            () = last => {}
        }
        let bye = Said::Frame(Bytes::from_static(b"bye"));
        assert_eq!(
            client.said.last(),
            Some(&bye),
            "it ended before it was told to"
        );
        let (_, counted) = entered.poses.lock().take();
        assert!(counted > 1, "{counted}");
        let ping: Bytes = ClientFrame::Ping { nonce: 1 }.encode().into();
        assert!(entered.frame(ping.clone()).await);
        assert!(matches!(inbox.try_recv(), Ok(Command::Frame(_, bytes)) if bytes == ping));
    }
}
