//! Taking in another server's never-guilty list, from a file or pasted, after a look at what it would do.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use telemetrics_common::never_guilty::{FrameList, FramePattern, ImportNeverGuilty, ImportedFrame, ListChange};
use web_sys::HtmlInputElement;

use super::judgement::Judgement;
use super::preview::{Previewing, Proposal};
use super::wording::entries;
use crate::api::call;
use crate::browser;
use crate::reactive::{memo, spawn};

const FIELD: &str = "import-text";

/// The list that a text means: as this server exports it, or the entries alone.
///
/// # Errors
/// What is wrong, in words.
fn parse(text: &str) -> Result<FrameList, String> {
    let list = serde_json::from_str::<FrameList>(text)
        .or_else(|error| serde_json::from_str(text).map(|frames| FrameList { frames }).map_err(|_| error));
    list.map_err(|error| format!("This is no such list: {error}."))
}

/// What taking in a list changes.
fn change(list: &FrameList) -> ListChange {
    let pattern = |ImportedFrame { function, module, .. }: &ImportedFrame| FramePattern {
        function: function.clone(),
        module: module.clone(),
        reason: None,
    };
    ListChange { add: list.frames.iter().map(pattern).collect(), ..ListChange::default() }
}

/// The text of the form and what came of it.
#[derive(Clone, Copy)]
struct Form {
    text: RwSignal<String>,
    /// The list that the text means; none where nothing is written.
    list: Memo<Option<Result<FrameList, String>>>,
    previewing: Previewing,
    outcome: RwSignal<Option<Result<String, String>>>,
}

impl Form {
    fn new() -> Self {
        let text = RwSignal::new(String::new());
        Self {
            text,
            list: memo(move || text.with(|text| (!text.trim().is_empty()).then(|| parse(text)))),
            previewing: Previewing::new(),
            outcome: RwSignal::new(None),
        }
    }

    /// Takes another text, which has nothing to do with what came of the one before.
    fn write(self, content: String) {
        self.previewing.forget();
        self.outcome.set(None);
        self.text.set(content);
    }

    fn error(self) -> Option<String> {
        match (self.list.get(), self.outcome.get()) {
            (Some(Err(error)), _) | (_, Some(Err(error))) => Some(error),
            _ => self.previewing.error.get(),
        }
    }

    fn read(self, file: HtmlInputElement) {
        spawn(async move {
            let text = browser::chosen_text(&file).await;
            // The same file, corrected, can be chosen again.
            file.set_value("");
            match text {
                Some(content) => self.write(content),
                None => self.outcome.set(Some(Err("The file could not be read.".to_owned()))),
            }
        });
    }

    fn look(self) {
        if let Some(Ok(list)) = self.list.get_untracked() {
            self.outcome.set(None);
            self.previewing.look(change(&list));
        }
    }

    fn import(self, judgement: Judgement) {
        let (Some(Ok(list)), Some(preview)) = (self.list.get_untracked(), self.previewing.shown.get_untracked()) else {
            return;
        };
        self.previewing.saving.set(true);
        spawn(async move {
            let count = list.frames.len();
            let answer = call(&ImportNeverGuilty {}, &list).await;
            self.previewing.saving.set(false);
            let outcome = match answer {
                Ok(list) => {
                    judgement.take(list);
                    judgement.moves.set(preview.all.moves);
                    self.write(String::new());
                    Ok(format!("{} taken in; those that were there already stayed as they were.", entries(count)))
                }
                Err(error) => Err(error.to_string()),
            };
            self.outcome.set(Some(outcome));
        });
    }
}

/// The form.
#[component]
pub fn ImportForm() -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let form = Form::new();
    let previewing = form.previewing;
    let shown = previewing.shown;
    let is_readable = move || form.list.with(|list| matches!(list, Some(Ok(_))));
    view! {
        <details class="card import judging">
            <summary class="section-title">"Import a list"</summary>
            <form
                class="import__form"
                on:submit=move |event: ev::SubmitEvent| {
                    event.prevent_default();
                    form.look();
                }
            >
                <Fields form />
                <button
                    type="submit"
                    class="button"
                    class:button--primary=move || shown.get().is_none()
                    disabled=move || previewing.is_busy() || !is_readable()
                >
                    "Preview the import"
                </button>
            </form>
            <Proposal previewing testid="import-preview" verb="Import"
                make=Callback::new(move |()| form.import(judgement)) />
            <p class="muted" role="status">{move || form.outcome.get().and_then(Result::ok)}</p>
        </details>
    }
}

/// A file, or a text of one's own.
#[component]
fn Fields(form: Form) -> impl IntoView {
    let file = NodeRef::<html::Input>::new();
    let told = move || match form.list.get() {
        Some(Ok(list)) => Some(entries(list.frames.len())),
        _ => None,
    };
    view! {
        <div class="field">
            <label class="field__label" for="import-file">"JSON file"</label>
            <input
                id="import-file"
                node_ref=file
                class="import__file"
                type="file"
                accept=".json,application/json"
                on:change=move |_| if let Some(file) = file.get_untracked() { form.read(file) }
            />
        </div>
        <div class="field">
            <label class="field__label" for=FIELD>"Or paste it"</label>
            <textarea
                id=FIELD
                class="input input--code import__text"
                rows="6"
                spellcheck="false"
                placeholder=r#"{"frames": [{"function": "abort", "module": "*libc.so*", "reason": "only reports"}]}"#
                prop:value=move || form.text.get()
                on:input=move |event| form.write(event_target_value(&event))
            ></textarea>
            <p class="field__hint" aria-live="polite">{told}</p>
            <p class="field__error" role="alert">{move || form.error()}</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_in_both_forms() {
        let check = |text: &str, functions: &[&str]| {
            let list = parse(text).unwrap();
            assert_eq!(list.frames.iter().map(|frame| frame.function.as_str()).collect::<Vec<_>>(), functions);
        };
        check(r#"{"frames": [{"function": "a", "module": "*", "shipped": true}], "changed": false}"#, &["a"]);
        check(r#"[{"function": "a", "module": "*", "reason": "r"}, {"function": "b", "module": "m"}]"#, &["a", "b"]);
        assert!(parse("{}").unwrap_err().starts_with("This is no such list: missing field `frames`"));
        assert!(parse("abort").is_err());
    }
}
