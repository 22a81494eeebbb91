//! Fields of forms, and what was wrong with them when they were sent.

use leptos::prelude::*;

/// The fewest characters of a password.
pub const MIN_PASSWORD_CHARS: usize = 10;

/// Why a form was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The field, as it is called in words; none where it is about the whole form.
    pub field: Option<&'static str>,
    /// What is wrong, as a sentence.
    pub words: String,
}

impl Mistake {
    /// One that is about a field.
    pub fn at(field: &'static str, words: impl Into<String>) -> Self {
        Self { field: Some(field), words: words.into() }
    }
}

/// One form of a page.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// What the ids of its fields begin with.
    pub id: &'a str,
    /// What was wrong when it was sent.
    pub mistake: Option<&'a Mistake>,
}

/// A field for one line of text.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The name it is sent under.
    pub name: &'static str,
    /// What stands above it.
    pub label: &'static str,
    /// What mistakes call it.
    pub called: &'static str,
    /// The kind of field, as HTML has them.
    pub kind: &'static str,
    /// What is in it.
    pub value: &'a str,
    /// What a browser may fill in.
    pub autocomplete: &'static str,
    /// What stands below it.
    pub hint: &'a str,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether it has the focus at first.
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
    /// For somebody's name.
    pub fn name(value: &'a str) -> Self {
        Self { name: "name", label: "Name", called: "name", value, autocomplete: "name", ..Self::default() }
    }

    /// For an e-mail address.
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

    /// For a password somebody has. Passwords are never sent back.
    pub fn password(name: &'static str, label: &'static str, called: &'static str) -> Self {
        Self { name, label, called, kind: "password", autocomplete: "current-password", ..Self::default() }
    }
}

impl<'a> Form<'a> {
    /// One without a mistake.
    pub fn new(id: &'a str, mistake: Option<&'a Mistake>) -> Self {
        Self { id, mistake }
    }

    /// What was wrong, if anything was. It takes the focus, so that it is read out, and leads to the field.
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

    /// A field for one line of text.
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

    /// Two fields for a new password: nobody sees what they type, and a slip would lock them out.
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

    /// A field with a few choices: what is sent, what is shown, and whether it is chosen.
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

    /// A few choices with what each means: what is sent, what it is called, what it means, and whether it is chosen.
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

/// What stands below a field and belongs to it.
struct Described {
    error: Option<String>,
    hint: String,
}

impl Described {
    fn is_invalid(&self) -> bool {
        self.error.is_some()
    }

    /// The ids of what describes the field with this id.
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
