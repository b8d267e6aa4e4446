//! How points in time are shown: as their age or exactly, by UTC or by the clock of whoever looks. Kept in this browser.

use leptos::prelude::*;
use telemetrics_common::Timestamp;

use crate::{browser, format};

const STYLE_KEY: &str = "telemetrics.times";
const ZONE_KEY: &str = "telemetrics.zone";

/// How a time is written where there is little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeStyle {
    /// `3 min ago`.
    Age,
    /// Day and time.
    Exact,
}

impl TimeStyle {
    const ALL: [(Self, &'static str); 2] = [(Self::Age, "age"), (Self::Exact, "exact")];

    /// Its name in style sheets.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(style, _)| *style == self).map_or("", |(_, name)| name)
    }
}

/// By which clock exact times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Zone {
    /// As the server has them.
    Utc,
    /// As the browser's clock shows them.
    Local,
}

impl Zone {
    const ALL: [(Self, &'static str); 2] = [(Self::Utc, "utc"), (Self::Local, "local")];
}

/// Both choices.
#[derive(Clone, Copy)]
pub struct Times {
    style: RwSignal<TimeStyle>,
    zone: RwSignal<Zone>,
}

impl Times {
    /// As chosen in this browser, for all components below.
    pub fn provide() {
        let style = chosen(STYLE_KEY, &TimeStyle::ALL).unwrap_or(TimeStyle::Age);
        let zone = chosen(ZONE_KEY, &Zone::ALL).unwrap_or(Zone::Utc);
        provide_context(Self { style: RwSignal::new(style), zone: RwSignal::new(zone) });
    }

    /// Those of the page; ages and UTC where nobody has chosen.
    pub fn of_page() -> Self {
        use_context().unwrap_or_else(|| Self { style: RwSignal::new(TimeStyle::Age), zone: RwSignal::new(Zone::Utc) })
    }

    /// How times are written where there is little room.
    pub fn style(self) -> TimeStyle {
        self.style.get()
    }

    /// By which clock exact times are written.
    pub fn zone(self) -> Zone {
        self.zone.get()
    }

    /// Chooses, and keeps it.
    pub fn set_style(self, style: TimeStyle) {
        self.style.set(style);
        keep(STYLE_KEY, &TimeStyle::ALL, &style);
    }

    /// Chooses, and keeps it.
    pub fn set_zone(self, zone: Zone) {
        self.zone.set(zone);
        keep(ZONE_KEY, &Zone::ALL, &zone);
    }

    /// A time exactly, with its zone.
    pub fn exact(self, time: Timestamp) -> String {
        match self.zone() {
            Zone::Utc => format::exact(time),
            Zone::Local => format::exact_at(time, browser::minutes_ahead_of_utc(time)),
        }
    }
}

fn chosen<T: Copy>(key: &str, all: &[(T, &str)]) -> Option<T> {
    let stored = browser::stored(key)?;
    all.iter().find(|(_, name)| *name == stored).map(|(choice, _)| *choice)
}

fn keep<T: PartialEq>(key: &str, all: &[(T, &str)], choice: &T) {
    if let Some((_, name)) = all.iter().find(|(other, _)| other == choice) {
        browser::store(key, name);
    }
}
