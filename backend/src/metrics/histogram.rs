//! How often a value lies below each of some bounds.

use super::Number;

/// Counts of values up to each bound, and above the last one.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    counts: [Number; N],
    above: Number,
    sum: Number,
}

impl<const N: usize> Default for Histogram<N> {
    fn default() -> Self {
        Self { counts: std::array::from_fn(|_| Number::default()), above: Number::default(), sum: Number::default() }
    }
}

impl<const N: usize> Histogram<N> {
    /// Counts a value, with the bounds that this histogram is always used with.
    pub fn add(&self, bounds: &[u64; N], value: u64) {
        let place = bounds.iter().position(|bound| value <= *bound);
        place.and_then(|place| self.counts.get(place)).unwrap_or(&self.above).add(1);
        self.sum.add(value);
    }

    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(Number::get).sum::<u64>() + self.above.get()
    }

    /// All of them together.
    pub fn sum(&self) -> u64 {
        self.sum.get()
    }

    /// How many values there were up to each bound.
    pub fn up_to<'a>(&'a self, bounds: &'a [u64; N]) -> impl Iterator<Item = (u64, u64)> + 'a {
        let mut sum = 0;
        bounds.iter().zip(&self.counts).map(move |(bound, count)| {
            sum += count.get();
            (*bound, sum)
        })
    }

    /// The value that a part of all are at most, between two bounds as far as can be told; 0 without values.
    pub fn quantile(&self, bounds: &[u64; N], part: f64) -> f64 {
        let wanted = self.count() as f64 * part;
        let (mut below, mut least) = (0, 0);
        for (bound, up_to) in self.up_to(bounds) {
            let here = up_to - below;
            if here > 0 && up_to as f64 >= wanted {
                let share = (wanted - below as f64) / here as f64;
                return least as f64 + share.max(0.0) * (bound - least) as f64;
            }
            (below, least) = (up_to, bound);
        }
        if self.above.get() > 0 { least as f64 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_up_to_bounds() {
        let (bounds, histogram) = ([10, 20, 40], Histogram::<3>::default());
        assert_eq!(histogram.quantile(&bounds, 0.5), 0.0);
        for value in [1, 10, 11, 41, 1000] {
            histogram.add(&bounds, value);
        }
        assert_eq!(histogram.up_to(&bounds).collect::<Vec<_>>(), [(10, 2), (20, 3), (40, 3)]);
        assert_eq!((histogram.count(), histogram.sum()), (5, 1063));
        assert_eq!(histogram.quantile(&bounds, 0.2), 5.0);
        assert_eq!(histogram.quantile(&bounds, 0.99), 40.0);
    }
}
