//! What a change of the never-guilty list would do, in words. Pure.

use telemetrics_common::never_guilty::{Accused, Move};

use crate::format;

/// A function with its module, as one text: `abort in libc.so.6`.
pub fn named(function: &str, module: &str) -> String {
    match (function.is_empty(), module.is_empty()) {
        (true, true) => "no guilty".to_owned(),
        (_, true) => function.to_owned(),
        (_, false) => format!("{function} in {module}"),
    }
}

fn accused(accused: &Accused) -> String {
    named(&accused.function, &accused.module)
}

/// What would become of one record.
pub fn of_record(now: &Accused, then: Option<&Accused>) -> String {
    match then {
        None => "This record would have no guilty.".to_owned(),
        Some(then) if then == now => format!("This record would stay with {}.", accused(then)),
        Some(then) => format!("This record would move to {}.", accused(then)),
    }
}

/// What would become of all records, before the single moves.
pub fn of_all(records: u64) -> String {
    if records == 0 {
        return "No record would move.".to_owned();
    }
    format!("In all, {} would move:", format::counted(records, "record", "records"))
}

/// One move.
pub fn of_move(one: &Move) -> String {
    format!("{} from {} to {}", format::number(one.records), accused(&one.from), accused(&one.to))
}

/// A number of entries of the list.
pub fn entries(n: usize) -> String {
    format::counted(n as u64, "entry", "entries")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guilty(function: &str, module: &str) -> Accused {
        Accused { function: function.into(), module: module.into() }
    }

    #[test]
    fn one_record_moves_or_stays() {
        let abort = guilty("abort", "libc.so.6");
        assert_eq!(of_record(&abort, Some(&abort)), "This record would stay with abort in libc.so.6.");
        assert_eq!(of_record(&abort, Some(&guilty("main", "app"))), "This record would move to main in app.");
        assert_eq!(of_record(&abort, None), "This record would have no guilty.");
    }

    #[test]
    fn all_records_are_counted() {
        let one = Move { from: guilty("a", "x"), to: guilty("b", "y"), records: 1000 };
        assert_eq!(of_move(&one), "1,000 from a in x to b in y");
        assert_eq!(of_all(0), "No record would move.");
        assert_eq!(of_all(1), "In all, 1 record would move:");
        assert_eq!(of_all(1234), "In all, 1,234 records would move:");
    }

    #[test]
    fn names_may_lack_a_part() {
        assert_eq!(named("oops", ""), "oops");
        assert_eq!(named("", ""), "no guilty");
        assert_eq!(entries(1), "1 entry");
    }
}
