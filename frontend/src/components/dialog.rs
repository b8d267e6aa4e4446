//! A question that must be answered before anything else.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use crate::reactive::effect;

/// A dialog that is open as long as it is in the page.
#[component]
pub fn Dialog(
    /// The element, by which it is closed.
    node: NodeRef<html::Dialog>,
    /// The question.
    #[prop(into)]
    title: String,
    /// Takes it out of the page; it may have been closed by a key.
    on_close: Callback<()>,
    /// What there is to know, and the buttons.
    children: Children,
) -> impl IntoView {
    open_modal(node);
    view! {
        <dialog
            node_ref=node
            class="confirm"
            aria-labelledby="dialog-title"
            on:close=move |_: ev::Event| on_close.run(())
        >
            <h2 class="confirm__title" id="dialog-title">{title}</h2>
            {children()}
        </dialog>
    }
}

/// Opens a dialog over the page when it is there.
pub(super) fn open_modal(node: NodeRef<html::Dialog>) {
    effect(move || {
        if let Some(dialog) = node.get() {
            // Only what is in the page already can be shown.
            request_animation_frame(move || {
                if dialog.is_connected() && !dialog.open() {
                    let _ = dialog.show_modal();
                }
            });
        }
    });
}

/// Closes a dialog, if it is still there, by its own means, so that the focus goes back to where it was.
pub fn close_dialog(node: NodeRef<html::Dialog>) {
    if let Some(dialog) = node.try_get_untracked().flatten() {
        dialog.close();
    }
}
