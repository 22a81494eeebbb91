//! Several lines that are pasted into the field for a new task: one task each, or one title. The text is in the field in any case, as one title,
//! so nothing is lost whatever the answer is.

use leptos::{ev, html, prelude::*};

use super::{super::revealed::Revealed, quick_add::create};
use crate::{
    board::Typed,
    controls::announcer::Announcer,
    id::{ColumnId, TaskId},
    live::LiveBoard,
    text::is_blank,
};

/// The most lines that become tasks at once.
const MOST: usize = 100;

/// The lines that were pasted.
#[derive(Clone, Copy)]
pub struct Pasted {
    /// Those of the paste that the field does not hold yet.
    next: StoredValue<Vec<String>>,
    /// Those that the question is about.
    lines: RwSignal<Vec<String>>,
}

impl Pasted {
    pub fn new() -> Self {
        Self { next: StoredValue::new(Vec::new()), lines: RwSignal::new(Vec::new()) }
    }

    /// Takes what is pasted, with what is in the field before and after it.
    pub fn paste(self, event: &ev::ClipboardEvent, input: &web_sys::HtmlInputElement) {
        let pasted = event.clipboard_data().and_then(|data| data.get_data("text").ok()).unwrap_or_default();
        let value: Vec<u16> = input.value().encode_utf16().collect();
        let at = |place: Option<u32>| place.map_or(value.len(), |place| value.len().min(place as usize));
        let (start, end) = (at(input.selection_start().ok().flatten()), at(input.selection_end().ok().flatten()));
        let part = |units: &[u16]| String::from_utf16_lossy(units);
        let whole = part(&value[..start]) + &pasted + &part(&value[end..]);
        let lines = Typed::Description.normalize(&whole);
        let lines: Vec<_> =
            lines.lines().filter(|line| !is_blank(line)).map(|line| Typed::Title.normalize(line)).collect();
        self.next.set_value(if lines.len() > 1 { lines } else { Vec::new() });
    }

    /// The field holds something else: what was just pasted, or what was typed after it.
    pub fn changed(self) {
        let next = self.next.try_update_value(std::mem::take).unwrap_or_default();
        if !(next.is_empty() && self.lines.read_untracked().is_empty()) {
            self.lines.set(next);
        }
    }

    /// Asks no more. Returns whether there was a question.
    pub fn forget(self) -> bool {
        let asked = !self.lines.read_untracked().is_empty();
        if asked {
            self.lines.set(Vec::new());
        }
        asked
    }
}

/// The question what to make of several lines. `emptied` is called with the last task when they have become tasks.
pub fn question(
    pasted: Pasted,
    board: LiveBoard,
    column: ColumnId,
    field: NodeRef<html::Input>,
    emptied: Callback<Option<TaskId>>,
) -> AnyView {
    let (announcer, revealed) = (expect_context::<Announcer>(), expect_context::<Revealed>());
    let refocus = move || {
        if let Some(input) = field.get_untracked() {
            // If the field cannot be focused, it can still be clicked.
            let _ = input.focus();
        }
    };
    let add = Callback::new(move |()| {
        let lines = pasted.lines.get_untracked();
        pasted.forget();
        refocus();
        let mut last = None;
        let mut edits = Vec::new();
        for title in lines {
            let task = crate::new_id();
            let op = create(&board, task, column, title);
            match board.submit(op.clone()) {
                Ok(edit) => {
                    edits.push(edit);
                    revealed.add(task);
                    last = Some(task);
                }
                // A line that is too long stands in a message, with the reason.
                Err(refusal) => board.report(op, refusal),
            }
        }
        let words = format!("add {} tasks", edits.len());
        announcer.say(format!("Added {} tasks", edits.len()));
        board.join(&edits, &words);
        emptied.run(last);
    });
    let keep = move |_| {
        pasted.forget();
        refocus();
    };
    let ask = move || {
        let count = pasted.lines.read().len();
        (count > 0).then(|| {
            let (words, one_each) = match count {
                ..=MOST => (
                    format!("You pasted {count} lines."),
                    Some(
                        view! {
                            <button type="button" class="button primary" on:click=move |_| add.run(())>
                                {format!("Add {count} tasks")}
                            </button>
                        }
                        .into_any(),
                    ),
                ),
                _ => (format!("You pasted {count} lines; at most {MOST} at a time can become tasks."), None),
            };
            view! {
                <p>{words}</p>
                {one_each}
                <button type="button" class="button" on:click=keep>
                    "Keep as one title"
                </button>
            }
            .into_any()
        })
    };
    view! {
        <div class="pasted" role="status">
            {ask}
        </div>
    }
    .into_any()
}
