//! A modal sheet over the page.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Node;

use super::dialog::open_modal;

/// A modal dialog at the side of the page. It is open as long as it exists; Esc and a click beside it
/// ask to close it.
#[component]
pub fn Drawer(
    /// Id of the element that names it.
    #[prop(into)]
    labelled_by: String,
    /// Called when it should close.
    on_close: Callback<()>,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    open_modal(dialog);
    let click = move |event: ev::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
        // The sheet fills the dialog, so that a click on the dialog itself is one beside the sheet.
        if target.as_ref() == dialog.get_untracked().as_deref().map(AsRef::as_ref) {
            on_close.run(());
        }
    };
    view! {
        <dialog
            node_ref=dialog
            class="drawer"
            aria-labelledby=labelled_by
            on:close=move |_| on_close.run(())
            on:click=click
        >
            <div class="drawer__sheet" tabindex="-1" autofocus>{children()}</div>
        </dialog>
    }
}
