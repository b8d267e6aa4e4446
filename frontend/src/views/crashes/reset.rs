//! Taking back everything that people have said about guilties, after asking twice.

use leptos::html;
use leptos::prelude::*;
use telemetrics_common::guilties::{GuiltyList, ListGuilties};
use telemetrics_common::never_guilty::NeverGuilty;

use super::judgement::Judgement;
use super::wording::entries;
use crate::api::call;
use crate::components::{Dialog, close_dialog};
use crate::format;

/// What would be lost, line by line.
fn lost(guilties: &GuiltyList, list: &NeverGuilty) -> Vec<String> {
    let count = |n: usize, one: &str, many: &str| (n > 0).then(|| format::counted(n as u64, one, many));
    let comments = guilties.guilties.iter().filter(|guilty| !guilty.comment.is_empty()).count();
    let hidden = guilties.guilties.iter().filter(|guilty| guilty.hidden).count();
    let added = list.frames.iter().filter(|entry| !entry.shipped).count();
    let off = list.switched_off.len();
    let lines = [
        count(comments, "comment on a guilty", "comments on guilties"),
        count(hidden, "hidden mark: the guilty is shown again", "hidden marks: these guilties are shown again"),
        (added > 0).then(|| format!("{} that somebody has added to the never-guilty list", entries(added))),
        (off > 0).then(|| format!("{} that somebody has switched off: on again", entries(off))),
    ];
    lines.into_iter().flatten().collect()
}

/// The button, and the dialog that asks.
#[component]
pub fn ResetButton() -> impl IntoView {
    let is_open = RwSignal::new(false);
    let judgement = expect_context::<Judgement>();
    view! {
        <button
            type="button"
            class="button button--danger judging"
            disabled=move || judgement.is_running()
            on:click=move |_| is_open.set(true)
        >
            "Reset…"
        </button>
        <Show when=move || is_open.get()><Confirm is_open /></Show>
    }
}

#[component]
fn Confirm(is_open: RwSignal<bool>) -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let node = NodeRef::<html::Dialog>::new();
    let guilties = LocalResource::new(|| async { call(&ListGuilties { hidden: None }, &()).await });
    let confirm = move |_| {
        close_dialog(node);
        judgement.reset();
    };
    let lines = move || match guilties.get() {
        None => view! { <p class="muted">"Looking what there is…"</p> }.into_any(),
        Some(Err(error)) => view! {
            <p class="field__error" role="alert">"What there is could not be looked up: " {error.to_string()}</p>
        }
        .into_any(),
        Some(Ok(list)) => {
            let lines = judgement.list.with(|never| lost(&list, never));
            if lines.is_empty() {
                return view! { <p>"Nothing would be lost: nobody has commented, hidden or changed anything."</p> }
                    .into_any();
            }
            view! {
                <p>"This is lost for good:"</p>
                <ul class="confirm__lost" data-testid="lost">
                    {lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}
                </ul>
            }
            .into_any()
        }
    };
    view! {
        <Dialog
            node
            title="Take back everything that people have said?"
            on_close=Callback::new(move |()| is_open.set(false))
        >
            {lines}
            <p>"The shipped list is in force again, and all crashes are judged anew. No record is lost."</p>
            <div class="confirm__actions">
                <button type="button" class="button" autofocus on:click=move |_| close_dialog(node)>"Cancel"</button>
                <button type="button" class="button button--danger" on:click=confirm>"Reset everything"</button>
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use telemetrics_common::guilties::GuiltyEntry;
    use telemetrics_common::never_guilty::NeverGuiltyFrame;

    use super::*;

    #[test]
    fn what_is_lost_is_counted() {
        let entry = |comment: &str, hidden| GuiltyEntry { comment: comment.into(), hidden, ..GuiltyEntry::default() };
        let guilties = GuiltyList { guilties: vec![entry("", false), entry("known", true), entry("mended", false)] };
        let frame = |shipped| NeverGuiltyFrame { shipped, ..NeverGuiltyFrame::default() };
        let list = NeverGuilty { frames: vec![frame(true), frame(false)], ..NeverGuilty::default() };
        assert_eq!(
            lost(&guilties, &list),
            [
                "2 comments on guilties",
                "1 hidden mark: the guilty is shown again",
                "1 entry that somebody has added to the never-guilty list",
            ]
        );
        let off = NeverGuilty { switched_off: vec![frame(true), frame(true)], ..NeverGuilty::default() };
        assert_eq!(lost(&GuiltyList::default(), &off), ["2 entries that somebody has switched off: on again"]);
        assert!(lost(&GuiltyList::default(), &NeverGuilty::default()).is_empty());
    }
}
