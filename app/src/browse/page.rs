//! An address of the REST interface, as a browser shows it: what was requested and answered, and forms for what can be requested.

use leptos::prelude::*;

use super::{Link, Reader, code, document, method, words};
use crate::{
    account::document::Surroundings,
    controls::{
        markdown::{escaped, to_html},
        raw_text::in_textarea,
    },
};

/// The data of the page.
#[derive(Debug, Default)]
pub struct AddressPage {
    /// The reader.
    pub reader: Reader,
    /// What the operation does, in a few words.
    pub summary: String,
    /// What the operation does, in Markdown.
    pub description: String,
    /// The path to the page.
    pub way: Vec<Link>,
    /// The method of the request.
    pub method: String,
    /// The path of the address, and the query.
    pub path: String,
    /// See [`Self::path`].
    pub query: String,
    /// The answer; `None` if nothing was requested, because the address has no `GET`, or none that ends.
    pub answer: Option<Answer>,
    /// A hint in place of an answer, in Markdown.
    pub hint: String,
    /// Where the next page of a list is.
    pub next: Option<String>,
    /// The parameters of the query.
    pub filters: Vec<Field>,
    /// Where the answer leads.
    pub leads: Vec<Link>,
    /// The other operations of the address that the reader may use.
    pub actions: Vec<Action>,
    /// The methods and summaries of those that the reader may not use.
    pub withheld: Vec<(String, String)>,
    /// The command that sends the same request.
    pub curl: String,
}

/// What the server answered.
#[derive(Debug, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The name of the status.
    pub reason: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body, as HTML: see [`super::json::html`].
    pub body: String,
    /// Whether the body was too large to be shown whole.
    pub is_cut: bool,
    /// The `code` and the `detail` of the problem, if it is one.
    pub problem: Option<(String, String)>,
}

/// An operation with a form.
#[derive(Debug, Default)]
pub struct Action {
    /// The id of the operation.
    pub id: String,
    /// The method.
    pub method: String,
    /// What it does, in a few words.
    pub summary: String,
    /// What it does, in Markdown.
    pub description: String,
    /// The fields of the body.
    pub fields: Vec<Field>,
    /// The headers.
    pub headers: Vec<Field>,
    /// The text in the editor of the body; `None` if the operation has no body.
    pub raw: Option<String>,
    /// Whether it was just sent, or is all that the address has.
    pub is_open: bool,
    /// Whether it was just sent from the editor.
    pub is_raw: bool,
}

/// A field of a form.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// The name with which the form sends it.
    pub name: String,
    /// The name of the parameter, header or member.
    pub label: String,
    /// What it is, in Markdown.
    pub hint: String,
    /// How it is typed.
    pub control: Control,
    /// The value.
    pub value: String,
    /// The name and the value of a hidden field with the value from before, if there is one.
    pub was: Option<(String, String)>,
    /// Whether it must be there.
    pub required: bool,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// How a field is typed.
#[derive(Clone, Debug, Default)]
pub enum Control {
    /// One line, with the `type` of the input element.
    Line(&'static str),
    /// Several lines.
    #[default]
    Lines,
    /// One of these values.
    Choice(Vec<String>),
}

impl AddressPage {
    /// Renders the whole document.
    pub fn document(self, surroundings: Surroundings) -> String {
        let has_failed = self.answer.as_ref().is_some_and(|answer| answer.status >= 400);
        let title = format!("{}{} · API", if has_failed { "Error: " } else { "" }, self.summary);
        let data = format!("{}?{}format=json", self.path, separated(&self.query));
        let is_read = self.method == "GET" && self.answer.is_some();
        let data = is_read.then(|| view! { <a href=data>"As JSON"</a> }.into_any());
        let target = match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        };
        let hint =
            (!self.hint.is_empty()).then(|| view! { <section class="sheet">{words(&self.hint)}</section> }.into_any());
        let body = view! {
            <h1>{self.summary}</h1>
            <p class="api-target">
                {(!self.method.is_empty()).then(|| method(&self.method))} <code>{target}</code> {data}
            </p>
            {words(&self.description)}
            {self.answer.map(|answer| answer_section(answer, self.next, self.reader.sign_in.clone()))}
            {hint}
            {filters_section(self.path.clone(), self.filters)}
            {leads_section(self.leads)}
            {self.actions.into_iter().map(|action| action_section(&self.path, action)).collect_view()}
            {withheld_section(self.withheld)}
            {(!self.curl.is_empty()).then(|| curl_section(&self.curl))}
        }
        .into_any();
        document(&self.reader, &title, self.way, body, surroundings)
    }
}

fn separated(query: &str) -> String {
    if query.is_empty() { String::new() } else { format!("{query}&") }
}

fn answer_section(answer: Answer, next: Option<String>, sign_in: Option<String>) -> AnyView {
    let Answer { status, reason, headers, body, is_cut, problem } = answer;
    let kind = if status >= 400 { "chip bad" } else { "chip good" };
    let headers = headers.into_iter().map(|(name, value)| {
        let address = (name == "location" && value.starts_with("/api/")).then(|| value.clone());
        let value = match address {
            Some(address) => view! { <a href=address>{value}</a> }.into_any(),
            None => value.into_any(),
        };
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    });
    let problem = problem.map(|(code, detail)| {
        let meaning = format!("/api/docs/errors#{code}");
        let sign_in = sign_in.filter(|_| status == 401).map(|address| {
            view! {
                " "
                <a href=address>"Sign in"</a>
            }
        });
        view! {
            <div class="form-error" role="alert" tabindex="-1" autofocus>
                <strong>{reason.clone()}</strong>
                ": "
                <bdi>{detail}</bdi>
                ". The code is "
                <a href=meaning>
                    <code>{code}</code>
                </a>
                "."
                {sign_in}
            </div>
        }
        .into_any()
    });
    let next = next.map(|address| {
        view! {
            <p>
                <a class="button" rel="next" href=address>
                    "Next page"
                </a>
            </p>
        }
        .into_any()
    });
    let cut = is_cut
        .then(|| view! { <p class="hint">"This is only the beginning. The whole is at “As JSON”."</p> }.into_any());
    let body = match body.is_empty() {
        true => view! { <p class="hint">"The response has no body."</p> }.into_any(),
        false => code("Body of the response", body),
    };
    view! {
        <section class="sheet" aria-labelledby="response">
            <h2 id="response">"Response " <span class=kind>{status} " " {reason.clone()}</span></h2>
            {problem}
            <dl class="api-headers">{headers.collect_view()}</dl>
            {body}
            {cut}
            {next}
        </section>
    }
    .into_any()
}

fn filters_section(path: String, fields: Vec<Field>) -> AnyView {
    if fields.is_empty() {
        return ().into_any();
    }
    let is_open = fields.iter().any(|field| !field.value.is_empty());
    view! {
        <details class="sheet" open=is_open>
            <summary>
                <h2>"Parameters"</h2>
            </summary>
            <form class="api-form" method="get" action=path>
                {fields.iter().map(|field| field_view("query", field)).collect_view()}
                <button class="button primary">"Get"</button>
            </form>
        </details>
    }
    .into_any()
}

fn leads_section(links: Vec<Link>) -> AnyView {
    if links.is_empty() {
        return ().into_any();
    }
    let links = links.into_iter().map(|Link { address, text }| {
        view! {
            <li>
                <a href=address>{text}</a>
            </li>
        }
    });
    view! {
        <section class="sheet" aria-labelledby="leads">
            <h2 id="leads">"From here"</h2>
            <ul class="api-leads">{links.collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn action_section(path: &str, action: Action) -> AnyView {
    let Action { id, method: name, summary, description, fields, headers, raw, is_open, is_raw } = action;
    let button = if name == "DELETE" { "button danger" } else { "button primary" };
    let editor = raw.map(|raw| {
        let (path, name) = (path.to_owned(), name.clone());
        let id = format!("{id}-editor");
        let send = format!("Send {name} from the editor");
        view! {
            <details class="api-raw" open=is_raw>
                <summary>"Write the body as JSON"</summary>
                <form class="api-form" method="post" action=path>
                    <input type="hidden" name="_method" value=name />
                    <div class="field api-wide">
                        <label for=id.clone()>"Body"</label>
                        {lines(&id, "_body", &raw, 8, None)}
                    </div>
                    {headers.iter().map(|field| field_view(&id, field)).collect_view()}
                    <button class=button>{send}</button>
                </form>
            </details>
        }
        .into_any()
    });
    let fields = fields.iter().map(|field| field_view(&id, field)).collect_view();
    let headers = headers.iter().map(|field| field_view(&id, field)).collect_view();
    let send = format!("Send {name}");
    view! {
        <details class="sheet" open=is_open id=format!("do-{id}")>
            <summary>
                <h2>{method(&name)} " " {summary}</h2>
            </summary>
            {words(&description)}
            <form class="api-form" method="post" action=path.to_owned()>
                <input type="hidden" name="_method" value=name />
                {fields}
                {headers}
                <button class=button>{send}</button>
            </form>
            {editor}
        </details>
    }
    .into_any()
}

fn withheld_section(withheld: Vec<(String, String)>) -> AnyView {
    if withheld.is_empty() {
        return ().into_any();
    }
    let withheld = withheld.into_iter().map(|(name, summary)| view! { <li>{method(&name)} " " {summary}</li> });
    view! {
        <section class="sheet" aria-labelledby="withheld">
            <h2 id="withheld">"What you may not do here"</h2>
            <ul class="api-leads">{withheld.collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn curl_section(curl: &str) -> AnyView {
    view! {
        <section class="sheet" aria-labelledby="curl">
            <h2 id="curl">"The same request with curl"</h2>
            {code("Command", escaped(curl))}
            <p class="hint">
                "Replace $TOKEN with one of your tokens, or leave that header out on a server without accounts."
            </p>
        </section>
    }
    .into_any()
}

/// Renders a field. `form` is what the ids of the form's fields begin with.
fn field_view(form: &str, field: &Field) -> AnyView {
    let Field { name, label, hint, control, value, was, required, error } = field;
    let id = format!("{form}-{label}");
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described: Vec<_> = [(error.is_some(), &error_id), (!hint.is_empty(), &hint_id)]
        .into_iter()
        .filter(|(is_there, _)| *is_there)
        .map(|(_, id)| id.clone())
        .collect();
    let by = (!described.is_empty()).then(|| described.join(" "));
    let invalid = error.is_some().then_some("true");
    let was = was.clone().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }.into_any());
    let (required, name) = (*required, name.clone());
    let input = match control {
        Control::Line(kind) => view! {
            <input
                id=id.clone()
                name=name
                type=*kind
                value=value.clone()
                required=required
                autocomplete="off"
                spellcheck="false"
                aria-invalid=invalid
                aria-describedby=by
            />
        }
        .into_any(),
        Control::Lines => lines(&id, &name, value, 3, by.map(|by| (by, invalid))),
        Control::Choice(choices) => {
            let empty = (!required).then(|| view! { <option value="">"–"</option> }.into_any());
            let choices = choices.iter().map(|choice| {
                view! {
                    <option value=choice.clone() selected=choice == value>
                        {choice.clone()}
                    </option>
                }
            });
            view! {
                <select id=id.clone() name=name aria-invalid=invalid aria-describedby=by>
                    {empty}
                    {choices.collect_view()}
                </select>
            }
            .into_any()
        }
    };
    let error = error.clone().map(|words| {
        view! {
            <p class="field-error" id=error_id>
                {words}
            </p>
        }
        .into_any()
    });
    let hint =
        (!hint.is_empty()).then(|| view! { <div class="hint" id=hint_id inner_html=to_html(hint)></div> }.into_any());
    view! {
        <div class="field">
            <label for=id>{label.clone()} {required.then_some(" (required)")}</label>
            {input}
            {was}
            {error}
            {hint}
        </div>
    }
    .into_any()
}

/// A field of several lines. `described` is what `aria-describedby` and `aria-invalid` say.
fn lines(id: &str, name: &str, value: &str, rows: u8, described: Option<(String, Option<&'static str>)>) -> AnyView {
    let (by, invalid) = described.map_or((None, None), |(by, invalid)| (Some(by), invalid));
    view! {
        <textarea
            id=id.to_owned()
            name=name.to_owned()
            rows=rows.to_string()
            spellcheck="false"
            aria-invalid=invalid
            aria-describedby=by
            inner_html=in_textarea(value)
        ></textarea>
    }
    .into_any()
}
