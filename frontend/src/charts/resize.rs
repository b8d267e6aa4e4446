//! The real width of an element, kept up to date.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::ResizeObserver;

use crate::reactive::effect;

/// The width of an element in whole pixels; 0 until it is in the page.
pub fn use_width(element: NodeRef<html::Div>) -> ReadSignal<i32> {
    let (width, set_width) = signal(0);
    effect(move || {
        let Some(element) = element.get() else { return };
        let observed = element.clone();
        let report = Closure::<dyn FnMut()>::new(move || {
            let now = observed.client_width();
            // Out of the page it has none, and nothing to draw.
            if now > 0 && width.try_get_untracked() != Some(now) {
                set_width.try_set(now);
            }
        });
        if let Ok(observer) = ResizeObserver::new(report.as_ref().unchecked_ref()) {
            observer.observe(&element);
            let kept = StoredValue::new_local((observer, report));
            on_cleanup(move || _ = kept.try_with_value(|(observer, _)| observer.disconnect()));
        }
    });
    width
}
