//! Components in a real browser.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that lacks something has failed")]

use std::time::Duration;

use gloo_timers::future::sleep;
use leptos::mount::mount_to;
use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::Outlet;
use leptos_router::{NestedRoute, StaticSegment};
use telemetrics_common::{Timestamp, ViewInfo};
use telemetrics_frontend::components::{Age, Drawer, SeverityBadge, Switch, TimeStyle, Times};
use telemetrics_frontend::{App, View, browser};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

/// Shows a component in a place of its own.
fn place<V: IntoView + 'static>(component: impl FnOnce() -> V + 'static) -> Element {
    let place: HtmlElement = document().create_element("div").unwrap().unchecked_into();
    document().body().unwrap().append_child(&place).unwrap();
    mount_to(place.clone(), component).forget();
    place.into()
}

fn find(place: &Element, selector: &str) -> HtmlElement {
    place.query_selector(selector).unwrap().expect(selector).unchecked_into()
}

async fn settle() {
    sleep(Duration::from_millis(100)).await;
}

#[wasm_bindgen_test]
fn a_severity_is_a_word() {
    let place = place(|| view! { <SeverityBadge severity=4 /> });
    assert_eq!(place.text_content().unwrap(), "Critical");
    assert_eq!(find(&place, "span").class_name(), "severity severity--critical");
}

#[wasm_bindgen_test]
async fn an_age_has_its_exact_time_or_the_other_way_round() {
    let time = Timestamp::from_seconds(browser::now().seconds() - 150);
    let times = StoredValue::new(None);
    let place = place(move || {
        Times::provide();
        times.set_value(Some(Times::of_page()));
        view! { <Age time received=time /> }
    });
    let (age, exact) = (find(&place, "time"), time.to_older_format());
    assert_eq!(age.text_content().unwrap(), "2 min ago");
    assert_eq!(age.get_attribute("datetime").unwrap(), time.to_string());
    assert_eq!(age.title(), format!("{exact}\nReceived {exact}"));
    let times = times.get_value().unwrap();
    times.set_style(TimeStyle::Exact);
    settle().await;
    assert_eq!(age.text_content().unwrap(), exact);
    assert_eq!(age.title(), format!("2 min ago\nReceived {exact}"));
    // It is kept in the browser that the other tests use, too.
    times.set_style(TimeStyle::Age);
}

#[wasm_bindgen_test]
async fn a_switch_switches() {
    let on = RwSignal::new(false);
    let place = place(move || view! { <Switch label="Live" on /> });
    let switch = find(&place, "[role=switch]");
    assert_eq!(switch.get_attribute("aria-checked").unwrap(), "false");
    switch.click();
    settle().await;
    assert!(on.get_untracked());
    assert_eq!(switch.get_attribute("aria-checked").unwrap(), "true");
}

#[wasm_bindgen_test]
async fn a_drawer_is_modal_while_it_exists() {
    let open = RwSignal::new(true);
    let close = Callback::new(move |()| open.set(false));
    let place = place(move || {
        view! {
            <Show when=move || open.get()>
                <Drawer labelled_by="title" on_close=close><h2 id="title">"A record"</h2></Drawer>
            </Show>
        }
    });
    settle().await;
    let dialog = find(&place, "dialog:modal");
    // On the dialog itself is beside the sheet that fills it.
    dialog.click();
    settle().await;
    assert!(place.query_selector("dialog").unwrap().is_none());
}

/// A view as somebody else would write it.
struct Boot;

impl View for Boot {
    fn info(&self) -> ViewInfo {
        ViewInfo::new("boot", "Boot times")
    }

    fn page(&self) -> AnyView {
        view! { <h1>"Boot times"</h1><a id="slow" href="/boot/slow">"Slow"</a><Outlet /> }.into_any()
    }

    fn subroutes(&self) -> Vec<AnyNestedRoute> {
        let slow = || view! { <p id="slowest">"40 s"</p> };
        vec![NestedRoute::new(StaticSegment("slow"), slow).into_any_nested_route()]
    }
}

#[wasm_bindgen_test]
async fn a_view_of_ones_own_gets_its_tab_and_pages() {
    let history = window().history().unwrap();
    history.push_state_with_url(&JsValue::NULL, "", Some("/")).unwrap();
    App::new().with_view(Boot).mount();
    settle().await;
    let body: Element = document().body().unwrap().into();
    assert_eq!(location_pathname().unwrap(), "/boot");
    assert_eq!(find(&body, "nav a[aria-current=page]").text_content().unwrap(), "Boot times");
    assert_eq!(find(&body, "main h1").text_content().unwrap(), "Boot times");
    find(&body, "#slow").click();
    settle().await;
    assert_eq!(location_pathname().unwrap(), "/boot/slow");
    assert_eq!(find(&body, "main h1 ~ #slowest").text_content().unwrap(), "40 s");
}
