//! Form fields, and the mistakes in a submitted form.

use leptos::prelude::*;

/// The minimum length of a password, in characters.
pub const MIN_PASSWORD_CHARS: usize = 10;

/// The reason why a submitted form was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The [`Input::called`] of the field with the mistake; `None` if the mistake is about the whole form.
    pub field: Option<&'static str>,
    /// The reason, as a sentence.
    pub words: String,
}

impl Mistake {
    /// A mistake in a field.
    pub fn at(field: &'static str, words: impl Into<String>) -> Self {
        Self { field: Some(field), words: words.into() }
    }
}

/// A form of a page.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// The prefix of the ids of the form's fields.
    pub id: &'a str,
    /// The mistake in the submitted form.
    pub mistake: Option<&'a Mistake>,
}

/// A field for one line of text.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The `name` attribute.
    pub name: &'static str,
    /// The label.
    pub label: &'static str,
    /// How mistakes refer to the field: see [`Mistake::field`].
    pub called: &'static str,
    /// The `type` attribute.
    pub kind: &'static str,
    /// The value.
    pub value: &'a str,
    /// The `autocomplete` attribute.
    pub autocomplete: &'static str,
    /// The hint below the field.
    pub hint: &'a str,
    /// Whether the field must be filled in.
    pub required: bool,
    /// Whether the field has the focus when the page opens.
    pub first: bool,
}

impl Default for Input<'_> {
    fn default() -> Self {
        Self {
            name: "",
            label: "",
            called: "",
            kind: "text",
            value: "",
            autocomplete: "off",
            hint: "",
            required: true,
            first: false,
        }
    }
}

impl<'a> Input<'a> {
    /// A field for a person's name.
    pub fn name(value: &'a str) -> Self {
        Self { name: "name", label: "Name", called: "name", value, autocomplete: "name", ..Self::default() }
    }

    /// A field for an e-mail address.
    pub fn email(value: &'a str) -> Self {
        Self {
            name: "email",
            label: "E-mail address",
            called: "e-mail address",
            kind: "email",
            value,
            autocomplete: "username",
            ..Self::default()
        }
    }

    /// A field for an existing password. Passwords are never sent back to the browser.
    pub fn password(name: &'static str, label: &'static str, called: &'static str) -> Self {
        Self { name, label, called, kind: "password", autocomplete: "current-password", ..Self::default() }
    }
}

impl<'a> Form<'a> {
    /// A form whose field ids begin with `id`, with the mistake in the submitted values, if there is one.
    pub fn new(id: &'a str, mistake: Option<&'a Mistake>) -> Self {
        Self { id, mistake }
    }

    /// The mistake, if there is one. It takes the focus, so that screen readers read it out, and links to the field.
    pub fn summary(self) -> AnyView {
        let Some(Mistake { field, words }) = self.mistake.cloned() else { return ().into_any() };
        let words = match field {
            Some(field) => view! { <a href=format!("#{}", self.id_of(field))>{words}</a> }.into_any(),
            None => words.into_any(),
        };
        view! {
            <div class="form-error" role="alert" tabindex="-1" autofocus>
                <strong>"That did not work. "</strong>
                {words}
            </div>
        }
        .into_any()
    }

    /// Renders a field for one line of text.
    pub fn input(self, input: Input<'_>) -> AnyView {
        let id = self.id_of(input.called);
        let described = self.described(input.called, input.hint);
        let invalid = described.is_invalid().then_some("true");
        let by = described.by(&id);
        view! {
            <div class="field">
                <label for=id.clone()>{input.label}</label>
                <input
                    id=id.clone()
                    name=input.name
                    type=input.kind
                    value=input.value.to_owned()
                    autocomplete=input.autocomplete
                    required=input.required
                    autofocus=input.first && self.mistake.is_none()
                    aria-invalid=invalid
                    aria-describedby=by
                    autocapitalize=(input.kind == "email").then_some("none")
                    spellcheck=(input.kind != "text").then_some("false")
                />
                {described.view(&id)}
            </div>
        }
        .into_any()
    }

    /// Renders two fields for a new password. The typed text is hidden, and a typing error would lock the person out.
    pub fn new_password(self, label: &'static str) -> AnyView {
        fn fresh<'a>(name: &'static str, label: &'static str, called: &'static str, hint: &'a str) -> Input<'a> {
            Input { autocomplete: "new-password", hint, ..Input::password(name, label, called) }
        }
        let hint = format!("At least {MIN_PASSWORD_CHARS} characters; a few words are good.");
        let first = fresh("password", label, "password", &hint);
        let again = fresh("again", "The same once more", "second password", "");
        view! {
            {self.input(first)}
            {self.input(again)}
        }
        .into_any()
    }

    /// Renders a select field. Each choice has a value, a label, and whether it is selected.
    pub fn select(
        self,
        name: String,
        label: String,
        called: &'static str,
        choices: Vec<(String, String, bool)>,
    ) -> AnyView {
        let id = self.id_of(if called.is_empty() { &name } else { called });
        let described = self.described(called, "");
        let invalid = described.is_invalid().then_some("true");
        let by = described.by(&id);
        let options: Vec<_> = choices
            .into_iter()
            .map(|(value, words, chosen)| {
                view! {
                    <option value=value selected=chosen>
                        {words}
                    </option>
                }
                .into_any()
            })
            .collect();
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <select id=id.clone() name=name aria-invalid=invalid aria-describedby=by>
                    {options}
                </select>
                {described.view(&id)}
            </div>
        }
        .into_any()
    }

    /// Renders radio buttons. Each choice has a value, a label, an explanation, and whether it is selected.
    pub fn radios(
        self,
        name: &'static str,
        legend: &'static str,
        choices: Vec<(&'static str, &'static str, &'static str, bool)>,
    ) -> AnyView {
        let choices: Vec<_> = choices
            .into_iter()
            .map(|(value, words, meaning, chosen)| {
                let id = format!("{}-{name}-{value}", self.id);
                let hint = format!("{id}-hint");
                view! {
                    <div class="radio">
                        <input
                            type="radio"
                            id=id.clone()
                            name=name
                            value=value
                            checked=chosen
                            aria-describedby=hint.clone()
                        />
                        <label for=id>{words}</label>
                        <p class="hint" id=hint>
                            {meaning}
                        </p>
                    </div>
                }
                .into_any()
            })
            .collect();
        view! {
            <fieldset class="radios" id=self.id_of(name)>
                <legend>{legend}</legend>
                {choices}
            </fieldset>
        }
        .into_any()
    }

    fn id_of(self, called: &str) -> String {
        format!("{}-{}", self.id, called.replace(' ', "-"))
    }

    fn described(self, called: &str, hint: &str) -> Described {
        let mistake = self.mistake.filter(|mistake| mistake.field == Some(called));
        Described { error: mistake.map(|mistake| mistake.words.clone()), hint: hint.to_owned() }
    }
}

/// The error and the hint below a field.
struct Described {
    error: Option<String>,
    hint: String,
}

impl Described {
    fn is_invalid(&self) -> bool {
        self.error.is_some()
    }

    /// The ids of the elements that describe the field with this id, for `aria-describedby`.
    fn by(&self, id: &str) -> Option<String> {
        let error = self.error.is_some().then(|| format!("{id}-error"));
        let hint = (!self.hint.is_empty()).then(|| format!("{id}-hint"));
        let ids: Vec<_> = error.into_iter().chain(hint).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn view(self, id: &str) -> AnyView {
        let (error, hint) = (format!("{id}-error"), format!("{id}-hint"));
        let words = self.error.map(|words| {
            view! {
                <p class="field-error" id=error>
                    {words}
                </p>
            }
            .into_any()
        });
        let below = (!self.hint.is_empty()).then_some(self.hint).map(|words| {
            view! {
                <p class="hint" id=hint>
                    {words}
                </p>
            }
            .into_any()
        });
        view! {
            {words}
            {below}
        }
        .into_any()
    }
}
