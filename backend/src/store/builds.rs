//! Records per build.

use telemetrics_common::builds::{Builds, GetBuilds};

use super::counters::{Dimension, catch_up};
use super::names::{by_build, by_text, purged};
use super::range::Range;
use super::tally::{self, Wanted};
use super::{Store, systems};
use crate::error::Result;

/// Records per build of one system.
///
/// # Errors
/// The database's.
pub async fn builds(store: &Store, call: GetBuilds) -> Result<Builds> {
    catch_up(store).await?;
    let system = systems::chosen(store, call.system).await?;
    let Some(id) = system.id else { return Ok(Builds { system: system.name, ..Builds::default() }) };
    let dimensions = &[Dimension::Build, Dimension::WrongClock];
    let range = Range::new(call.from, call.to);
    let sums = tally::sums(store, Wanted { dimensions, scope: Some(id), range }).await?;
    let texts = (&store.dictionaries().build, 1);
    Ok(Builds {
        system: system.name,
        purged: purged(&sums, Dimension::Build),
        builds: by_build(by_text(store, &sums, Dimension::Build, texts).await?),
        wrong_clocks: by_build(by_text(store, &sums, Dimension::WrongClock, texts).await?),
    })
}
