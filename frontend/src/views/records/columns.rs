//! Which columns the list of records has. Kept in this browser.

use leptos::prelude::*;

use crate::browser;

const KEY: &str = "telemetrics.columns.off";

/// A column that can be left out; when a record was captured and its classification are always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The severity.
    Severity,
    /// The beginning of the payload.
    Payload,
    /// The system and its build.
    Build,
    /// The machine's id.
    Machine,
    /// Whether it is external.
    Source,
}

impl Column {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [Self::Severity, Self::Payload, Self::Build, Self::Machine, Self::Source];

    /// Its head.
    pub fn title(self) -> &'static str {
        match self {
            Self::Severity => "Severity",
            Self::Payload => "Payload",
            Self::Build => "System and build",
            Self::Machine => "Machine",
            Self::Source => "Source",
        }
    }

    /// Its name in style sheets and in the browser's memory.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Severity => "severity",
            Self::Payload => "payload",
            Self::Build => "build",
            Self::Machine => "machine",
            Self::Source => "source",
        }
    }
}

/// The columns that are left out.
#[derive(Clone, Copy)]
pub struct Columns(RwSignal<Vec<Column>>);

impl Columns {
    /// As chosen in this browser, for all components below.
    pub fn provide() {
        let stored = browser::stored(KEY).unwrap_or_default();
        provide_context(Self(RwSignal::new(read(&stored))));
    }

    /// Those of the page; nothing is left out where nobody has chosen.
    pub fn of_page() -> Self {
        use_context().unwrap_or_else(|| Self(RwSignal::default()))
    }

    /// Whether it is shown.
    pub fn has(self, column: Column) -> bool {
        self.0.with(|off| !off.contains(&column))
    }

    /// Shows it or leaves it out, and keeps that.
    pub fn show(self, column: Column, shown: bool) {
        self.0.update(|off| {
            off.retain(|other| *other != column);
            if !shown {
                off.push(column);
            }
        });
        browser::store(KEY, &self.left_out());
    }

    /// The names of those that are left out, as style sheets ask for them.
    pub(super) fn left_out(self) -> String {
        self.0.with(|off| off.iter().map(|column| column.name()).collect::<Vec<_>>().join(" "))
    }
}

fn read(stored: &str) -> Vec<Column> {
    Column::ALL.into_iter().filter(|column| stored.split(' ').any(|name| name == column.name())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_what_is_unknown_left() {
        assert_eq!(read("machine severity"), [Column::Severity, Column::Machine]);
        assert_eq!(read(""), []);
        assert_eq!(read("colour payload"), [Column::Payload]);
    }
}
