//! Several things measured in turn: where the machine is slower for a while, it is so for all of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::floor::Floor;
use super::load::{Load, Outcome, Plan};
use super::server::Server;
use crate::demo::DemoRecord;

/// How often each gets its turn.
const ROUNDS: u32 = 5;

/// A server, and what is sent to it.
pub(super) struct Loaded {
    pub(super) server: Server,
    pub(super) load: Arc<Load>,
}

impl Loaded {
    /// One that has got the sample once, and has nothing more to do.
    pub(super) async fn warm(server: Server, sample: &[DemoRecord], connections: u64) -> anyhow::Result<Self> {
        let load = Arc::new(Load::new(server.address(), sample));
        load.warm_up(connections).await?;
        server.wait_until_it_rests().await?;
        Ok(Self { server, load })
    }
}

/// What is measured.
pub(super) enum Subject<'a> {
    /// Rows straight into SQLite.
    Floor(Floor<'a>),
    /// A server, by as many requests as go over so many connections.
    Server(&'a Loaded, u64),
}

impl Subject<'_> {
    async fn take_a_turn(&mut self, duration: Duration) -> anyhow::Result<Outcome> {
        match self {
            Self::Floor(floor) => floor.run(duration).await,
            Self::Server(Loaded { server, load }, connections) => {
                let outcome = load.run(Plan::For(duration), *connections).await?;
                let answered = Instant::now();
                // What it has put off, such as counting, is its own, and must not fall into the turn of the next one.
                let at_rest = server.wait_until_it_rests().await?;
                Ok(outcome.with(at_rest - answered))
            }
        }
    }
}

/// Each in turn, in all its turns together for `duration`.
///
/// # Errors
/// Also when one of them takes nothing.
pub(super) async fn in_turn<const N: usize>(
    mut subjects: [Subject<'_>; N],
    duration: Duration,
) -> anyhow::Result<[Outcome; N]> {
    let mut outcomes = std::array::from_fn(|_| Outcome::default());
    for _ in 0..ROUNDS {
        for (subject, outcome) in subjects.iter_mut().zip(&mut outcomes) {
            outcome.then(subject.take_a_turn(duration / ROUNDS).await?);
        }
    }
    if let Some(outcome) = outcomes.iter().find(|outcome| outcome.committed == 0) {
        bail!("nothing was taken: {}", outcome.others());
    }
    Ok(outcomes)
}
