//! Records that come in while the list is open. Pure.

use telemetrics_common::records::{RecordPage, RecordRow};

/// How many rows live records may pile up in a list; the oldest give way and can be loaded again.
pub const MAX_ROWS: usize = 300;

/// A list, newest id first, with the place where its next page begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    pub rows: Vec<RecordRow>,
    pub next_before: Option<i64>,
}

impl Rows {
    /// Puts in records that are not there yet, each in its place, and says which those were. Events may
    /// come out of order, and again after the connection was lost.
    pub fn add(&mut self, arrived: Vec<RecordRow>) -> Vec<i64> {
        let mut new = Vec::new();
        for row in arrived {
            if let Err(place) = self.rows.binary_search_by(|other| row.id.cmp(&other.id)) {
                new.push(row.id);
                self.rows.insert(place, row);
            }
        }
        new
    }

    /// Lets the oldest rows go when there are too many.
    pub fn trim(&mut self, max: usize) {
        if self.rows.len() > max {
            self.rows.truncate(max);
            self.next_before = self.rows.last().map(|row| row.id);
        }
    }

    /// The newest record that these rows stand for: where none is found yet, the one that a search has reached.
    pub fn newest(&self) -> Option<i64> {
        self.rows.first().map(|row| row.id).or(self.next_before)
    }

    /// Whether a first page, loaded now, leaves a gap to these rows: more has come in than it holds.
    pub fn is_behind(&self, page: &RecordPage) -> bool {
        let newest = self.newest().unwrap_or(i64::MIN);
        page.next_before.is_some() && page.records.last().is_some_and(|oldest| oldest.id > newest)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use telemetrics_common::Timestamp;

    use super::*;

    /// Some record.
    pub fn row(id: i64) -> RecordRow {
        RecordRow {
            id,
            received_at: Timestamp::EPOCH,
            captured_at: Timestamp::EPOCH,
            external: false,
            machine_id: "a".into(),
            severity: 1,
            classification: "a/b/c".into(),
            system_name: "clear".into(),
            build: "9".into(),
            guilty_id: None,
            excerpt: String::new(),
        }
    }

    fn rows(ids: &[i64]) -> Rows {
        Rows { rows: ids.iter().copied().map(row).collect(), next_before: None }
    }

    fn ids(rows: &Rows) -> Vec<i64> {
        rows.rows.iter().map(|row| row.id).collect()
    }

    #[test]
    fn arrivals_come_once_and_in_order() {
        let mut list = rows(&[7, 5, 4]);
        assert_eq!(list.add(vec![row(8), row(6), row(5), row(9), row(8)]), [8, 6, 9]);
        assert_eq!(ids(&list), [9, 8, 7, 6, 5, 4]);
        assert_eq!(list.add(vec![row(4)]), Vec::<i64>::new());
        let mut empty = Rows::default();
        empty.add(vec![row(1), row(2)]);
        assert_eq!(ids(&empty), [2, 1]);
    }

    #[test]
    fn the_oldest_give_way_and_can_be_loaded_again() {
        let mut list = rows(&[4, 3, 2, 1]);
        list.trim(4);
        assert_eq!((ids(&list), list.next_before), (vec![4, 3, 2, 1], None));
        list.trim(2);
        assert_eq!((ids(&list), list.next_before), (vec![4, 3], Some(3)));
    }

    #[test]
    fn a_gap_is_seen() {
        let page = |ids: &[i64], next_before| {
            let records = ids.iter().copied().map(row).collect();
            RecordPage { records, next_before, ..RecordPage::default() }
        };
        assert!(rows(&[3]).is_behind(&page(&[9, 8], Some(8))));
        assert!(!rows(&[8]).is_behind(&page(&[9, 8], Some(8))));
        assert!(!rows(&[3]).is_behind(&page(&[9, 8], None)));
        assert!(Rows::default().is_behind(&page(&[9, 8], Some(8))));
        assert!(!Rows::default().is_behind(&page(&[9, 8], None)));
        assert!(!Rows::default().is_behind(&page(&[], Some(8))));
        // What a search has not reached yet is no gap.
        let searched = Rows { rows: Vec::new(), next_before: Some(5) };
        assert!(!searched.is_behind(&page(&[4], Some(3))));
        assert!(searched.is_behind(&page(&[9, 8], Some(8))));
    }
}
