//! Statements for many rows at once in a few fixed sizes, so that the database keeps them prepared.

/// One multi-row statement in each size, largest first.
pub(super) struct Ladder {
    statements: Vec<(usize, String)>,
}

const SIZES: [usize; 4] = [64, 16, 4, 1];

impl Ladder {
    /// `head` and `tail` are what stands before and behind the rows, `columns` how many values a row has.
    pub(super) fn new(head: &str, columns: usize, tail: &str) -> Self {
        let row = format!("({})", vec!["?"; columns].join(","));
        let statement = |size: usize| format!("{head} {} {tail}", vec![row.as_str(); size].join(","));
        Self { statements: SIZES.iter().map(|&size| (size, statement(size))).collect() }
    }

    /// Cuts rows into the sizes there are, each with its statement.
    pub(super) fn cut<'a, T>(&'a self, mut rows: &'a [T]) -> impl Iterator<Item = (&'a str, &'a [T])> {
        let mut steps = self.statements.iter();
        let mut step = steps.next();
        std::iter::from_fn(move || {
            while let Some((size, statement)) = step {
                if let Some((chunk, rest)) = rows.split_at_checked(*size) {
                    rows = rest;
                    return Some((statement.as_str(), chunk));
                }
                step = steps.next();
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_into_the_sizes_there_are() {
        let ladder = Ladder::new("INSERT INTO t VALUES", 2, "RETURNING id");
        let check = |rows: usize, sizes: &[usize]| {
            let rows: Vec<usize> = (0..rows).collect();
            let chunks: Vec<&[usize]> = ladder.cut(&rows).map(|(_, chunk)| chunk).collect();
            assert_eq!(chunks.concat(), rows);
            assert_eq!(chunks.iter().map(|chunk| chunk.len()).collect::<Vec<_>>(), sizes);
        };
        check(0, &[]);
        check(3, &[1, 1, 1]);
        check(22, &[16, 4, 1, 1]);
        check(130, &[64, 64, 1, 1]);
        let rows = [0, 1];
        let statements: Vec<&str> = ladder.cut(&rows).map(|(statement, _)| statement).collect();
        assert_eq!(statements, ["INSERT INTO t VALUES (?,?) RETURNING id"; 2]);
    }
}
