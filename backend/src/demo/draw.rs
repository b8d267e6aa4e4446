//! Drawing from tables and seeds.

use fastrand::Rng;

/// A seed made of two numbers, so that each machine and each table entry has a stream of its own
/// (the finalizer of splitmix64, <https://prng.di.unimi.it/splitmix64.c>).
pub(super) fn mix(seed: u64, number: u64) -> u64 {
    let mut x = seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// One of a table, all alike.
pub(super) fn pick<T: Copy + Default>(rng: &mut Rng, table: &[T]) -> T {
    rng.choice(table).copied().unwrap_or_default()
}

/// One of a table, by weight.
pub(super) fn weighted<T: Copy + Default>(rng: &mut Rng, table: &[(u32, T)]) -> T {
    let total: u32 = table.iter().map(|(weight, _)| weight).sum();
    let mut drawn = rng.u32(0..total.max(1));
    for (weight, item) in table {
        if drawn < *weight {
            return *item;
        }
        drawn -= weight;
    }
    T::default()
}

/// Whether something happens that happens so many times in a hundred.
pub(super) fn percent(rng: &mut Rng, chance: u32) -> bool {
    rng.u32(0..100) < chance
}

/// 32 hex digits.
pub(super) fn hex(rng: &mut Rng) -> String {
    format!("{:032x}", rng.u128(..))
}
