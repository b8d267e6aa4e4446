//! The tables and hooks of views that bring their own.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use sea_orm::{DatabaseTransaction, DbErr};
use telemetrics_common::{RecordFilter, Timestamp};
use telemetrics_migration::{ExtensionMigrator, MigratorTraitSelf};

use super::records::by_ids;
use super::{Kind, Store, select};
use crate::error::Result;
use crate::extension::{Arrival, Extension, HookTransaction, IngestHook};

/// How long a hook may take for a batch.
const HOOK_TIME: Duration = Duration::from_secs(1);
/// How many of the records that are there a new hook is shown at once.
const CHUNK: u64 = 2000;

/// Makes the tables, in the transaction that makes those of the core.
pub(super) async fn migrate(transaction: &DatabaseTransaction, extensions: &[Extension]) -> Result<(), DbErr> {
    for Extension { slug, schema, .. } in extensions.iter().filter(|extension| !extension.schema.is_empty()) {
        ExtensionMigrator::new(slug, schema.clone()).up(transaction, None).await?;
    }
    Ok(())
}

/// Shows the records of a batch that are new to the hooks that want them. A hook's failure is its own: what it has
/// written is taken back, and the records are stored all the same.
///
/// # Errors
/// The database's, when the transaction cannot go on.
pub(super) async fn show(
    store: &Store,
    transaction: &mut HookTransaction<'_>,
    arrivals: impl Iterator<Item = Arrival<'_>> + Clone,
) -> Result<()> {
    for extension in &store.inner.extensions {
        let Some(hook) = &extension.hook else { continue };
        let wanted = hook.classifications();
        let mine: Vec<Arrival<'_>> =
            arrivals.clone().filter(|arrival| wanted.matches(&arrival.record.classification)).collect();
        if mine.is_empty() {
            continue;
        }
        let (begin, keep, take_back) = savepoint(store.kind());
        transaction.execute_all(begin).await?;
        match attempt(hook.as_ref(), transaction, &mine).await {
            Ok(()) => transaction.execute_all(keep).await?,
            Err(reason) => {
                transaction.execute_all(take_back).await?;
                tracing::error!(view = extension.slug, reason, "the hook of a view has lost a batch");
                extension.has_lost_one();
            }
        }
    }
    Ok(())
}

/// Lets a hook count; says what kept it from that. A hook that panics must not take the writer with it.
async fn attempt(
    hook: &dyn IngestHook,
    transaction: &mut HookTransaction<'_>,
    arrivals: &[Arrival<'_>],
) -> Result<(), String> {
    let stored = AssertUnwindSafe(hook.stored(transaction, arrivals)).catch_unwind();
    match tokio::time::timeout(HOOK_TIME, stored).await {
        Ok(Ok(stored)) => stored.map_err(|error| error.inside()),
        Ok(Err(_panic)) => Err("it panicked; the panic's own message is above".to_owned()),
        Err(_) => Err("it took too long".to_owned()),
    }
}

/// Begins what can be taken back, keeps it, takes it back.
fn savepoint(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::Sqlite => ("SAVEPOINT hook", "RELEASE hook", "ROLLBACK TO hook; RELEASE hook"),
        // A statement that nobody waits for any more would go on, and the transaction wait for it.
        Kind::Postgres => (
            "SAVEPOINT hook; SET LOCAL statement_timeout = 1000",
            "SET LOCAL statement_timeout = 60000; RELEASE SAVEPOINT hook",
            "ROLLBACK TO SAVEPOINT hook; RELEASE SAVEPOINT hook",
        ),
    }
}

/// Shows the records that are there to the hooks that have not been here before. Instances that start at once do it one
/// after the other.
///
/// # Errors
/// The database's, and the hook's.
pub(super) async fn catch_up(store: &Store) -> Result<()> {
    for extension in &store.inner.extensions {
        let Some(hook) = &extension.hook else { continue };
        let transaction = store.write_transaction().await?;
        let mut writing = HookTransaction::of(&transaction);
        if store.kind() == Kind::Postgres {
            writing.execute_all(super::connect::UNBOUNDED).await?;
        }
        let noted = "INSERT INTO extension (slug) VALUES (?) ON CONFLICT (slug) DO NOTHING";
        if writing.execute(noted, [extension.slug.into()]).await? == 0 {
            transaction.rollback().await?;
            continue;
        }
        let shown = show_all(store, hook.as_ref(), &mut writing).await?;
        transaction.commit().await?;
        tracing::info!(view = extension.slug, records = shown, "the view has counted the records that are there");
    }
    Ok(())
}

async fn show_all(store: &Store, hook: &dyn IngestHook, writing: &mut HookTransaction<'_>) -> Result<u64> {
    let filter = RecordFilter { classification: Some(hook.classifications()), ..RecordFilter::default() };
    // The filter has no time that the clock could move.
    let Some(plan) = select::plan(store, &filter, Timestamp::default()).await? else { return Ok(0) };
    let (mut before, mut shown) = (None, 0);
    loop {
        let ids = plan.ids(store, before, CHUNK).await?;
        let Some(&last) = ids.last() else { return Ok(shown) };
        let records = by_ids(store, &ids).await?;
        let arrivals: Vec<Arrival<'_>> =
            records.iter().map(|stored| Arrival::new(stored.id, stored.received_at, &stored.record)).collect();
        hook.stored(writing, &arrivals).await?;
        (before, shown) = (Some(last), shown + arrivals.len() as u64);
    }
}

/// Lets the hooks forget a machine.
pub(super) async fn erase(store: &Store, transaction: &DatabaseTransaction, machine_id: &str) -> Result<()> {
    for hook in store.inner.extensions.iter().filter_map(|extension| extension.hook.as_ref()) {
        hook.erase(&mut HookTransaction::of(transaction), machine_id).await?;
    }
    Ok(())
}
