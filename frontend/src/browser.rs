//! What the browser offers beside elements: storage, time, the clipboard, the window's title.
//! Each call does what can be done and never fails loudly.

use leptos::prelude::*;
use telemetrics_common::{Timestamp, query};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    HtmlDocument, HtmlElement, HtmlInputElement, HtmlTextAreaElement, PerformanceNavigation, ScrollIntoViewOptions,
    ScrollLogicalPosition,
};

use crate::reactive::effect;

/// The time now, by the browser's clock.
pub fn now() -> Timestamp {
    // Milliseconds since 1970 as a whole number, far within the range of i64.
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

/// The time now in milliseconds, for measuring how long something takes.
pub(crate) fn now_millis() -> f64 {
    js_sys::Date::now()
}

/// How many minutes the browser's clock is ahead of UTC at a time.
pub(crate) fn minutes_ahead_of_utc(time: Timestamp) -> i32 {
    let date = js_sys::Date::new(&JsValue::from_f64(time.millis() as f64));
    // Within a day, in whole minutes.
    -(date.get_timezone_offset() as i32)
}

/// Where the dashboard comes from: `https://telemetrics.example:8080`.
pub(crate) fn origin() -> String {
    location().origin().unwrap_or_default()
}

/// The path of the page's address.
pub(crate) fn path() -> String {
    location().pathname().unwrap_or_default()
}

/// The page's address without where it comes from: path and parameters.
pub(crate) fn address() -> String {
    path() + &location().search().unwrap_or_default()
}

/// What stands behind the `#` of the page's address.
pub(crate) fn fragment() -> Option<String> {
    let hash = location().hash().unwrap_or_default();
    hash.strip_prefix('#').filter(|fragment| !fragment.is_empty()).map(str::to_owned)
}

/// A parameter of the page's address.
pub(crate) fn parameter(name: &str) -> Option<String> {
    let search = location().search().unwrap_or_default();
    let pairs = query::decode(search.trim_start_matches('?'));
    pairs.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// How many pixels of the page the window shows from top to bottom.
pub(crate) fn window_height() -> f64 {
    window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default()
}

/// Loads the page anew.
pub(crate) fn reload() {
    let _ = location().reload();
}

/// Whether the page was loaded anew, or come back to, and not by its address.
pub(crate) fn is_loaded_anew() -> bool {
    let kind = window().performance().map(|performance| performance.navigation().type_());
    kind.is_some_and(|kind| kind != PerformanceNavigation::TYPE_NAVIGATE)
}

/// Leaves the page for another, which is loaded.
pub(crate) fn go(path: &str) {
    let _ = location().assign(path);
}

/// Random hex digits, enough for an example's id.
pub(crate) fn random_hex(digits: usize) -> String {
    // 0 to 15, so the cast keeps the value.
    (0..digits).filter_map(|_| char::from_digit((js_sys::Math::random() * 16.0) as u32, 16)).collect()
}

/// A setting kept in this browser.
pub fn stored(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Keeps a setting in this browser, where it lets us.
pub fn store(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A full or forbidden storage only means that the setting is asked for again.
        let _ = storage.set_item(key, value);
    }
}

/// A text kept for as long as this tab is open.
pub(crate) fn stored_in_tab(key: &str) -> Option<String> {
    window().session_storage().ok()??.get_item(key).ok()?
}

/// Keeps a text for as long as this tab is open, where the browser lets us.
pub(crate) fn store_in_tab(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().session_storage() {
        let _ = storage.set_item(key, value);
    }
}

/// Sets the attribute of the root element that style sheets look at, or removes it.
pub(crate) fn set_root_attribute(name: &str, value: Option<&str>) {
    if let Some(root) = document().document_element() {
        let _ = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    }
}

/// Takes an element out of the page.
pub(crate) fn remove_element(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        element.remove();
    }
}

/// Puts the keyboard's focus on the first element that a selector finds.
pub(crate) fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Scrolls no further than it takes to show the first element that a selector finds.
pub(crate) fn scroll_to(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Keeps the window's title at what a function says.
pub fn use_title(title: impl Fn() -> String + 'static) {
    effect(move || document().set_title(&format!("{} · Telemetrics", title())));
}

/// Whether a key press is meant for the page: no modifier, and not while something is being written.
pub(crate) fn is_shortcut(event: &leptos::ev::KeyboardEvent) -> bool {
    let writing = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()).is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") || element.is_content_editable()
    });
    !(writing || event.ctrl_key() || event.alt_key() || event.meta_key() || event.default_prevented())
}

/// The text of the file that somebody has chosen in a field; none when it cannot be read.
pub(crate) async fn chosen_text(field: &HtmlInputElement) -> Option<String> {
    let file = field.files()?.get(0)?;
    JsFuture::from(file.text()).await.ok()?.as_string()
}

/// Puts a text on the clipboard and says whether it is there.
pub(crate) async fn copy(text: &str) -> bool {
    // Absent where the page is not from https or this machine.
    let clipboard = js_sys::Reflect::get(&window().navigator(), &JsValue::from_str("clipboard"));
    if clipboard.is_ok_and(|clipboard| clipboard.is_object()) {
        let written = JsFuture::from(window().navigator().clipboard().write_text(text)).await;
        if written.is_ok() {
            return true;
        }
    }
    copy_selection(text).unwrap_or(false)
}

/// The older way: by selecting the text in a field that is there for a moment only.
fn copy_selection(text: &str) -> Option<bool> {
    let field: HtmlTextAreaElement = document().create_element("textarea").ok()?.dyn_into().ok()?;
    field.set_value(text);
    field.set_class_name("sr-only");
    // Inside an open dialog nothing outside of it can be selected.
    let dialog = document().query_selector("dialog[open]").ok()?;
    let parent = dialog.or_else(|| document().body().map(Into::into))?;
    let focused = document().active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok());
    parent.append_child(&field).ok()?;
    field.select();
    let page: HtmlDocument = document().dyn_into().ok()?;
    let copied = page.exec_command("copy").unwrap_or(false);
    field.remove();
    if let Some(focused) = focused {
        let _ = focused.focus();
    }
    Some(copied)
}
