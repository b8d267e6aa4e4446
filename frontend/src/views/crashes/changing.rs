//! Removing an entry of the never-guilty list, or switching a shipped one off and on, after a look at what it would do.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use telemetrics_common::never_guilty::{AddNeverGuilty, FramePattern, ListChange, RemoveNeverGuilty};

use super::judgement::Judgement;
use super::preview::{AllMoves, Previewed, Previewing, Reason, written};
use super::wording::named;
use crate::api::call;
use crate::browser;
use crate::components::{Dialog, ErrorBox, close_dialog};

/// Where the focus goes when the entry's own button is gone.
const LIST: &str = ".never .top";

/// What somebody wants to do with an entry: to take it out of force, or to put it in force again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The entry's function.
    pub function: String,
    /// The entry's module.
    pub module: String,
    /// Whether it comes with the program.
    pub shipped: bool,
    /// Whether it is in force now.
    pub in_force: bool,
}

impl Change {
    /// What it does.
    pub fn verb(&self) -> &'static str {
        match (self.in_force, self.shipped) {
            (true, true) => "Switch off",
            (true, false) => "Remove",
            (false, _) => "Switch on",
        }
    }

    fn pattern(&self) -> FramePattern {
        FramePattern { function: self.function.clone(), module: self.module.clone(), reason: None }
    }

    /// What it changes of the list.
    fn of_list(&self) -> ListChange {
        let pattern = vec![self.pattern()];
        match self.in_force {
            true => ListChange { remove: pattern, ..ListChange::default() },
            false => ListChange { add: pattern, ..ListChange::default() },
        }
    }
}

/// Shows what would move, and asks.
#[component]
pub fn ConfirmChange(
    /// What somebody wants to do.
    change: Change,
    /// Where that is kept until it is answered.
    asked: RwSignal<Option<Change>>,
) -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let node = NodeRef::<html::Dialog>::new();
    let previewing = Previewing::new();
    let saving = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let reason = RwSignal::new(String::new());
    let verb = change.verb();
    let title = format!("{verb} {}?", named(&change.function, &change.module));
    // Only what is switched off stays in the list, with its reason.
    let keeps_reason = change.in_force && change.shipped;
    let change = StoredValue::new(change);
    let look = Callback::new(move |()| previewing.look(change.with_value(Change::of_list)));
    look.run(());
    let confirm = move |_| {
        let Some(Previewed { all, .. }) = previewing.shown.get_untracked() else { return };
        let (pattern, in_force) = change.with_value(|change| (change.pattern(), change.in_force));
        let pattern = FramePattern { reason: written(reason), ..pattern };
        saving.set(true);
        spawn_local(async move {
            let answer = if in_force {
                call(&RemoveNeverGuilty {}, &pattern).await
            } else {
                call(&AddNeverGuilty {}, &pattern).await
            };
            saving.set(false);
            match answer {
                Ok(list) => {
                    judgement.take(list);
                    judgement.moves.set(all.moves);
                    close_dialog(node);
                    request_animation_frame(|| browser::focus(LIST));
                }
                Err(failed) => error.set(Some(format!("It could not be changed: {failed}"))),
            }
        });
    };
    view! {
        <Dialog node title on_close=Callback::new(move |()| asked.set(None))>
            <Outcome previewing look />
            {keeps_reason.then(|| view! { <Reason reason id="change-reason" /> })}
            <p>"Crashes stay where they are until they are judged anew."</p>
            <p class="field__error" role="alert">{move || error.get()}</p>
            <div class="confirm__actions">
                <button type="button" class="button" autofocus on:click=move |_| close_dialog(node)>"Cancel"</button>
                <button
                    type="button"
                    class="button button--primary"
                    disabled=move || saving.get() || previewing.shown.get().is_none()
                    on:click=confirm
                >
                    {verb}
                </button>
            </div>
        </Dialog>
    }
}

/// What would move, as far as it is known.
#[component]
fn Outcome(previewing: Previewing, look: Callback<()>) -> impl IntoView {
    move || match (previewing.shown.get(), previewing.error.get()) {
        (Some(preview), _) => view! {
            <div class="outcome" role="status" data-testid="preview"><AllMoves preview=preview.all /></div>
        }
        .into_any(),
        (None, Some(message)) => {
            view! { <ErrorBox title="What it would do could not be looked up" message retry=look /> }.into_any()
        }
        (None, None) => view! { <p class="muted" role="status">"Looking what it would do…"</p> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_change_in_both_directions() {
        let check = |shipped, in_force, verb: &str, added: usize, removed: usize| {
            let change = Change { function: "abort".into(), module: "*".into(), shipped, in_force };
            let of_list = change.of_list();
            assert_eq!((change.verb(), of_list.add.len(), of_list.remove.len()), (verb, added, removed));
        };
        check(true, true, "Switch off", 0, 1);
        check(false, true, "Remove", 0, 1);
        check(true, false, "Switch on", 1, 0);
    }
}
