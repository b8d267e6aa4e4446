//! Removing an entry of the never-guilty list, or switching a shipped one off and on, after a look at what it would do.

use leptos::html;
use leptos::prelude::*;
use telemetrics_common::never_guilty::{
    AddNeverGuilty, FramePattern, ListChange, NeverGuilty, RemoveNeverGuilty, Switch, SwitchShipped,
};

use super::judgement::Judgement;
use super::preview::{AllMoves, Previewed, Previewing, Reason, written};
use super::wording::named;
use crate::api::{ApiError, call};
use crate::browser;
use crate::components::{Dialog, ErrorBox, close_dialog};
use crate::reactive::spawn;

/// Where the focus goes when the entry's own button is gone.
const LIST: &str = ".never .top";

/// What somebody wants to do: to take entries out of force, or to put them in force again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// One entry, or all shipped ones that it changes.
    pub entries: Entries,
    /// Whether they are in force now.
    pub in_force: bool,
}

/// Entries that are changed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entries {
    /// One that somebody has added.
    Added(FramePattern),
    /// One that comes with the program.
    Shipped(FramePattern),
    /// All that come with the program.
    AllShipped(Vec<FramePattern>),
}

impl Change {
    /// What it does.
    pub fn verb(&self) -> &'static str {
        match (&self.entries, self.in_force) {
            (Entries::Added(_), true) => "Remove",
            (Entries::Shipped(_), true) => "Switch off",
            (Entries::AllShipped(_), true) => "Switch off all shipped",
            (Entries::AllShipped(_), false) => "Switch on all shipped",
            (_, false) => "Switch on",
        }
    }

    /// What it does, and to which entries.
    pub fn words(&self) -> String {
        match &self.entries {
            Entries::Added(entry) | Entries::Shipped(entry) => {
                format!("{} {}", self.verb(), named(&entry.function, &entry.module))
            }
            Entries::AllShipped(_) => format!("{} entries", self.verb()),
        }
    }

    /// Only what is switched off stays in the list, with its reason.
    fn keeps_reason(&self) -> bool {
        self.in_force && !matches!(self.entries, Entries::Added(_))
    }

    /// What it changes of the list.
    fn of_list(&self) -> ListChange {
        let entries = match &self.entries {
            Entries::Added(entry) | Entries::Shipped(entry) => vec![entry.clone()],
            Entries::AllShipped(entries) => entries.clone(),
        };
        match self.in_force {
            true => ListChange { remove: entries, ..ListChange::default() },
            false => ListChange { add: entries, ..ListChange::default() },
        }
    }

    async fn make(self, reason: Option<String>) -> Result<NeverGuilty, ApiError> {
        match (self.entries, self.in_force) {
            (Entries::AllShipped(_), in_force) => {
                call(&SwitchShipped {}, &Switch { in_force: !in_force, reason }).await
            }
            (Entries::Added(entry) | Entries::Shipped(entry), true) => {
                call(&RemoveNeverGuilty {}, &FramePattern { reason, ..entry }).await
            }
            (Entries::Added(entry) | Entries::Shipped(entry), false) => {
                call(&AddNeverGuilty {}, &FramePattern { reason, ..entry }).await
            }
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
    let error = RwSignal::new(None::<String>);
    let reason = RwSignal::new(String::new());
    let verb = change.verb();
    let title = format!("{}?", change.words());
    let keeps_reason = change.keeps_reason();
    let change = StoredValue::new(change);
    let look = Callback::new(move |()| previewing.look(change.with_value(Change::of_list)));
    look.run(());
    let confirm = move |_| {
        let Some(Previewed { all, .. }) = previewing.shown.get_untracked() else { return };
        let (change, reason) = (change.get_value(), written(reason));
        previewing.saving.set(true);
        spawn(async move {
            let answer = change.make(reason).await;
            previewing.saving.set(false);
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
                    disabled=move || previewing.is_busy() || previewing.shown.get().is_none()
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
        let entry = || FramePattern { function: "abort".into(), module: "*".into(), reason: None };
        let check = |entries, in_force, words: &str, added: usize, removed: usize| {
            let change = Change { entries, in_force };
            let of_list = change.of_list();
            assert_eq!((change.words().as_str(), of_list.add.len(), of_list.remove.len()), (words, added, removed));
        };
        check(Entries::Shipped(entry()), true, "Switch off abort in *", 0, 1);
        check(Entries::Added(entry()), true, "Remove abort in *", 0, 1);
        check(Entries::Shipped(entry()), false, "Switch on abort in *", 1, 0);
        let all = || Entries::AllShipped(vec![entry(), entry()]);
        check(all(), true, "Switch off all shipped entries", 0, 2);
        check(all(), false, "Switch on all shipped entries", 2, 0);
    }
}
