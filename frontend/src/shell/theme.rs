//! Light, dark, or as the system says.

use leptos::prelude::*;

use crate::browser;
use crate::components::Choice;
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
}

/// One of the themes, kept in this browser.
#[component]
pub(super) fn ThemeChoice() -> impl IntoView {
    let theme = RwSignal::new(Theme::from_name(browser::stored(KEY).as_deref()));
    effect(move || {
        let chosen = theme.get();
        browser::set_root_attribute("data-theme", (chosen != Theme::Auto).then_some(chosen.name()));
    });
    let choose = Callback::new(move |chosen: Theme| {
        theme.set(chosen);
        browser::store(KEY, chosen.name());
    });
    let options = [(Theme::Auto, "As the system"), (Theme::Light, "Light"), (Theme::Dark, "Dark")];
    let options = options.map(|(theme, text)| (theme, text.to_owned())).to_vec();
    view! { <Choice label="Colours" options value=theme on_choose=choose /> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_are_found_by_their_names() {
        for theme in [Theme::Auto, Theme::Light, Theme::Dark] {
            assert_eq!(Theme::from_name(Some(theme.name())), theme);
        }
        assert_eq!(Theme::from_name(None), Theme::Auto);
        assert_eq!(Theme::from_name(Some("pink")), Theme::Auto);
    }
}
