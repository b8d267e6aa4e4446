//! The reference of the API: every call with its parameters, bodies and answers, to be tried on this server.

mod attempt;
mod document;
mod question;
mod schema;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::query_signal_with_options;
use telemetrics_common::Endpoint;
use telemetrics_common::document::GetDocument;

use crate::answer::{Answer, Answered};
use crate::browser;
use crate::components::{EmptyState, Icon, PageHead, SkeletonRows, Symbol};
use crate::reactive::memo;
use crate::views::server::ServerNav;

use attempt::Attempt;
use document::{Body, Call, Group, Parameter, Place, groups};

/// Where the page is.
pub const REFERENCE_PATH: &str = "/reference";

/// The page.
#[component]
pub fn ReferencePage() -> impl IntoView {
    browser::use_title(|| "API reference".to_owned());
    let in_place = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
    let (typed, set_typed) = query_signal_with_options::<String>("find", in_place);
    let answer = Answer::of(memo(|| Some(())), |()| GetDocument {});
    let all = answer.memo(|(), document| groups(document));
    let found = memo(move || {
        let typed = typed.get().unwrap_or_default().to_lowercase();
        let words: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
        let matching = |Group { name, calls }: Group| {
            let calls: Vec<Call> = calls.into_iter().filter(|call| call.matches(&words)).collect();
            (!calls.is_empty()).then_some(Group { name, calls })
        };
        all.get().into_iter().filter_map(matching).collect::<Vec<_>>()
    });
    let find = move |event| set_typed.set(Some(event_target_value(&event)).filter(|typed| !typed.trim().is_empty()));
    view! {
        <div class="page page--narrow">
            <ServerNav />
            <PageHead title="API reference" subtitle="Everything that this dashboard shows is there for scripts, too.">
                <a class="button" href=GetDocument::PATH download="openapi.json">
                    <Icon symbol=Symbol::Download />"OpenAPI 3.1"
                </a>
            </PageHead>
            <div class="field reference__find">
                <label class="field__label" for="reference-find">"Find a call"</label>
                <input id="reference-find" class="input" type="search" placeholder="records, PUT, admin, …"
                    autocomplete="off" spellcheck="false" prop:value=move || typed.get().unwrap_or_default() on:input=find />
            </div>
            <Answered
                progress=answer.progress
                failure="The description of the API could not be loaded"
                skeleton=|| view! { <SkeletonRows count=10 /> }
            >
                <Show when=move || found.with(Vec::is_empty)>
                    <EmptyState symbol=Symbol::Search title="No such call">
                        <p>"No call has all of these words in its method, path or summary."</p>
                    </EmptyState>
                </Show>
                <For each=move || found.get() key=Group::key let:group>
                    <section class="reference__group">
                        <h2 class="reference__name">{group.name}</h2>
                        {group.calls.into_iter().map(|call| view! { <Entry call /> }).collect_view()}
                    </section>
                </For>
            </Answered>
        </div>
    }
}

#[component]
fn Entry(call: Call) -> impl IntoView {
    let open = RwSignal::new(false);
    let (method, access) = (call.method.as_str(), call.access.clone());
    let (path, summary) = (call.path.clone(), call.summary.clone());
    let call = StoredValue::new(call);
    view! {
        <details class="call" on:toggle=move |event| open.set(event_target::<web_sys::HtmlDetailsElement>(&event).open())>
            <summary class="call__head">
                <span class=format!("call__method call__method--{}", method.to_lowercase())>{method}</span>
                <code class="call__path">{path}</code>
                <span class="tag">{access}</span>
                <span class="call__summary">{summary}</span>
            </summary>
            // Only what is looked at is drawn: there are many.
            <Show when=move || open.get()><div class="call__body"><Details call=call.get_value() /></div></Show>
        </details>
    }
}

#[component]
fn Details(call: Call) -> impl IntoView {
    let name = format!("{} {}", call.method.as_str(), call.path);
    let answers = call.answers.clone().into_iter().map(|answer| {
        let label = format!("Answer {} of {name}", answer.status);
        let outline = answer.outline.map(|outline| {
            view! { <pre class="call__outline" tabindex="0" role="region" aria-label=label>{outline}</pre> }
        });
        let head =
            view! { <code>{answer.status}</code>" "{answer.text}" "<span class="muted">{answer.content_type}</span> };
        // Refusals are all alike.
        match outline.filter(|_| answer.is_success) {
            Some(outline) => view! { <li>{head}{outline}</li> }.into_any(),
            None => view! { <li>{head}</li> }.into_any(),
        }
    });
    view! {
        {(!call.parameters.is_empty()).then(|| view! { <Parameters parameters=call.parameters.clone() /> })}
        {call.body.clone().map(|Body { outline, .. }| view! {
            <h3 class="call__title">"Body"</h3>
            <pre class="call__outline" tabindex="0" role="region" aria-label=format!("Body of {name}")>{outline}</pre>
        })}
        <h3 class="call__title">"Answers"</h3>
        <ul class="call__answers">{answers.collect_view()}</ul>
        <Attempt call />
    }
}

#[component]
fn Parameters(parameters: Vec<Parameter>) -> impl IntoView {
    let row = |Parameter { name, place, required, kind, text, .. }: Parameter| {
        let place = match place {
            Place::Path => "in the path",
            Place::Header => "header",
            Place::Query => "",
        };
        view! {
            <tr>
                <th scope="row"><code>{name}</code>{required.then_some(" *")}</th>
                <td class="data-table__text">{kind}" "<span class="muted">{place}</span></td>
                <td class="data-table__text">{text}</td>
            </tr>
        }
    };
    view! {
        <h3 class="call__title">"Parameters"</h3>
        <div class="data-table__scroll" tabindex="0" role="region" aria-label="Parameters">
            <table class="data-table">
                <thead><tr>
                    <th scope="col">"Name"</th>
                    <th scope="col" class="data-table__text">"Kind"</th>
                    <th scope="col" class="data-table__text">"Meaning"</th>
                </tr></thead>
                <tbody>{parameters.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}
