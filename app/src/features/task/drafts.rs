//! Texts that are being edited, kept until they are saved or dropped: closing a task or going elsewhere loses nothing.

use std::collections::HashMap;

use leptos::{ev, prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    board::TextBase,
    fields::FieldEdit,
    id::{BoardId, ColumnId, TaskId},
    live::{LEAVE, LEAVING, LiveBoard},
    model::TextField,
    ops::{Op, UpdateTask},
};

/// All texts that are being edited. An editor is open exactly while there is a draft for its text. A context.
#[derive(Clone, Copy)]
pub struct Drafts {
    texts: RwSignal<HashMap<(TaskId, TextField), Draft>>,
    unsent: StoredValue<HashMap<Unsent, String>>,
    /// They are where the page finds them that takes the place of this one.
    handed_on: StoredValue<bool>,
}

/// Drafts on their way from a page to the one that takes its place in the same tab.
#[derive(Serialize, Deserialize)]
struct Kept {
    texts: Vec<((TaskId, TextField), Draft)>,
    unsent: Vec<(Unsent, String)>,
}

/// Where they are kept meanwhile. The script around the app (`pages/bootstrap.js`) looks there as well: a page with drafts is drawn
/// whole, since what the server has drawn does not show them.
const KEPT: &str = "taskwire-drafts";

/// A field for something new, which keeps what is typed into it while the person looks elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unsent {
    /// The next task of a column.
    Task(ColumnId),
    /// The next task, in the list.
    ListedTask(BoardId),
    /// The next column.
    Column(BoardId),
    /// The next board.
    Board,
}

/// A text that is being edited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// As it is typed so far.
    pub text: String,
    /// As it was when its editor opened.
    pub before: String,
    /// What decides whether somebody else changed it since.
    pub base: TextBase,
    /// Another version, to be looked at while this one is edited.
    pub beside: Option<String>,
    /// Tells a draft from the one that it took the place of.
    #[serde(skip)]
    generation: u32,
}

impl Draft {
    /// A draft that starts from a text as it is shown now.
    pub fn start(board: &LiveBoard, task: TaskId, field: TextField) -> Self {
        let text = board.with(|board| Some(field.of(board.task(task)?)?.to_owned())).unwrap_or_default();
        Self { before: text.clone(), text, base: board.text_base(task, field), beside: None, generation: 0 }
    }

    /// A draft that goes on with a text that was refused because of another.
    pub fn merge(mine: String, theirs: String, base: TextBase) -> Self {
        Self { text: mine, before: theirs.clone(), base, beside: Some(theirs), generation: 0 }
    }

    /// The same draft with another text typed.
    pub fn with_text(self, text: String) -> Self {
        Self { text, ..self }
    }

    /// Whether anything would be lost with it.
    pub fn is_changed(&self) -> bool {
        self.text != self.before
    }
}

impl Drafts {
    /// Starts with those of the page that this one takes the place of. The browser asks before the page is left with any of them
    /// changed, unless they are handed on.
    pub fn provide() -> Self {
        let (texts, unsent) = match take_kept() {
            Some(Kept { texts, unsent }) => (texts.into_iter().collect(), unsent.into_iter().collect()),
            None => Default::default(),
        };
        let (texts, unsent) = (RwSignal::new(texts), StoredValue::new(unsent));
        let drafts = Self { texts, unsent, handed_on: StoredValue::new(false) };
        provide_context(drafts);
        Effect::new(move || {
            let listener = window_event_listener(ev::beforeunload, move |event| {
                if drafts.would_be_lost() && !drafts.handed_on.get_value() {
                    event.prevent_default();
                }
            });
            // The next page does not know what became of an edit of this one.
            let asked = window_event_listener_untyped(LEAVING, move |event| {
                let is_based_on_saved = |draft: &Draft| matches!(draft.base, TextBase::Saved(_));
                if !drafts.texts.with_untracked(|texts| texts.values().all(is_based_on_saved)) {
                    event.prevent_default();
                }
            });
            let left = window_event_listener_untyped(LEAVE, move |_| drafts.hand_on());
            on_cleanup(move || {
                listener.remove();
                asked.remove();
                left.remove();
            });
        });
        drafts
    }

    fn would_be_lost(self) -> bool {
        let is_text = |text: &String| !text.trim().is_empty();
        self.texts.with_untracked(|texts| texts.values().any(Draft::is_changed))
            || self.unsent.with_value(|unsent| unsent.values().any(is_text))
    }

    /// Puts the drafts where the next page finds them. (Where that fails, the browser asks before they are lost.)
    fn hand_on(self) {
        if self.would_be_lost() {
            let texts =
                self.texts.with_untracked(|texts| texts.iter().map(|(at, draft)| (*at, draft.clone())).collect());
            let unsent = self.unsent.with_value(|unsent| unsent.iter().map(|(at, text)| (*at, text.clone())).collect());
            self.handed_on.set_value(put_kept(&Kept { texts, unsent }));
        }
    }

    /// What is typed into a field so far.
    pub fn unsent(self, field: Unsent) -> String {
        self.unsent.try_with_value(|unsent| unsent.get(&field).cloned()).flatten().unwrap_or_default()
    }

    /// Keeps what is typed into a field; nothing, when it was sent.
    pub fn keep(self, field: Unsent, text: String) {
        self.unsent.try_update_value(|unsent| match text.is_empty() {
            true => unsent.remove(&field),
            false => unsent.insert(field, text),
        });
    }

    /// Which draft of a text is open; `None` if none is. Changes when one takes the place of another, not while it is typed.
    pub fn open(self, task: TaskId, field: TextField) -> Memo<Option<u32>> {
        Memo::new(move |_| self.texts.with(|drafts| drafts.get(&(task, field)).map(|draft| draft.generation)))
    }

    /// The draft of a text.
    pub fn get(self, task: TaskId, field: TextField) -> Option<Draft> {
        self.texts.with_untracked(|drafts| drafts.get(&(task, field)).cloned())
    }

    /// Opens an editor with a draft, in place of the one that may be open.
    pub fn put(self, task: TaskId, field: TextField, draft: Draft) {
        self.texts.update(|drafts| {
            let generation = drafts.get(&(task, field)).map_or(0, |old| old.generation + 1);
            drafts.insert((task, field), Draft { generation, ..draft });
        });
    }

    /// Keeps what is typed.
    pub fn typed(self, task: TaskId, field: TextField, text: String) {
        // The field that it was typed into shows it already.
        self.texts.update_untracked(|drafts| {
            if let Some(draft) = drafts.get_mut(&(task, field)) {
                draft.text = text;
            }
        });
    }

    /// Closes an editor. Its draft comes back if it was changed.
    pub fn drop(self, task: TaskId, field: TextField) -> Option<Draft> {
        self.texts.try_update(|drafts| drafts.remove(&(task, field))).flatten().filter(Draft::is_changed)
    }

    /// Closes the editors of a board. What was changed in them goes to what was refused, to be copied or to be edited again.
    pub fn hand_back(self, board: &LiveBoard) {
        let Some(texts) = self.texts.try_update(|drafts| {
            let keys: Vec<_> =
                drafts.keys().copied().filter(|(task, _)| board.with(|board| board.task(*task).is_some())).collect();
            keys.into_iter().filter_map(|key| Some((key, drafts.remove(&key)?))).collect::<Vec<_>>()
        }) else {
            return;
        };
        for ((task, field), draft) in texts {
            if draft.is_changed() {
                board.rescue(text_edit(task, field, draft.text));
            }
        }
    }

    /// Closes the editors of a task in which nothing was changed. Tells whether any is left.
    pub fn tidy(self, task: TaskId) -> bool {
        self.texts.update(|drafts| drafts.retain(|(id, _), draft| *id != task || draft.is_changed()));
        self.texts.with_untracked(|drafts| drafts.keys().any(|(id, _)| *id == task))
    }
}

fn put_kept(kept: &Kept) -> bool {
    let json = serde_json::to_string(kept).ok();
    storage().zip(json).is_some_and(|(storage, json)| storage.set_item(KEPT, &json).is_ok())
}

/// What was put there, once.
fn take_kept() -> Option<Kept> {
    let storage = storage()?;
    let json = storage.get_item(KEPT).ok()??;
    // What stays there is put into the next page as well, where it is an old text.
    storage.remove_item(KEPT).ok()?;
    serde_json::from_str(&json).ok()
}

/// What the tab keeps from page to page; nothing on the server, and in browsers that keep nothing.
fn storage() -> Option<web_sys::Storage> {
    if cfg!(feature = "hydrate") { window().session_storage().ok()? } else { None }
}

/// An edit of one of the texts of a task.
pub fn text_edit(task: TaskId, field: TextField, text: String) -> Op {
    Op::UpdateTask(match field {
        TextField::Title => UpdateTask::of(task).with(FieldEdit::Title(text)),
        TextField::Description => UpdateTask::of(task).with(FieldEdit::Description(text)),
    })
}

/// The text that an edit sets, if it sets one.
pub fn edited_text(op: &Op) -> Option<(TaskId, TextField, &str)> {
    let Op::UpdateTask(update) = op else { return None };
    let (field, text) = update.fields.edits().find_map(FieldEdit::text)?;
    Some((update.task, field, text))
}
