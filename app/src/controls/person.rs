//! Shows people, by name and as a small round picture.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::{
    id::ActorId,
    live::Live,
    people::{self, Person},
};

/// People, by id.
pub type People = BTreeMap<ActorId, Person>;

/// The name of a person, or the words for whoever is no known person: see [`people::called`].
pub fn name_of(person: Option<ActorId>) -> Signal<String> {
    let people = expect_context::<Live>().people();
    Signal::derive(move || called(&people.read(), person))
}

/// Like [`name_of`], but looks in the given people and does not follow changes.
pub fn called(people: &People, person: Option<ActorId>) -> String {
    people::called(person, |id| known(people, id))
}

/// Like [`called`], within a sentence.
pub fn mentioned(people: &People, person: Option<ActorId>) -> String {
    people::mentioned(person, |id| known(people, id))
}

fn known(people: &People, person: ActorId) -> Option<&str> {
    people.get(&person).map(|person| person.name.as_str())
}

/// A person's avatar: their initials on their colour. The tooltip shows the name; for screen readers the name stands beside the avatar.
pub fn face(person: ActorId) -> AnyView {
    let people = expect_context::<Live>().people();
    let known = Memo::new(move |_| people.read().get(&person).map(|person| (person.initials(), person.tint())));
    let name = name_of(Some(person));
    view! {
        // The style sheet draws the initials from the attribute, so that screen readers do not read them out.
        <span
            class="avatar"
            data-tint=move || known.get().map(|(_, tint)| tint.to_string())
            data-initials=move || known.get().map_or("?".to_owned(), |(initials, _)| initials)
            title=name
        ></span>
    }
    .into_any()
}
