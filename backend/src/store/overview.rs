//! The fleet at a glance.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, Statement};
use telemetrics_common::Timestamp;
use telemetrics_common::overview::{
    DEFAULT_DAYS, Fleet, GetOverview, Ingest, NEWEST_BUILDS, Overview, OverviewDay, TOP_GUILTIES,
};

use super::counters::{Count, Dimension, TallyDay, catch_up, day_start};
use super::names::{by_size, count};
use super::range::Range;
use super::tally::{self, Wanted};
use super::{Store, crashes, population, quarantine, systems};
use crate::error::Result;

/// Machine ids rotate every three days: a longer window would count machines twice.
const FLEET_DAYS: u32 = 3;
/// How many records the present rate is taken from, and over how long at most, in seconds.
const RATE_RECORDS: i64 = 1000;
const RATE_SECONDS: i64 = 3600;

/// Records, machines and crashes per day, top guilties, newest builds, ingest.
///
/// # Errors
/// The database's.
pub async fn overview(store: &Store, call: GetOverview, now: Timestamp) -> Result<Overview> {
    catch_up(store).await?;
    let usual = Range::last_days(now, DEFAULT_DAYS);
    let range = Range::new(call.from.or(usual.from()), call.to.or(usual.end()));
    let Some(scope) = systems::scope(store, call.system.as_deref()).await? else {
        return Ok(Overview { ingest: ingest(store, now).await?, ..Overview::default() });
    };
    let classifications = Wanted { dimensions: &[Dimension::Classification], scope, range };
    let active = Wanted { dimensions: &[Dimension::Machines], scope, range };
    let (records, machines, guilties, fleet, ingest) = tokio::try_join!(
        tally::daily(store, classifications),
        tally::machines(store, active),
        crashes::changes(store, scope, TOP_GUILTIES, now),
        fleet(store, call.system.clone(), now),
        ingest(store, now),
    )?;
    Ok(Overview {
        records: records.values().map(|counted| count(counted.records)).sum(),
        purged: records.values().map(|counted| count(counted.purged)).sum(),
        days: days(store, records, machines).await?,
        guilties,
        fleet,
        ingest,
    })
}

#[derive(Default)]
struct Day {
    kinds: BTreeMap<String, Count>,
    crashes: Count,
    machines: u64,
}

async fn days(
    store: &Store,
    records: BTreeMap<TallyDay, Count>,
    machines: BTreeMap<TallyDay, Count>,
) -> Result<Vec<OverviewDay>> {
    let names = &store.dictionaries().classification;
    names.load(store.reader(), records.keys().map(|of_day| of_day.key)).await?;
    let mut days = BTreeMap::<i32, Day>::new();
    for (of_day, counted) in records {
        let name = names.name(of_day.key)?;
        let day = days.entry(of_day.day).or_default();
        day.kinds.entry(kind(&name)).or_default().merge(counted);
        if store.has_backtraces(&name) {
            day.crashes.merge(counted);
        }
    }
    for (of_day, counted) in machines {
        // A machine of a part of the day that is not in the range has no records here.
        if let Some(day) = days.get_mut(&of_day.day) {
            day.machines += count(counted.records);
        }
    }
    let day = |(day, found): (i32, Day)| OverviewDay {
        day: day_start(day),
        kinds: by_size(found.kinds),
        crashes: count(found.crashes.records),
        purged_crashes: count(found.crashes.purged),
        machines: found.machines,
    };
    Ok(days.into_iter().map(day).collect())
}

/// The pattern of all classifications of one probe.
fn kind(classification: &str) -> String {
    classification.rsplit_once('/').map_or_else(|| classification.to_owned(), |(probe, _)| format!("{probe}/*"))
}

async fn fleet(store: &Store, system: Option<String>, now: Timestamp) -> Result<Option<Fleet>> {
    let system = systems::chosen(store, system).await?;
    let builds = population::seen_in(store, &system, FLEET_DAYS, now).await?;
    let machines = builds.iter().map(|build| build.internal + build.external).sum();
    let newest = builds.into_iter().rev().take(NEWEST_BUILDS).collect();
    Ok((machines > 0).then_some(Fleet { system: system.name, machines, builds: newest }))
}

async fn ingest(store: &Store, now: Timestamp) -> Result<Ingest> {
    let reader = store.reader();
    let earliest = now.millis() - RATE_SECONDS * 1000;
    let sql = format!(
        "SELECT COUNT(CASE WHEN received_at >= {earliest} THEN 1 END), MIN(received_at), MAX(received_at) \
         FROM records WHERE id > (SELECT MAX(id) FROM records) - {RATE_RECORDS}"
    );
    let row = reader.query_one_raw(Statement::from_string(reader.get_database_backend(), sql)).await?;
    let (recent, first, last): (i64, Option<i64>, Option<i64>) = match row {
        Some(row) => (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?),
        None => (0, None, None),
    };
    let millis = (now.millis() - first.unwrap_or(i64::MIN).max(earliest)).max(1000);
    let wanted = Wanted { dimensions: &[Dimension::WrongClock], scope: None, range: Range::ALL };
    let wrong_clocks = tally::sums(store, wanted).await?;
    Ok(Ingest {
        records_per_second: recent as f64 * 1000.0 / millis as f64,
        last_received_at: last.map(Timestamp::from_millis),
        quarantined: quarantine::count(store).await?,
        wrong_clocks: wrong_clocks.values().map(|counted| count(counted.records)).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_a_pattern_of_the_record_filter() {
        assert_eq!(kind("org.clearlinux/crash/clr"), "org.clearlinux/crash/*");
        assert_eq!(kind("(other)"), "(other)");
    }
}
