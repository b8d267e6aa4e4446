//! What came in last, and what is in the way of more.

use sea_orm::{ConnectionTrait, Statement};
use telemetrics_common::Timestamp;
use telemetrics_common::ingest::{LastSeen, Warning};

use super::Store;
use super::sql::rows;
use crate::error::Result;

/// The last record of each system, the latest first.
///
/// # Errors
/// The database's.
pub async fn last_seen(store: &Store) -> Result<Vec<LastSeen>> {
    // The last id of each build is one look into an index; there are few builds.
    let newest = "SELECT b.id, (SELECT MAX(r.id) FROM records r WHERE r.build_id = b.id) AS last FROM build b";
    let sql = format!(
        "SELECT r.id, r.received_at, b.system_name, b.build FROM ({newest}) n \
         JOIN build b ON b.id = n.id JOIN records r ON r.id = n.last ORDER BY r.id DESC"
    );
    let mut systems = Vec::<LastSeen>::new();
    for row in rows(store.reader(), &sql).await? {
        let system: String = row.try_get_by_index(2)?;
        if systems.iter().any(|seen| seen.system == system) {
            continue;
        }
        systems.push(LastSeen {
            system,
            record_id: row.try_get_by_index(0)?,
            build: row.try_get_by_index(3)?,
            received_at: Timestamp::from_millis(row.try_get_by_index(1)?),
        });
    }
    Ok(systems)
}

/// Texts of clients for which there is no room any more.
///
/// # Errors
/// The database's.
pub async fn met_bounds(store: &Store) -> Result<Vec<Warning>> {
    let mut warnings = Vec::new();
    for dictionary in store.dictionaries().all() {
        if let Some(bound) = dictionary.met_bound(store.reader()).await? {
            let message = format!(
                "There are {bound} different texts in `{}`, the most that are told apart (--dictionary-bound): \
                 later ones count as (other). Look whether a client makes them up.",
                dictionary.what()
            );
            warnings.push(Warning { kind: "names".to_owned(), message });
        }
    }
    Ok(warnings)
}

/// When the oldest record that is kept was received.
///
/// # Errors
/// The database's.
pub async fn oldest(store: &Store) -> Result<Option<Timestamp>> {
    let reader = store.reader();
    let sql = Statement::from_string(reader.get_database_backend(), "SELECT MIN(received_at) FROM records");
    let oldest: Option<i64> = match reader.query_one_raw(sql).await? {
        Some(row) => row.try_get_by_index(0)?,
        None => None,
    };
    Ok(oldest.map(Timestamp::from_millis))
}
