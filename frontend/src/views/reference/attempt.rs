//! Tries a call on this server.

use leptos::prelude::*;
use serde_json::Value;
use telemetrics_common::Method;

use super::document::{Call, Place};
use super::question::Question;
use crate::api::{ApiError, Raw, ask};
use crate::components::Snippet;
use crate::reactive::spawn;
use crate::{browser, format, session};

/// How much of an answer is shown, in characters.
const SHOWN: usize = 20_000;

/// A form with the parameters, the line for a shell, and the answer.
#[component]
pub(super) fn Attempt(call: Call) -> impl IntoView {
    let call = StoredValue::new(call);
    let (parameters, listens) = call.with_value(|call| (call.parameters.clone(), call.listens()));
    // Which of many a path or a query means is for whoever asks to say; what a header must say is hardly ever chosen.
    let examples = parameters.iter().map(|parameter| match parameter.place {
        Place::Header if parameter.required => parameter.example.clone(),
        _ => String::new(),
    });
    let filled = RwSignal::new(examples.collect::<Vec<_>>());
    let body =
        RwSignal::new(call.with_value(|call| call.body.as_ref().map(|body| body.example.clone())).unwrap_or_default());
    let question =
        move || call.with_value(|call| filled.with(|filled| body.with(|body| Question::of(call, filled, body))));
    let needs_token =
        !session::me().open && call.with_value(|call| call.access != "anyone" && call.access != "machine");
    let curl = Signal::derive(move || match question() {
        Ok(question) => question.curl(&browser::origin(), needs_token),
        Err(missing) => format!("{missing} is missing"),
    });
    let fields = parameters.into_iter().enumerate().map(|(place, parameter)| {
        let label = if parameter.required { format!("{} *", parameter.name) } else { parameter.name };
        let type_in = move |event| {
            filled.update(|filled| {
                if let Some(text) = filled.get_mut(place) {
                    *text = event_target_value(&event);
                }
            });
        };
        view! {
            <label class="field">
                <span class="field__label">{label}</span>
                <input class="input" autocomplete="off" autocapitalize="off" spellcheck="false"
                    placeholder=parameter.example
                    prop:value=move || filled.with(|filled| filled.get(place).cloned()) on:input=type_in />
            </label>
        }
    });
    let fields = fields.collect_view();
    let has_body = call.with_value(|call| call.body.is_some());
    view! {
        <h3 class="call__title">"Try it"</h3>
        <div class="call__fields">{fields}</div>
        {has_body.then(|| view! {
            <label class="field">
                <span class="field__label">"Body"</span>
                <textarea class="input" spellcheck="false" prop:value=move || body.get()
                    on:input=move |event| body.set(event_target_value(&event))></textarea>
            </label>
        })}
        <Snippet label="The same with curl" text=curl />
        {match listens {
            true => view! { <p class="muted">"The answer never ends: listen with curl."</p> }.into_any(),
            false => {
                let changes = call.with_value(|call| call.method != Method::Get);
                view! { <Sender question=Callback::new(move |()| question()) changes /> }.into_any()
            }
        }}
    }
}

/// An answer and how long it took, in milliseconds.
type Outcome = Result<(Raw, f64), ApiError>;

#[component]
fn Sender(question: Callback<(), Result<Question, String>>, changes: bool) -> impl IntoView {
    let busy = RwSignal::new(false);
    let outcome = RwSignal::new(None::<Outcome>);
    let missing = RwSignal::new(None::<String>);
    let send = move |_| match question.run(()) {
        Err(name) => missing.set(Some(format!("{name}: must be filled in"))),
        Ok(Question { method, url, headers, body }) => {
            missing.set(None);
            busy.set(true);
            spawn(async move {
                let begin = browser::now_millis();
                let answer = ask(method, &url, &headers, body).await;
                // The call may have been closed by then.
                outcome.try_set(Some(answer.map(|answer| (answer, browser::now_millis() - begin))));
                busy.try_set(false);
            });
        }
    };
    view! {
        <div class="toolbar">
            <button type="button" class="button button--primary" disabled=move || busy.get() on:click=send>
                {if changes { "Send to this server" } else { "Send" }}
            </button>
            {changes.then(|| view! { <span class="muted">"It changes what is stored here."</span> })}
        </div>
        <p class="field__error" role="alert">{move || missing.get()}</p>
        <div aria-live="polite">{move || outcome.get().map(|outcome| view! { <Told outcome /> })}</div>
    }
}

#[component]
fn Told(outcome: Outcome) -> impl IntoView {
    match outcome {
        Err(error) => view! { <p class="field__error">{error.to_string()}</p> }.into_any(),
        Ok((Raw { status, content_type, text }, millis)) => {
            let size = format::bytes(text.len() as u64);
            let head = format!("{status} · {content_type} · {size} · {millis:.0} ms");
            view! {
                <p class="call__status" data-testid="status">{head}</p>
                <pre class="call__outline" tabindex="0" role="region" aria-label="What the server answered" data-testid="answer">{shown(&text)}</pre>
            }
            .into_any()
        }
    }
}

/// JSON in lines, and not more than one wants to see.
fn shown(text: &str) -> String {
    let pretty = serde_json::from_str::<Value>(text).and_then(|json| serde_json::to_string_pretty(&json));
    let text = pretty.unwrap_or_else(|_| text.to_owned());
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}\n… and more", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_shown_in_lines_and_cut() {
        assert_eq!(shown("{\"a\":[1]}"), "{\n  \"a\": [\n    1\n  ]\n}");
        assert_eq!(shown("a,b"), "a,b");
        let long = shown(&"ä".repeat(SHOWN + 1));
        assert_eq!(long.chars().count(), SHOWN + "\n… and more".chars().count());
    }
}
