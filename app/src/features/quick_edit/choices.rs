//! What can be chosen for each property of a task.

use std::sync::Arc;

use leptos::prelude::*;

use super::{Property, QuickEdit};
use crate::{
    controls::{
        announcer::Announcer,
        combobox::{Choice, Choices},
        day_words,
        due::{self, Today},
        person::face,
        priority::{priority_chip, priority_words},
    },
    features::{
        labels::{chips::labels_of, choosing::label_choices},
        task::{
            assignees::{candidates, toggle_assigned},
            fields::DateField,
        },
    },
    fields::{FieldEdit, MAX_ASSIGNEES},
    id::TaskId,
    live::{LiveBoard, act},
    model::{Column, Priority, Task},
    ops::{Op, UpdateTask},
    text::folded,
    time::Day,
};

/// The choices for a property. `done` is called after a choice that ends the editing.
pub fn choices(board: &LiveBoard, task: TaskId, property: Property, done: Callback<()>) -> Choices {
    let editing =
        Editing { board: board.clone(), task, shown: board.task(task).task, announcer: expect_context(), done };
    let quick_edit = expect_context::<QuickEdit>();
    match property {
        Property::Any => Arc::new(move |text| {
            let wanted = Property::EACH.into_iter().filter(|property| has(property.words(), text));
            wanted.map(|property| plain(property.words(), move || quick_edit.open(task, property))).collect()
        }),
        Property::Column => {
            let columns = board.columns();
            Arc::new(move |text| editing.columns(&columns.read(), text))
        }
        Property::Priority => Arc::new(move |text| editing.priorities(text)),
        Property::Start => editing.days(DateField::Start),
        Property::Due => editing.days(DateField::Due),
        Property::Assignees => {
            let candidates = candidates(board);
            Arc::new(move |text| {
                let assigned = editing.read(|task| task.assignees.clone());
                let is_full = assigned.len() >= MAX_ASSIGNEES;
                let candidates = candidates.read();
                let wanted = candidates.iter().filter(|(_, name)| has(name, text)).map(|(id, name)| {
                    let (id, is_set, words) = (*id, assigned.contains(id), name.clone());
                    let draw = move || {
                        view! {
                            {face(id)}
                            <span>{words}</span>
                        }
                        .into_any()
                    };
                    let Editing { board, task, announcer, done, .. } = editing.clone();
                    let take = move || {
                        toggle_assigned(&board, task, id, announcer);
                        done.run(());
                    };
                    (is_set || !is_full).then(|| Choice::new(Some(is_set), draw, take))
                });
                wanted.flatten().collect()
            })
        }
        Property::Labels => label_choices(board, task, labels_of(board, board.task(task).task), editing.announcer),
    }
}

/// Whether a name contains what was typed.
fn has(name: &str, typed: &str) -> bool {
    folded(name).contains(&folded(typed.trim()))
}

/// A choice that is drawn as text.
fn plain(words: impl Into<String>, take: impl FnOnce() + 'static) -> Choice {
    let words = words.into();
    Choice::new(None, move || view! { <span>{words}</span> }.into_any(), take)
}

/// What every choice needs.
#[derive(Clone)]
struct Editing {
    board: LiveBoard,
    task: TaskId,
    shown: ArcRwSignal<Option<Arc<Task>>>,
    announcer: Announcer,
    done: Callback<()>,
}

impl Editing {
    fn read<T: Default>(&self, read: impl FnOnce(&Task) -> T) -> T {
        self.shown.read().as_ref().map(|task| read(task)).unwrap_or_default()
    }

    /// Makes an edit of a field, announces it, and ends the editing.
    fn set(&self, edit: FieldEdit, said: String) -> impl FnOnce() + 'static {
        self.update(UpdateTask::of(self.task).with(edit), said)
    }

    fn update(&self, update: UpdateTask, said: String) -> impl FnOnce() + 'static {
        let Self { board, announcer, done, .. } = self.clone();
        move || {
            if act(&board, Op::UpdateTask(update)) {
                announcer.say(said);
            }
            done.run(());
        }
    }

    fn columns(&self, columns: &[Arc<Column>], text: &str) -> Vec<Choice> {
        let current = self.read(|task| Some(task.column));
        let wanted = columns.iter().filter(|column| has(&column.name, text)).map(|column| {
            let update = UpdateTask { column: Some(column.id), ..UpdateTask::of(self.task) };
            let name = column.name.clone();
            let draw = move || view! { <span dir="auto">{name}</span> }.into_any();
            let move_there = self.update(update, format!("Moved to {}", column.name));
            Choice::new(Some(current == Some(column.id)), draw, move_there)
        });
        wanted.collect()
    }

    /// The priorities, each with the digit that chooses it.
    fn priorities(&self, text: &str) -> Vec<Choice> {
        let current = self.read(|task| task.priority);
        let wanted = Priority::ALL.into_iter().enumerate().filter(|(_, priority)| has(priority_words(*priority), text));
        let each = wanted.map(|(digit, priority)| {
            let said = format!("Priority: {}", priority_words(priority));
            let draw = move || {
                let words = match priority.is_none() {
                    true => view! { <span>{priority_words(priority)}</span> }.into_any(),
                    false => priority_chip(priority),
                };
                view! {
                    {words}
                    <span class="quick-edit-hint">{digit}</span>
                }
                .into_any()
            };
            Choice::new(Some(current == priority), draw, self.set(FieldEdit::Priority(priority), said))
        });
        each.collect()
    }

    /// Days by name, and the day that was typed.
    fn days(self, field: DateField) -> Choices {
        let today = expect_context::<Today>().0;
        Arc::new(move |text| {
            let (current, today) = (self.read(|task| field.of(task)), today.get());
            let Some(from) = today else { return Vec::new() };
            let choice = |words: String, day: Day| {
                let date = day_words::with_weekday(day, today);
                let said = format!("{}: {date}", field.words());
                let draw = move || {
                    view! {
                        <span>{words}</span>
                        <span class="quick-edit-hint">{date}</span>
                    }
                    .into_any()
                };
                Choice::new(Some(current == Some(day)), draw, self.set(field.edit(Some(day)), said))
            };
            let named = ["today", "tomorrow", "next week"].into_iter().filter(|name| has(name, text));
            let mut all: Vec<Choice> =
                named.filter_map(|name| Some(choice(sentence_case(name), day_words::read(name, from)?))).collect();
            if all.is_empty() {
                all.extend(day_words::read(text, from).map(|day| choice(due::words(day, today), day)));
            }
            if current.is_some() && has(field.clear_words(), text) {
                let said = format!("{}: none", field.words());
                all.push(plain(field.clear_words(), self.set(field.edit(None), said)));
            }
            all
        })
    }
}

fn sentence_case(words: &str) -> String {
    let (first, rest) = words.split_at(1);
    first.to_uppercase() + rest
}
