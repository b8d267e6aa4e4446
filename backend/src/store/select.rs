//! Which records pass a filter: ids, newest first, page by page.
//!
//! The databases' planners cannot know that a page is wanted newest first from many short lists, so the
//! index is chosen here: the narrowest part of the filter gives one or more *arms*, each a walk down one
//! index that stops after a page; the other parts are checked on the rows that the walk meets. A unary
//! plus keeps a column out of the planner's choice of index, on both databases.

use sea_orm::sea_query::{
    Alias, Condition, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{ColumnTrait, ConnectionTrait, IdenStatic};
use telemetrics_common::classification::Pattern;
use telemetrics_common::filter::{Clock, Source};
use telemetrics_common::{RecordFilter, Timestamp};

use super::counters::{Dimension, WRONG_CLOCK};
use super::sql::joined;
use super::{Store, guilties, ids};
use crate::entity::records::{Column, Entity};
use crate::error::Result;

/// More arms than this become one list that is sorted: SQLite takes at most 500 parts of a UNION.
const MAX_ARMS: usize = 400;
/// A window of capture times with at least this many records is better walked by id, if it reaches the present.
const DENSE: u64 = 5000;

/// How to walk to the records that pass a filter.
pub struct Plan {
    /// Each a walk down one index; none: down the ids.
    arms: Vec<SimpleExpr>,
    rest: Condition,
    /// All walks begin below this id.
    below: Option<i64>,
}

/// Decides how to walk; `None` when no record can pass. The filter's regular expressions are not looked at here.
///
/// # Errors
/// The database's.
pub async fn plan(store: &Store, filter: &RecordFilter, now: Timestamp) -> Result<Option<Plan>> {
    let mut parts = walkable(store, filter).await?;
    if parts.iter().any(|part| part.values.is_empty()) {
        return Ok(None);
    }
    if let Some(source) = filter.source {
        parts.push(Part::of(Column::External, [Expr::value(source == Source::External)], None));
    }
    let (received, below) = reception(store, filter).await?.unzip();
    let mut rest = Condition::all().add_option(received);
    let driver = parts.iter().enumerate().filter_map(|(at, part)| Some((part.records?, at))).min();
    let mut arms = driver.map(|(_, at)| parts.swap_remove(at).arms()).unwrap_or_default();
    if filter.clock == Some(Clock::Wrong) {
        // In the index's own words; few records are in there.
        let wrong = Expr::cust(WRONG_CLOCK);
        if arms.is_empty() { arms.push(wrong) } else { rest = rest.add(wrong) }
    }
    rest = parts.into_iter().fold(rest, |rest, part| rest.add(part.checked()));
    if filter.from.is_some() || filter.to.is_some() {
        if arms.is_empty() && !is_dense_until_now(store, filter, now).await? {
            arms.push(captured(filter, &Expr::col(Column::CapturedAt)));
        } else {
            rest = rest.add(captured(filter, &unindexed(Column::CapturedAt)));
        }
    }
    Ok(Some(Plan { arms, rest, below }))
}

/// The parts of a filter that an index can walk.
async fn walkable(store: &Store, filter: &RecordFilter) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    if let Some(event_id) = &filter.event_id {
        parts.push(Part::of(Column::EventId, [Expr::value(ids::bytes(event_id.as_str()))], Some(0)));
    }
    if let Some(machine_id) = &filter.machine_id {
        parts.push(Part::of(Column::MachineId, [Expr::value(ids::bytes(machine_id.as_str()))], Some(1)));
    }
    if let Some(guilty) = filter.guilty {
        let ids = guilties::stack_ids(store, i32::try_from(guilty).unwrap_or(-1)).await?;
        parts.push(Part::of_stacks(store, ids).await?);
    }
    if let Some(stack) = filter.stack {
        parts.push(Part::of_stacks(store, vec![i32::try_from(stack).unwrap_or(-1)]).await?);
    }
    if let Some(pattern) = &filter.classification {
        let ids = classification_ids(store, pattern).await?;
        let records = counted(store, "classification_id", &ids).await?;
        parts.push(Part::of_ids(Column::ClassificationId, ids, records));
    }
    if let Some(kind) = filter.kind {
        let ids = named(store, "classification", &[("name", &store.classifications_of(kind))]).await?;
        let records = counted(store, "classification_id", &ids).await?;
        parts.push(Part::of_ids(Column::ClassificationId, ids, records));
    }
    if filter.system.is_some() || filter.build.is_some() {
        let columns = [("system_name", filter.system.as_deref()), ("build", filter.build.as_deref())];
        let ids = with_texts(store, "build", columns).await?;
        let records = counted(store, "build_id", &ids).await?;
        parts.push(Part::of_ids(Column::BuildId, ids, records));
    }
    if let Some(platform) = &filter.platform {
        let ids = with_texts(store, "platform", [("host_type", Some(platform.as_str()))]).await?;
        let records = tallied(store, Dimension::Platform, &ids).await?;
        parts.push(Part::of_ids(Column::PlatformId, ids, records));
    }
    if filter.kernel.is_some() || filter.arch.is_some() {
        let columns = [("version", filter.kernel.as_deref()), ("arch", filter.arch.as_deref())];
        let ids = with_texts(store, "kernel", columns).await?;
        let records = tallied(store, Dimension::Kernel, &ids).await?;
        parts.push(Part::of_ids(Column::KernelId, ids, records));
    }
    if let Some(severities) = &filter.severity {
        let all: Vec<i32> = severities.as_slice().iter().map(|&severity| i32::from(severity)).collect();
        let records = counted(store, "severity", &all).await?;
        parts.push(Part::of_ids(Column::Severity, all, records));
    }
    Ok(parts)
}

/// One part of a filter: a column that must have one of some values.
struct Part {
    column: Column,
    values: Vec<SimpleExpr>,
    /// How many records pass it, where an index can walk them.
    records: Option<u64>,
}

impl Part {
    fn of(column: Column, values: impl IntoIterator<Item = SimpleExpr>, records: Option<u64>) -> Self {
        Self { column, values: values.into_iter().collect(), records }
    }

    /// Ids, which are numbers of the database's own.
    fn of_ids(column: Column, ids: Vec<i32>, records: u64) -> Self {
        // So many that they go into one list are written out: a statement takes a limited number of parameters.
        let value = if ids.len() > MAX_ARMS { |id: i32| Expr::cust(id.to_string()) } else { Expr::value };
        Self::of(column, ids.into_iter().map(value), Some(records))
    }

    /// Crashes with one of some stacks.
    async fn of_stacks(store: &Store, ids: Vec<i32>) -> Result<Self> {
        let records = tallied(store, Dimension::Crash, &ids).await?;
        Ok(Self::of_ids(Column::StackId, ids, records))
    }

    fn arms(self) -> Vec<SimpleExpr> {
        if self.values.len() > MAX_ARMS {
            return vec![Expr::col(self.column).is_in(self.values)];
        }
        self.values.into_iter().map(|value| Expr::col(self.column).eq(value)).collect()
    }

    fn checked(self) -> SimpleExpr {
        // A filter by source has no index to keep away from, and PostgreSQL no unary plus for booleans.
        let column = if self.records.is_some() && is_number(self.column) {
            unindexed(self.column)
        } else {
            Expr::col(self.column)
        };
        column.is_in(self.values)
    }
}

fn is_number(column: Column) -> bool {
    !matches!(column, Column::EventId | Column::MachineId | Column::External)
}

fn unindexed(column: Column) -> SimpleExpr {
    Expr::cust(format!("+{}", column.as_str()))
}

fn captured(filter: &RecordFilter, at: &SimpleExpr) -> SimpleExpr {
    // Capture times are whole seconds.
    let seconds = Timestamp::seconds_rounded_up;
    within(at, filter.from.map(seconds), filter.to.map(seconds))
}

fn received(filter: &RecordFilter, at: &SimpleExpr) -> SimpleExpr {
    within(at, filter.received_from.map(Timestamp::millis), filter.received_to.map(Timestamp::millis))
}

fn within(at: &SimpleExpr, from: Option<i64>, to: Option<i64>) -> SimpleExpr {
    let from = from.map(|from| at.clone().gte(from));
    let to = to.map(|to| at.clone().lt(to));
    Condition::all().add_option(from).add_option(to).into()
}

async fn is_dense_until_now(store: &Store, filter: &RecordFilter, now: Timestamp) -> Result<bool> {
    if filter.to.is_some_and(|to| to < now) {
        return Ok(false);
    }
    let some = Query::select()
        .expr_as(Expr::value(1), "one")
        .from(Entity)
        .and_where(captured(filter, &Expr::col(Column::CapturedAt)))
        .limit(DENSE)
        .take();
    let count = Query::select().expr(Func::count(Expr::val(1))).from_subquery(some, "some").take();
    Ok(number(store, &count).await? >= DENSE)
}

/// The reception as a check on the way, and an id that all in question are below. Ids grow with reception, but for
/// imports, replays and clocks that were set back: each walk, down whichever index, stays between the lowest and the
/// highest id in question.
async fn reception(store: &Store, filter: &RecordFilter) -> Result<Option<(SimpleExpr, i64)>> {
    if filter.received_from.is_none() && filter.received_to.is_none() {
        return Ok(None);
    }
    // By the index of receptions: down that of ids, many records of other times may come first.
    let id = unindexed(Column::Id);
    let ends = Query::select()
        .expr(Func::min(id.clone()))
        .expr(Func::max(id))
        .from(Entity)
        .and_where(received(filter, &Expr::col(Column::ReceivedAt)))
        .take();
    let (lowest, highest): (Option<i64>, Option<i64>) = match store.reader().query_one(&ends).await? {
        Some(row) => (row.try_get_by_index(0)?, row.try_get_by_index(1)?),
        None => (None, None),
    };
    // Nothing is between them when nothing was received then.
    let (lowest, below) = (lowest.unwrap_or(i64::MAX), highest.map_or(0, |highest| highest.saturating_add(1)));
    let checked = received(filter, &unindexed(Column::ReceivedAt));
    Ok(Some((checked.and(Expr::col(Column::Id).gte(lowest)), below)))
}

/// The classifications that a pattern lets through.
pub(super) async fn classification_ids(store: &Store, pattern: &Pattern) -> Result<Vec<i32>> {
    let mut query = Query::select().column("id").from("classification").and_where(Expr::col("id").ne(0)).take();
    match pattern {
        Pattern::Exact(name) => query.and_where(Expr::col("name").eq(name)),
        Pattern::Below(prefix) => {
            let chars = i32::try_from(prefix.chars().count()).unwrap_or(i32::MAX);
            let begin = Func::cust("substr").args([Expr::col("name"), Expr::value(1), Expr::value(chars)]);
            query.and_where(Expr::expr(begin).eq(prefix))
        }
    };
    numbers(store, &query).await
}

/// The rows of a dictionary with the texts that are wanted.
pub(super) async fn with_texts<const N: usize>(
    store: &Store,
    table: &'static str,
    columns: [(&'static str, Option<&str>); N],
) -> Result<Vec<i32>> {
    let wanted = columns.iter().filter_map(|(column, text)| Some((*column, std::slice::from_ref(text.as_ref()?))));
    named(store, table, &wanted.collect::<Vec<_>>()).await
}

/// The rows of a dictionary that have, in each column, one of some texts.
async fn named(store: &Store, table: &'static str, columns: &[(&'static str, &[&str])]) -> Result<Vec<i32>> {
    let mut query = Query::select().column("id").from(table).and_where(Expr::col("id").ne(0)).take();
    for (column, texts) in columns {
        query.and_where(Expr::col(*column).is_in(texts.iter().copied()));
    }
    numbers(store, &query).await
}

/// How many records were ever counted under some values of a counter's column.
async fn counted(store: &Store, column: &'static str, values: &[i32]) -> Result<u64> {
    if values.is_empty() {
        return Ok(0);
    }
    let sum = Func::cast_as(Func::sum(Expr::col("records")), Alias::new("BIGINT"));
    let query = Query::select()
        .expr(Func::coalesce([sum.into(), Expr::value(0_i64)]))
        .from("record_total")
        // Written out: values may be more than a database takes as parameters.
        .and_where(Expr::cust(format!("{column} IN ({})", joined(values))))
        .take();
    number(store, &query).await
}

/// How many records were ever counted under some keys of a dimension.
async fn tallied(store: &Store, dimension: Dimension, keys: &[i32]) -> Result<u64> {
    if keys.is_empty() {
        return Ok(0);
    }
    let sum = Func::cast_as(Func::sum(Expr::col("records")), Alias::new("BIGINT"));
    let query = Query::select()
        .expr(Func::coalesce([sum.into(), Expr::value(0_i64)]))
        .from("tally_total")
        // In these words, so that SQLite sees that its index of crashes is meant; keys may be many.
        .and_where(Expr::cust(format!("dimension = {}", dimension.number())))
        .and_where(Expr::cust(format!("key IN ({})", joined(keys))))
        .take();
    number(store, &query).await
}

async fn number(store: &Store, query: &SelectStatement) -> Result<u64> {
    let row = store.reader().query_one(query).await?;
    let number: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok(u64::try_from(number).unwrap_or(0))
}

async fn numbers(store: &Store, query: &SelectStatement) -> Result<Vec<i32>> {
    let rows = store.reader().query_all(query).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}

impl Plan {
    /// Whether all records pass.
    pub fn is_everything(&self) -> bool {
        self.arms.is_empty() && self.rest.is_empty()
    }

    /// The ids of at most `limit` records below `before`, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn ids(&self, store: &Store, before: Option<i64>, limit: u64) -> Result<Vec<i64>> {
        // One bound only: of two, SQLite may begin at the higher one, on each page anew.
        let below = before.into_iter().chain(self.below).min();
        let walk = |arm: Option<&SimpleExpr>| {
            Query::select()
                .column(Column::Id)
                .from(Entity)
                .cond_where(Condition::all().add_option(arm.cloned()).add(self.rest.clone()))
                .and_where_option(below.map(|below| Column::Id.lt(below)))
                .order_by(Column::Id, Order::Desc)
                .limit(limit)
                .take()
        };
        let query = match self.arms.as_slice() {
            [] => walk(None),
            [arm] => walk(Some(arm)),
            [first, others @ ..] => {
                let part = |arm| Query::select().column(Column::Id).from_subquery(walk(Some(arm)), "arm").take();
                let mut union = part(first);
                for arm in others {
                    union.union(UnionType::All, part(arm));
                }
                union.order_by(Column::Id, Order::Desc).limit(limit).take()
            }
        };
        let rows = store.reader().query_all(&query).await?;
        Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
    }

    /// As a condition for counting; walks nothing.
    pub fn condition(&self) -> Condition {
        let any = self.arms.iter().cloned().fold(Condition::any(), Condition::add);
        let arms = (!self.arms.is_empty()).then_some(any);
        Condition::all()
            .add_option(arms)
            .add(self.rest.clone())
            .add_option(self.below.map(|below| Column::Id.lt(below)))
    }
}
