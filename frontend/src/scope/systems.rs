//! The systems that can be chosen, known to all views at once.

use leptos::prelude::*;
use telemetrics_common::systems::ListSystems;

use crate::api::call;
use crate::reactive::spawn;

/// What records without a system are called.
pub const NO_NAME: &str = "(no name)";

/// A system as people read it.
pub fn system_name(system: &str) -> &str {
    if system.is_empty() { NO_NAME } else { system }
}

/// The names of all systems, the one with the most records first; empty until they are known.
#[derive(Clone, Copy)]
pub struct Systems(RwSignal<Vec<String>>);

impl Systems {
    /// Makes the list, for all components below.
    pub fn provide() {
        provide_context(Self(RwSignal::new(Vec::new())));
    }

    /// The list, asked for anew; what is known of it is shown until then.
    pub fn fetched() -> Self {
        let systems = use_context::<Self>().unwrap_or_else(|| Self(RwSignal::new(Vec::new())));
        spawn(async move {
            // Views work without it: the system that the address names can be chosen all the same.
            if let Ok(answer) = call(&ListSystems {}, &()).await {
                let names: Vec<String> = answer.systems.into_iter().map(|system| system.name).collect();
                if systems.0.try_with_untracked(|known| *known != names) == Some(true) {
                    systems.0.set(names);
                }
            }
        });
        systems
    }

    /// The system of views of one system when none is chosen.
    pub fn default(self) -> Option<String> {
        self.0.with(|names| names.first().cloned())
    }

    /// All of them, and the chosen one even where no record has it.
    pub fn with_chosen(self, chosen: Option<&str>) -> Vec<String> {
        let mut names = self.0.get();
        let missing = chosen.filter(|chosen| names.iter().all(|name| name != chosen)).map(str::to_owned);
        names.extend(missing);
        names
    }
}
