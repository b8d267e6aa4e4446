//! What admins change while servers run, as it is in force now: each server looks again every other second.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use telemetrics_common::privacy::Scrubbing;
use telemetrics_common::retention::RetentionRules;
use telemetrics_common::telemetry_ids::TelemetryIds;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::error::Result;
use crate::ingest::privacy::{self, Scrubber};
use crate::ingest::telemetry_ids::{self, KnownIds};
use crate::retention::Retention;
use crate::store::settings::{self, Setting};
use crate::store::{Store, audit::Author};

/// How often changes of other servers are looked for.
const POLL: Duration = Duration::from_secs(2);

/// What admins have written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// Which telemetry ids machines may send.
    pub telemetry_ids: TelemetryIds,
    /// How long records are kept.
    pub retention: RetentionRules,
    /// What is taken out of payloads.
    pub scrubbing: Scrubbing,
}

/// The documents, and what is made of them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// As they are written.
    pub documents: Documents,
    /// The telemetry ids, to look them up.
    pub known_ids: KnownIds,
    /// How long records are kept, to decide by.
    pub retention: Retention,
    /// What is taken out of payloads, compiled.
    pub scrubber: Scrubber,
}

impl Settings {
    fn of(documents: Documents) -> Result<Self> {
        Ok(Self {
            known_ids: KnownIds::new(&documents.telemetry_ids)?,
            retention: Retention::of_document(&documents.retention)?,
            scrubber: Scrubber::new(&documents.scrubbing)?,
            documents,
        })
    }
}

/// The settings in force. Cheap to clone.
#[derive(Clone)]
pub struct InForce {
    /// What holds where nobody has changed anything.
    defaults: Arc<Documents>,
    now: Arc<RwLock<Arc<Settings>>>,
    /// Who looks again: one after the other, or an older look could come in the place of a newer one.
    looking: Arc<Mutex<()>>,
}

impl InForce {
    /// Those of a database, on top of a server's own.
    ///
    /// # Errors
    /// The database's, and what is wrong with the server's own.
    pub async fn load(store: &Store, config: &Config) -> Result<Self> {
        let defaults = Documents {
            telemetry_ids: telemetry_ids::of_settings(&config.telemetry_ids),
            retention: config.retention.rules().document(),
            scrubbing: privacy::shipped(),
        };
        let settings = Settings::of(read(store, &defaults).await?)?;
        let now = Arc::new(RwLock::new(Arc::new(settings)));
        Ok(Self { defaults: Arc::new(defaults), now, looking: Arc::default() })
    }

    /// As they are now.
    pub fn now(&self) -> Arc<Settings> {
        // A panic while the lock is held leaves it whole: what changes is one pointer.
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks again.
    ///
    /// # Errors
    /// The database's; what is in force stays.
    async fn refresh(&self, store: &Store) -> Result<()> {
        let _turn = self.looking.lock().await;
        let documents = read(store, &self.defaults).await?;
        if self.now().documents != documents {
            let settings = Arc::new(Settings::of(documents)?);
            *self.now.write().unwrap_or_else(PoisonError::into_inner) = settings;
        }
        Ok(())
    }

    /// Puts a document in the place of the one in force.
    ///
    /// # Errors
    /// `Conflict` when it is not a change of the version in force, and the database's.
    pub async fn change<T: Setting>(
        &self,
        store: &Store,
        value: T,
        before: impl FnOnce(&Documents) -> T,
        author: &Author,
    ) -> Result<T> {
        let before = before(&self.now().documents);
        let value = settings::replace(store, value, &before, author).await?;
        // The change is made, whether it is seen here already or not.
        self.look_again(store).await;
        Ok(value)
    }

    async fn look_again(&self, store: &Store) {
        if let Err(error) = self.refresh(store).await {
            tracing::warn!(error = error.inside(), "settings could not be read; those of before stay in force");
        }
    }

    /// Keeps looking until the server stops.
    pub fn keep_looking(&self, store: Store, stopping: CancellationToken) {
        let in_force = self.clone();
        tokio::spawn(async move {
            while tokio::time::timeout(POLL, stopping.cancelled()).await.is_err() {
                in_force.look_again(&store).await;
            }
        });
    }
}

async fn read(store: &Store, defaults: &Documents) -> Result<Documents> {
    Ok(Documents {
        telemetry_ids: settings::read(store).await?.unwrap_or_else(|| defaults.telemetry_ids.clone()),
        retention: settings::read(store).await?.unwrap_or_else(|| defaults.retention.clone()),
        scrubbing: settings::read(store).await?.unwrap_or_else(|| defaults.scrubbing.clone()),
    })
}

/// What is taken out of payloads by those who store without a server around them.
///
/// # Errors
/// The database's, and what is wrong with the rules.
pub async fn scrubber(store: &Store) -> Result<Scrubber> {
    let document = settings::read(store).await?;
    Scrubber::new(&document.unwrap_or_else(privacy::shipped))
}

/// How long records are kept in a database by those who purge without a server around them.
///
/// # Errors
/// The database's, and what is wrong with the rules.
pub async fn retention(store: &Store, own: Retention) -> Result<Retention> {
    match settings::read(store).await? {
        Some(document) => Retention::of_document(&document),
        None => Ok(own),
    }
}
