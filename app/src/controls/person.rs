//! People, by name and as a small round picture.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::{id::ActorId, live::Live, people::Person};

/// People, by who they are.
pub type People = BTreeMap<ActorId, Person>;

/// What to call whoever did something: their name, or `Somebody` where that is not known.
pub fn name_of(person: Option<ActorId>) -> Signal<String> {
    let people = expect_context::<Live>().people();
    Signal::derive(move || called(&people.read(), person))
}

/// As [`name_of`], among those who are known at this moment.
pub fn called(people: &People, person: Option<ActorId>) -> String {
    let known = person.and_then(|person| people.get(&person));
    known.map_or_else(|| "Somebody".to_owned(), |person| person.name.clone())
}

/// A person's face: their initials on their colour. It says their name when pointed at; for those who cannot see it the name
/// stands beside it.
pub fn face(person: ActorId) -> AnyView {
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
        ></span>
    }
    .into_any()
}
