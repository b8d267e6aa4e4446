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
use telemetrics_common::filter::Source;
use telemetrics_common::{RecordFilter, Timestamp};

use super::Store;
use crate::entity::records::{Column, Entity};
use crate::error::Result;

/// More arms than this become one list that is sorted: SQLite takes at most 500 parts of a UNION.
const MAX_ARMS: usize = 400;
/// A window of capture times with at least this many records is better walked by id, if it reaches the present.
const DENSE: u64 = 5000;

/// What is looked for: the filter, and the reception time that only the older server's query knows.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The filter; its regular expressions are not looked at here.
    pub filter: RecordFilter,
    /// Received at this time or later.
    pub received_from: Option<Timestamp>,
}

impl From<RecordFilter> for Selection {
    fn from(filter: RecordFilter) -> Self {
        Self { filter, received_from: None }
    }
}

/// How to walk to the records of a selection.
pub struct Plan {
    /// Each a walk down one index; none: down the ids.
    arms: Vec<SimpleExpr>,
    rest: Condition,
}

/// Decides how to walk; `None` when no record can pass.
///
/// # Errors
/// The database's.
pub async fn plan(store: &Store, selection: &Selection, now: Timestamp) -> Result<Option<Plan>> {
    let filter = &selection.filter;
    // No record has a guilty as long as none are judged.
    if filter.guilty.is_some() {
        return Ok(None);
    }
    let mut parts = Vec::new();
    if let Some(event_id) = &filter.event_id {
        parts.push(Part::of(Column::EventId, [event_id.as_str().into()], Some(0)));
    }
    if let Some(machine_id) = &filter.machine_id {
        parts.push(Part::of(Column::MachineId, [machine_id.as_str().into()], Some(1)));
    }
    if let Some(pattern) = &filter.classification {
        let ids = classification_ids(store, pattern).await?;
        let records = counted(store, "classification_id", &ids).await?;
        parts.push(Part::of(Column::ClassificationId, ids.into_iter().map(Expr::value), Some(records)));
    }
    if filter.system.is_some() || filter.build.is_some() {
        let ids = build_ids(store, filter.system.as_deref(), filter.build.as_deref()).await?;
        let records = counted(store, "build_id", &ids).await?;
        parts.push(Part::of(Column::BuildId, ids.into_iter().map(Expr::value), Some(records)));
    }
    if let Some(severities) = &filter.severity {
        let all: Vec<i32> = severities.as_slice().iter().map(|&severity| i32::from(severity)).collect();
        let records = counted(store, "severity", &all).await?;
        parts.push(Part::of(Column::Severity, all.into_iter().map(Expr::value), Some(records)));
    }
    if parts.iter().any(|part| part.values.is_empty()) {
        return Ok(None);
    }
    if let Some(source) = filter.source {
        parts.push(Part::of(Column::External, [Expr::value(source == Source::External)], None));
    }
    let mut rest = Condition::all().add_option(received(store, selection.received_from).await?);
    let driver = parts.iter().enumerate().filter_map(|(at, part)| Some((part.records?, at))).min();
    let mut arms = driver.map(|(_, at)| parts.swap_remove(at).arms()).unwrap_or_default();
    rest = parts.into_iter().fold(rest, |rest, part| rest.add(part.checked()));
    if filter.from.is_some() || filter.to.is_some() {
        if arms.is_empty() && !is_dense_until_now(store, filter, now).await? {
            arms.push(window(filter, &Expr::col(Column::CapturedAt)));
        } else {
            rest = rest.add(window(filter, &unindexed(Column::CapturedAt)));
        }
    }
    Ok(Some(Plan { arms, rest }))
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
    matches!(column, Column::ClassificationId | Column::BuildId | Column::Severity)
}

fn unindexed(column: Column) -> SimpleExpr {
    Expr::cust(format!("+{}", column.as_str()))
}

fn window(filter: &RecordFilter, captured_at: &SimpleExpr) -> SimpleExpr {
    // Capture times are whole seconds.
    let from = filter.from.map(|from| captured_at.clone().gte(from.seconds_rounded_up()));
    let to = filter.to.map(|to| captured_at.clone().lt(to.seconds_rounded_up()));
    Condition::all().add_option(from).add_option(to).into()
}

async fn is_dense_until_now(store: &Store, filter: &RecordFilter, now: Timestamp) -> Result<bool> {
    if filter.to.is_some_and(|to| to < now) {
        return Ok(false);
    }
    let some = Query::select()
        .expr_as(Expr::value(1), "one")
        .from(Entity)
        .and_where(window(filter, &Expr::col(Column::CapturedAt)))
        .limit(DENSE)
        .take();
    let count = Query::select().expr(Func::count(Expr::val(1))).from_subquery(some, "some").take();
    Ok(number(store, &count).await? >= DENSE)
}

/// Ids grow with reception, but for a clock that was set back: the walk ends at the lowest id in question.
async fn received(store: &Store, from: Option<Timestamp>) -> Result<Option<SimpleExpr>> {
    let Some(from) = from else { return Ok(None) };
    let lowest = Query::select()
        .expr(Func::min(Expr::col(Column::Id)))
        .from(Entity)
        .and_where(Column::ReceivedAt.gte(from.millis()))
        .take();
    let row = store.reader().query_one(&lowest).await?;
    let lowest: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    let late = unindexed(Column::ReceivedAt).gte(from.millis());
    Ok(Some(late.and(Expr::col(Column::Id).gte(lowest.unwrap_or(i64::MAX)))))
}

async fn classification_ids(store: &Store, pattern: &Pattern) -> Result<Vec<i32>> {
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

async fn build_ids(store: &Store, system: Option<&str>, build: Option<&str>) -> Result<Vec<i32>> {
    let mut query = Query::select().column("id").from("build").and_where(Expr::col("id").ne(0)).take();
    query.and_where_option(system.map(|system| Expr::col("system_name").eq(system)));
    query.and_where_option(build.map(|build| Expr::col("build").eq(build)));
    numbers(store, &query).await
}

/// How many records were ever counted under some values of a counter's column.
async fn counted(store: &Store, column: &'static str, values: &[i32]) -> Result<u64> {
    let sum = Func::cast_as(Func::sum(Expr::col("records")), Alias::new("BIGINT"));
    let query = Query::select()
        .expr(Func::coalesce([sum.into(), Expr::value(0_i64)]))
        .from("record_total")
        .and_where(Expr::col(column).is_in(values.iter().copied()))
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
    /// The ids of at most `limit` records below `before`, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn ids(&self, store: &Store, before: Option<i64>, limit: u64) -> Result<Vec<i64>> {
        let walk = |arm: Option<&SimpleExpr>| {
            Query::select()
                .column(Column::Id)
                .from(Entity)
                .cond_where(Condition::all().add_option(arm.cloned()).add(self.rest.clone()))
                .and_where_option(before.map(|before| Column::Id.lt(before)))
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
        Condition::all().add_option((!self.arms.is_empty()).then_some(any)).add(self.rest.clone())
    }
}
