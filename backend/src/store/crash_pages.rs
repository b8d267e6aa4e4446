//! Which machines hit which stacks in which builds, packed: so that distinct machines of many stacks can be counted
//! without a look at a row for each.
//!
//! Pages are only ever added to, but for machines that are erased. How they come to be is in the migration, and in `counters/postgres.rs`.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::sql::{joined, rows};
use super::{Kind, Store};
use crate::error::Result;

/// A page with this many bytes is full in PostgreSQL: rows of more than two thousand go into another table, piece by piece,
/// and each addition would leave such pieces behind.
pub(super) const FULL: i32 = 1800;
/// Bytes for a build and a machine.
const ENTRY: usize = 12;
/// How many stacks are asked for at once.
const CHUNK: usize = 500;

/// A build and a machine as they are packed.
pub(super) fn entry(build_id: i32, machine_key: i64) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    let (build, machine) = entry.split_at_mut(4);
    build.copy_from_slice(&build_id.to_be_bytes());
    machine.copy_from_slice(&machine_key.to_be_bytes());
    entry
}

/// The builds and machines of a page.
pub(super) fn entries(page: &[u8]) -> impl Iterator<Item = (i32, u64)> + '_ {
    let (entries, _) = page.as_chunks::<ENTRY>();
    entries.iter().map(|&[a, b, c, d, rest @ ..]| (i32::from_be_bytes([a, b, c, d]), u64::from_be_bytes(rest)))
}

/// A page without some builds and machines; nothing when they are not in it.
pub(super) fn without(page: &[u8], gone: &[[u8; ENTRY]]) -> Option<Vec<u8>> {
    let (entries, _) = page.as_chunks::<ENTRY>();
    let left: Vec<u8> = entries.iter().filter(|entry| !gone.contains(entry)).flatten().copied().collect();
    (left.len() < page.len()).then_some(left)
}

/// A set of numbers that no client has chosen.
pub(super) type Numbers = HashSet<u64, BuildHasherDefault<Mixed>>;

/// How many different machines there are among these.
pub(super) fn distinct(machines: &[u64]) -> u64 {
    let mut found = Numbers::with_capacity_and_hasher(machines.len(), <_>::default());
    found.extend(machines);
    found.len() as u64
}

/// A quick hash of numbers that no client has chosen.
#[derive(Default)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_i32(&mut self, number: i32) {
        self.write_u64(u64::from(number.cast_unsigned()));
    }

    fn write_i16(&mut self, number: i16) {
        self.write_u64(u64::from(number.cast_unsigned()));
    }

    fn write_u64(&mut self, number: u64) {
        // The golden ratio in 64 bits (Knuth, The Art of Computer Programming 3, 6.4); tables look at the low bits.
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

/// The pages of some stacks, those of each as one.
pub(super) async fn pages(store: &Store, stacks: &[i32]) -> Result<Vec<(i32, Vec<u8>)>> {
    let mut pages = Vec::new();
    for stacks in stacks.chunks(CHUNK) {
        // Each row of an answer costs more than what it holds.
        let together = match store.kind() {
            Kind::Sqlite => "CAST(group_concat(machines, '') AS BLOB)",
            Kind::Postgres => "string_agg(machines, ''::bytea)",
        };
        let sql = format!(
            "SELECT stack_id, {together} FROM crash_page WHERE stack_id IN ({}) GROUP BY stack_id",
            joined(stacks)
        );
        for row in rows(store.reader(), &sql).await? {
            pages.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        }
    }
    Ok(pages)
}

/// Distinct machines of some stacks in each build.
pub(super) async fn by_build(store: &Store, stacks: &[i32]) -> Result<BTreeMap<i32, u64>> {
    let pages = pages(store, stacks).await?;
    let mut builds = BTreeMap::<i32, Vec<u64>>::new();
    for (build, machine) in pages.iter().flat_map(|(_, page)| entries(page)) {
        builds.entry(build).or_default().push(machine);
    }
    Ok(builds.into_iter().map(|(build, machines)| (build, distinct(&machines))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_found_again() {
        let packed = [(7, -3), (i32::MAX, i64::MIN), (0, 1)];
        let page: Vec<u8> = packed.into_iter().flat_map(|(build, machine)| entry(build, machine)).collect();
        let expected = packed.map(|(build, machine)| (build, machine.cast_unsigned()));
        assert_eq!(entries(&page).collect::<Vec<_>>(), expected);
        assert_eq!(usize::try_from(FULL).unwrap() % ENTRY, 0);
    }

    #[test]
    fn machines_leave_a_page() {
        let page = [entry(1, 5), entry(2, 5), entry(1, 6)].concat();
        assert_eq!(without(&page, &[entry(1, 5), entry(3, 5)]), Some([entry(2, 5), entry(1, 6)].concat()));
        assert_eq!(without(&page, &[entry(3, 5)]), None);
    }

    #[test]
    fn machines_count_once() {
        assert_eq!(distinct(&[5, 6, 5, u64::MAX]), 3);
        assert_eq!(distinct(&[]), 0);
    }
}
