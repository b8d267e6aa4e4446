//! Reading the counters of one property at a time.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use super::counters::{Count, Dimension, Tally, TallyDay};
use super::crash_pages::Mixed;
use super::range::{ALL_DAY, Covered, DayHours, Range};
use super::sql::{joined, numbers, rows, together};
use super::{Store, days, minutes};
use crate::error::{Error, Result};

/// Which counters: of some dimensions, within one scope (a system, for most) or all, in a range.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) dimensions: &'a [Dimension],
    pub(super) scope: Option<i32>,
    pub(super) range: Range,
}

impl Wanted<'_> {
    fn has(&self, dimension: Dimension, scope: i32) -> bool {
        self.dimensions.contains(&dimension) && self.scope.is_none_or(|wanted| wanted == scope)
    }
}

/// The counts over the whole range.
pub(super) async fn sums(store: &Store, wanted: Wanted<'_>) -> Result<BTreeMap<Tally, Count>> {
    let mut sums = HashMap::<Tally, Count, BuildHasherDefault<Mixed>>::default();
    let add = |of_day: TallyDay, count| sums.entry(of_day.tally()).or_default().merge(count);
    match wanted.range.is_all() {
        true => totals(store, wanted).await?.into_iter().for_each(with(add)),
        false => ranged(store, wanted, (false, None), add).await?,
    }
    Ok(sums.into_iter().filter(|(_, count)| count.records != 0).collect())
}

/// The counts of each day, which at the edges of the range may be a part of one. Machines are counted on whole days.
/// Without a scope, those of all scopes are added up, and which one a count has means nothing.
pub(super) async fn daily(store: &Store, wanted: Wanted<'_>) -> Result<BTreeMap<TallyDay, Count>> {
    let mut days = BTreeMap::<TallyDay, Count>::new();
    let add = |of_day, count| days.entry(in_scope(wanted, of_day)).or_default().merge(count);
    ranged(store, wanted, (true, None), add).await?;
    days.retain(|_, count| count.records != 0);
    Ok(days)
}

/// Gives the same to somebody, in no order and of each several, without a scope those of each apart. Only some keys are of
/// interest: where fewer have to be read than those of all others, others are left out.
pub(super) async fn each(
    store: &Store,
    wanted: Wanted<'_>,
    keys: Option<&[i32]>,
    add: impl FnMut(TallyDay, Count),
) -> Result<()> {
    ranged(store, wanted, (true, keys), add).await
}

/// Distinct machines on each of the days that the range has a part of; without a scope as in [`daily`].
pub(super) async fn machines(store: &Store, wanted: Wanted<'_>) -> Result<BTreeMap<TallyDay, Count>> {
    let mut machines = BTreeMap::<TallyDay, Count>::new();
    let add = |of_day, count| machines.entry(in_scope(wanted, of_day)).or_default().merge(count);
    let days = Covered { days: wanted.range.days(), hours: Vec::new() };
    covered(store, wanted, &days, (true, None), add).await?;
    machines.retain(|_, count| count.records != 0);
    Ok(machines)
}

fn in_scope(wanted: Wanted<'_>, of_day: TallyDay) -> TallyDay {
    TallyDay { scope: wanted.scope.unwrap_or_default(), hour: None, ..of_day }
}

fn with(mut add: impl FnMut(TallyDay, Count)) -> impl FnMut((TallyDay, Count)) {
    move |(of_day, count)| add(of_day, count)
}

type Counts = Vec<(TallyDay, Count)>;

async fn totals(store: &Store, wanted: Wanted<'_>) -> Result<Counts> {
    select(store, wanted, ("tally_total", "0", "records"), "1 = 1").await
}

/// Days as a condition. A few are named one by one, so that a scope behind them in the key is found by index, too.
pub(super) fn condition((first, end): (i32, i32)) -> String {
    const FEW: i32 = 100;
    match end.saturating_sub(first) {
        ..=0 => "1 = 0".to_owned(),
        1..=FEW => {
            let days: Vec<String> = (first..end).map(|day| day.to_string()).collect();
            format!("day IN ({})", days.join(", "))
        }
        _ => format!("day >= {first} AND day < {end}"),
    }
}

/// What of `tally_day` counts the records in some hours; in PostgreSQL those without any are NULL.
pub(super) fn records_in(hours: DayHours) -> String {
    if hours == ALL_DAY {
        return "records".to_owned();
    }
    let hours: Vec<String> = (hours.0..hours.1).map(|hour| format!("COALESCE(h{hour}, 0)")).collect();
    format!("({})", hours.join(" + "))
}

/// How counts are read: by day or of all days together, and of which keys, if that makes it quicker.
type How<'a> = (bool, Option<&'a [i32]>);

async fn ranged(store: &Store, wanted: Wanted<'_>, how: How<'_>, mut add: impl FnMut(TallyDay, Count)) -> Result<()> {
    let split = wanted.range.split();
    covered(store, wanted, &split.covered, how, &mut add).await?;
    for (from, end) in split.rest {
        let is_wanted = |(tally, _): &(TallyDay, Count)| wanted.has(tally.dimension, tally.scope);
        minutes::counts(store, from, end).await?.into_iter().filter(is_wanted).for_each(with(&mut add));
    }
    Ok(())
}

/// From memory, or where those are not kept, all at once.
async fn covered(
    store: &Store,
    wanted: Wanted<'_>,
    covered: &Covered,
    (by_day, keys): How<'_>,
    mut add: impl FnMut(TallyDay, Count),
) -> Result<()> {
    if let Some(found) = days::counts(store, (wanted.dimensions, wanted.scope), covered).await? {
        for (dimension, day, counts) in found {
            let day = if by_day { day } else { 0 };
            for &((scope, key), count) in counts.iter() {
                add(TallyDay { dimension, day, scope, key, hour: None }, count);
            }
        }
        return Ok(());
    }
    let day = if by_day { "day" } else { "0" };
    let keys = keys.map(|keys| format!(" AND key IN ({})", joined(keys))).unwrap_or_default();
    let days = format!("{}{keys}", condition(covered.days));
    select(store, wanted, ("tally_day", day, "records"), &days).await?.into_iter().for_each(with(&mut add));
    for (of_day, hours) in &covered.hours {
        let (records, of_day) = (records_in(*hours), format!("day = {of_day}{keys}"));
        let found = select(store, wanted, ("tally_day", day, &records), &of_day).await?;
        found.into_iter().for_each(|(of_day, count)| add(of_day, count.of_hours()));
    }
    Ok(())
}

/// The sums of a table's counters, with its column of days or a number in its place, and what to sum as records.
async fn select(
    store: &Store,
    wanted: Wanted<'_>,
    (table, day, records): (&str, &str, &str),
    condition: &str,
) -> Result<Counts> {
    let group = if day == "day" { "dimension, day, scope, key" } else { "dimension, scope, key" };
    let sql = format!(
        "SELECT dimension, of_day, {} FROM (SELECT dimension, {day} AS of_day, scope, key, \
         CAST(SUM({records}) AS BIGINT) AS records, CAST(SUM(purged) AS BIGINT) AS purged \
         FROM {table} WHERE {} AND {condition} GROUP BY {group}) AS sums GROUP BY dimension, of_day",
        together(store, &["scope", "key", "records", "purged"]),
        within(wanted)
    );
    let mut counts = Counts::new();
    for row in rows(store.reader(), &sql).await? {
        let dimension = Dimension::from_number(row.try_get_by_index(0)?);
        let dimension = dimension.ok_or_else(|| Error::internal("a tally has an unknown dimension"))?;
        let day = row.try_get_by_index(1)?;
        let text: Option<String> = row.try_get_by_index(2)?;
        counts.extend(numbers(text.as_deref()).map(|[scope, key, records, purged]| {
            // The first two are columns of 32 bits.
            let tally = TallyDay { dimension, day, scope: scope as i32, key: key as i32, hour: None };
            (tally, Count { records, purged })
        }));
    }
    Ok(counts)
}

fn within(wanted: Wanted<'_>) -> String {
    let dimensions: Vec<String> = wanted.dimensions.iter().map(|dimension| dimension.number().to_string()).collect();
    let scope = wanted.scope.map(|scope| format!(" AND scope = {scope}")).unwrap_or_default();
    format!("dimension IN ({}){scope}", dimensions.join(", "))
}
