//! People, by name and as a small round picture.

use leptos::prelude::*;

use crate::{id::ActorId, live::Live};

/// What to call whoever did something: their name, or `Somebody` where that is not known.
pub fn name_of(person: Option<ActorId>) -> Signal<String> {
    let people = expect_context::<Live>().people();
    let name = move || Some(people.read().get(&person?)?.name.clone());
    Signal::derive(move || name().unwrap_or_else(|| "Somebody".to_owned()))
}

/// A person's initials on their colour. It says their name when pointed at; beside it stands the name, or `label`, for those
/// who cannot see it.
#[component]
pub fn Avatar(
    /// Who.
    person: ActorId,
    /// What is read out; empty where the name stands beside it.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    let people = expect_context::<Live>().people();
    let known = Memo::new(move |_| people.read().get(&person).map(|person| (person.initials(), person.tint())));
    let name = name_of(Some(person));
    view! {
        // The initials are a picture, which the style sheet draws: nothing to be read out.
        <span
            class="avatar"
            data-tint=move || known.get().map(|(_, tint)| tint.to_string())
            data-initials=move || known.get().map_or("?".to_owned(), |(initials, _)| initials)
            title=name
        >
            <span class="visually-hidden">{label}</span>
        </span>
    }
    .into_any()
}
