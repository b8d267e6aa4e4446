//! Light, dark, or as the system says.

use leptos::prelude::*;

use crate::browser;
use crate::components::{Icon, Symbol};
use crate::reactive::effect;

/// Where the choice is kept; `theme.js` reads it before the first paint.
const KEY: &str = "telemetrics.theme";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theme {
    Auto,
    Light,
    Dark,
}

impl Theme {
    fn from_name(name: Option<&str>) -> Self {
        match name {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::Auto,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Auto,
        }
    }

    fn symbol(self) -> Symbol {
        match self {
            Self::Auto => Symbol::Auto,
            Self::Light => Symbol::Sun,
            Self::Dark => Symbol::Moon,
        }
    }
}

/// Goes through the themes, one at each click, and keeps the choice in this browser.
#[component]
pub(super) fn ThemeButton() -> impl IntoView {
    let theme = RwSignal::new(Theme::from_name(browser::stored(KEY).as_deref()));
    effect(move || {
        let chosen = theme.get();
        browser::set_root_attribute("data-theme", (chosen != Theme::Auto).then_some(chosen.name()));
    });
    let change = move |_| {
        theme.update(|theme| *theme = theme.next());
        browser::store(KEY, theme.get_untracked().name());
    };
    let label = move || format!("Theme: {}. Change to {}", theme.get().name(), theme.get().next().name());
    view! {
        <button type="button" class="icon-button" aria-label=label title=label on:click=change>
            {move || view! { <Icon symbol=theme.get().symbol() /> }}
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_go_round() {
        let mut theme = Theme::Auto;
        for name in ["light", "dark", "auto"] {
            theme = theme.next();
            assert_eq!(theme.name(), name);
            assert_eq!(Theme::from_name(Some(name)), theme);
        }
        assert_eq!(Theme::from_name(None), Theme::Auto);
    }
}
