//! The keys of a board's page, in one table. Whoever handles keys learns here which command a key means, and the list of keys that `?`
//! opens is drawn from the same table.
//!
//! No key acts while a dialog is open, or while a card is lifted, except those for that. Keys that are also typed act only while no text
//! field, choice or menu has the focus. Keys that write a character can be switched off, because people who dictate, and people
//! whose hands are not steady, press them by accident.

use std::{
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
};

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

use crate::{
    access::BoardRole,
    controls::{
        focus::find,
        keyboard::{self, Key, Stroke},
    },
    id::TaskId,
    live::LiveBoard,
};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    NewTask,
    Find,
    NextTask,
    PreviousTask,
    Undo,
    Redo,
    ShowKeys,
    EditTitle,
    SetDue,
    Assign,
    AssignMe,
    SetLabels,
    /// Sets or unsets one of the first nine labels: which one, the digit says.
    ToggleLabel,
    SetPriority,
    SetColumn,
    Complete,
    CopyLink,
    CopyName,
    /// Moves the focus to the next card in the direction of the arrow key.
    GoToCard,
    GoToFirst,
    GoToLast,
    /// Opens the task. The browser does it by itself, because a card's title is a link.
    Open,
    /// Moves the focus to the box of the checklist item above or below.
    GoToItem,
    /// Moves the checklist item in the direction of the arrow key.
    MoveItem,
    Lift,
    Delete,
    /// Moves the lifted card in the direction of the arrow key.
    MoveLifted,
    PutDown,
    PutBack,
    CloseTask,
}

impl Command {
    /// Whether only people who may edit the board have the key.
    pub fn needs_editor(self) -> bool {
        use Command::{
            Assign, AssignMe, Complete, Delete, EditTitle, Lift, MoveItem, MoveLifted, NewTask, PutBack, PutDown,
            SetColumn, SetDue, SetLabels, SetPriority, ToggleLabel,
        };
        matches!(
            self,
            NewTask
                | EditTitle
                | SetDue
                | Assign
                | AssignMe
                | SetLabels
                | ToggleLabel
                | SetPriority
                | SetColumn
                | Complete
                | Delete
                | Lift
                | MoveItem
                | MoveLifted
                | PutDown
                | PutBack
        )
    }

    /// Whether a key that is held down goes on acting.
    pub fn repeats(self) -> bool {
        matches!(self, Self::GoToCard | Self::GoToItem | Self::MoveItem | Self::MoveLifted)
    }
}

/// Where a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// On the whole page.
    Page,
    /// On the task whose card or row has the focus, or else on the open task, unless an item of its checklists has the focus.
    Task,
    /// On the card or row that has the focus.
    Focused,
    /// On the checklist item that has the focus.
    Item,
    /// While a card is lifted.
    Lifted,
    /// While a task is open.
    Open,
}

impl Scope {
    /// Every scope, in the order in which they are listed.
    pub const ALL: [Self; 6] = [Self::Page, Self::Task, Self::Focused, Self::Item, Self::Lifted, Self::Open];

    /// The scope in words, as the heading of its keys.
    pub fn words(self) -> &'static str {
        match self {
            Self::Page => "Anywhere",
            Self::Task => "On the card in focus, or the open task",
            Self::Focused => "On the card in focus",
            Self::Item => "On an item of a checklist",
            Self::Lifted => "While a card is picked up",
            Self::Open => "In an open task",
        }
    }
}

/// A key or a group of keys, with the modifier keys that are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// A key by itself.
    Plain(Key),
    /// The keys 1 to 9.
    Digits,
    /// The four arrow keys.
    Arrows,
    /// A key with Ctrl or ⌘.
    Command(Key),
    /// A key with Ctrl or ⌘, and Shift.
    ShiftCommand(Key),
    /// A key with Ctrl, and not with ⌘: browsers use it with ⌘.
    Ctrl(Key),
    /// A key with Alt.
    Alt(Key),
}

impl Keys {
    fn matches(self, stroke: &Stroke) -> bool {
        let plain = stroke.is_plain() && !stroke.shift;
        match self {
            // Layouts write signs with Shift or without.
            Self::Plain(key @ Key::Sign(_)) => stroke.is_plain() && stroke.key == key,
            Self::Plain(key) => plain && stroke.key == key,
            Self::Digits => plain && matches!(stroke.key, Key::Digit(1..=9)),
            Self::Arrows => plain && matches!(stroke.key, Key::Up | Key::Down | Key::Left | Key::Right),
            Self::Command(key) => stroke.is_command() && !stroke.shift && stroke.key == key,
            Self::ShiftCommand(key) => stroke.is_command() && stroke.shift && stroke.key == key,
            Self::Ctrl(key) => stroke.is_command() && stroke.ctrl && !stroke.shift && stroke.key == key,
            Self::Alt(key) => stroke.alt && !(stroke.ctrl || stroke.meta || stroke.shift) && stroke.key == key,
        }
    }

    /// Whether the key writes a character where text is typed, apart from a space.
    fn writes(self) -> bool {
        matches!(self, Self::Digits | Self::Plain(Key::Letter(_) | Key::Digit(_) | Key::Sign(_)))
    }

    /// The keys in words.
    pub fn words(self) -> String {
        match self {
            Self::Plain(key) => name(key),
            Self::Digits => "1 to 9".to_owned(),
            Self::Arrows => "Arrow keys".to_owned(),
            Self::Command(key) | Self::Ctrl(key) => format!("Ctrl + {}", name(key)),
            Self::ShiftCommand(key) => format!("Ctrl + Shift + {}", name(key)),
            Self::Alt(key) => format!("Alt + {}", name(key)),
        }
    }
}

fn name(key: Key) -> String {
    let name = match key {
        Key::Letter(letter) => return letter.to_ascii_uppercase().to_string(),
        Key::Sign(sign) => return sign.to_string(),
        Key::Space => "Space",
        Key::Enter => "Enter",
        Key::Escape => "Esc",
        Key::Tab => "Tab",
        Key::Up => "↑",
        Key::Down => "↓",
        Key::Home => "Home",
        Key::End => "End",
        Key::Delete => "Delete",
        _ => "",
    };
    name.to_owned()
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Shortcut {
    pub scope: Scope,
    pub command: Command,
    /// Each of these keys means the command.
    pub keys: &'static [Keys],
    /// What the command does, in words.
    pub words: &'static str,
}

const fn on(scope: Scope, command: Command, keys: &'static [Keys], words: &'static str) -> Shortcut {
    Shortcut { scope, command, keys, words }
}

const fn letter(letter: char) -> Keys {
    Keys::Plain(Key::Letter(letter))
}

const UP_AND_DOWN: &[Keys] = &[Keys::Plain(Key::Up), Keys::Plain(Key::Down)];

/// All keys.
pub const SHORTCUTS: &[Shortcut] = &[
    on(Scope::Page, Command::NewTask, &[letter('c'), letter('n')], "Add a task"),
    on(Scope::Page, Command::Find, &[Keys::Plain(Key::Sign('/'))], "Find tasks"),
    on(Scope::Page, Command::NextTask, &[letter('j')], "Go to the next task"),
    on(Scope::Page, Command::PreviousTask, &[letter('k')], "Go to the previous task"),
    on(Scope::Page, Command::Undo, &[Keys::Command(Key::Letter('z'))], "Undo"),
    on(Scope::Page, Command::Redo, &[Keys::ShiftCommand(Key::Letter('z')), Keys::Ctrl(Key::Letter('y'))], "Redo"),
    on(Scope::Page, Command::ShowKeys, &[Keys::Plain(Key::Sign('?'))], "Show these keys"),
    on(Scope::Task, Command::EditTitle, &[letter('e')], "Edit the title"),
    on(Scope::Task, Command::SetDue, &[letter('d')], "Set the due date"),
    on(Scope::Task, Command::Assign, &[letter('a')], "Assign somebody"),
    on(Scope::Task, Command::AssignMe, &[letter('i')], "Assign it to me, or no longer"),
    on(Scope::Task, Command::SetLabels, &[letter('l')], "Add or remove labels"),
    on(Scope::Task, Command::ToggleLabel, &[Keys::Digits], "Add or remove one of the first nine labels"),
    on(Scope::Task, Command::SetPriority, &[letter('p')], "Set the priority"),
    on(Scope::Task, Command::SetColumn, &[letter('m')], "Move it to another column"),
    on(Scope::Task, Command::Complete, &[letter('x')], "Complete or reopen it"),
    on(Scope::Task, Command::CopyLink, &[letter('y')], "Copy the link to it"),
    on(Scope::Task, Command::CopyName, &[letter('r')], "Copy its number, such as WEB-42"),
    on(Scope::Focused, Command::GoToCard, &[Keys::Arrows], "Go to the next card"),
    on(Scope::Focused, Command::GoToFirst, &[Keys::Plain(Key::Home)], "Go to the first card of the column"),
    on(Scope::Focused, Command::GoToLast, &[Keys::Plain(Key::End)], "Go to the last card of the column"),
    on(Scope::Focused, Command::Open, &[Keys::Plain(Key::Enter)], "Open it"),
    on(Scope::Focused, Command::Lift, &[Keys::Plain(Key::Space)], "Pick it up"),
    on(Scope::Focused, Command::Delete, &[Keys::Plain(Key::Delete)], "Delete it"),
    on(Scope::Item, Command::GoToItem, UP_AND_DOWN, "Go to the next item"),
    on(Scope::Item, Command::MoveItem, &[Keys::Alt(Key::Up), Keys::Alt(Key::Down)], "Move it"),
    on(Scope::Lifted, Command::MoveLifted, &[Keys::Arrows], "Move it"),
    on(Scope::Lifted, Command::PutDown, &[Keys::Plain(Key::Space), Keys::Plain(Key::Enter)], "Put it down"),
    on(Scope::Lifted, Command::PutBack, &[Keys::Plain(Key::Escape), Keys::Plain(Key::Tab)], "Put it back"),
    on(Scope::Open, Command::CloseTask, &[Keys::Plain(Key::Escape)], "Close it"),
];

/// A key that was pressed, and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pressed {
    pub command: Command,
    pub key: Key,
    /// Whether the key was down already and repeats.
    pub held: bool,
    /// The task whose card or row has the focus.
    pub focused: Option<TaskId>,
    /// The open task.
    pub open: Option<TaskId>,
}

impl Pressed {
    /// The task that a command of [`Scope::Task`] is for.
    pub fn task(&self) -> Option<TaskId> {
        self.focused.or(self.open)
    }
}

/// What on the page decides which keys work.
#[derive(Clone, Copy, Debug, Default)]
struct Around {
    /// Whether a card is lifted.
    is_lifted: bool,
    /// Whether the key would be typed, or moves within a control.
    is_typing: bool,
    /// Whether undo belongs to the text field that has the focus.
    has_own_undo: bool,
    /// Whether a button has the focus, which is pressed by Space.
    is_on_button: bool,
    /// Whether an item of a checklist has the focus.
    is_on_item: bool,
    focused: Option<TaskId>,
    open: Option<TaskId>,
}

impl Around {
    fn has(&self, shortcut: &Shortcut) -> bool {
        let is_there = match shortcut.scope {
            Scope::Lifted => return self.is_lifted,
            Scope::Page => true,
            Scope::Task => self.focused.or(self.open).is_some() && !self.is_on_item,
            Scope::Focused => self.focused.is_some(),
            Scope::Item => self.is_on_item,
            Scope::Open => self.open.is_some(),
        };
        let is_free = match shortcut.command {
            Command::CloseTask => true,
            Command::Undo | Command::Redo => !self.has_own_undo,
            Command::Lift => !self.is_typing && !self.is_on_button,
            _ => !self.is_typing,
        };
        is_there && is_free && (!self.is_lifted || matches!(shortcut.command, Command::Undo | Command::Redo))
    }

    /// Looks at the page. `None` while a dialog is open.
    fn look(target: Option<Element>) -> Option<Self> {
        if find("dialog[open]").is_some() {
            return None;
        }
        let within = |selector| target.as_ref().and_then(|target| target.closest(selector).ok().flatten());
        let task = |element: Option<Element>, attribute| element?.get_attribute(attribute)?.parse().ok();
        Some(Self {
            is_lifted: find(".columns.moving").is_some(),
            is_typing: within(FIELDS).or_else(|| within("select, .menu-box")).is_some(),
            has_own_undo: within(FIELDS).is_some() && !target.as_ref().is_some_and(is_empty_next_task),
            is_on_button: within("button, summary").is_some(),
            is_on_item: within("[data-item]").is_some(),
            focused: task(within("main [data-task]"), "data-task"),
            open: task(find(".panel"), "data-panel"),
        })
    }
}

/// The elements in which text is typed.
const FIELDS: &str = "textarea, [contenteditable], input:not([type=checkbox]):not([type=radio]):not([type=button])";

/// The empty field for the next task has the focus when a task was just added, so undo there is that of the board.
fn is_empty_next_task(target: &Element) -> bool {
    let is_empty = target.dyn_ref::<HtmlInputElement>().is_some_and(|input| input.value().is_empty());
    is_empty && target.matches(".quick-add input").unwrap_or(false)
}

/// What a key means here and now to a reader who may edit the board, or may not.
pub fn pressed(event: &ev::KeyboardEvent, may_edit: bool) -> Option<Pressed> {
    let stroke = keyboard::pressed_or_held(event)?;
    let mut meant = meant(&stroke).peekable();
    // Most keys mean nothing, and then the page need not be looked at.
    meant.peek()?;
    let around = Around::look(event.target().and_then(|target| target.dyn_into().ok()))?;
    let (command, keys) = meant
        .filter(|(shortcut, _)| around.has(shortcut) && (may_edit || !shortcut.command.needs_editor()))
        .map(|(shortcut, keys)| (shortcut.command, keys))
        .next()?;
    let Around { focused, open, .. } = around;
    let is_on = !keys.writes() || are_single_keys_on();
    is_on.then_some(Pressed { command, key: stroke.key, held: stroke.held, focused, open })
}

/// What a key means while a card is lifted.
pub fn while_lifted(stroke: &Stroke) -> Option<Command> {
    meant(stroke).find(|(shortcut, _)| shortcut.scope == Scope::Lifted).map(|(shortcut, _)| shortcut.command)
}

/// The lines of the table that a key matches.
fn meant(stroke: &Stroke) -> impl Iterator<Item = (&'static Shortcut, Keys)> {
    SHORTCUTS.iter().filter_map(|shortcut| {
        let keys = shortcut.keys.iter().find(|keys| keys.matches(stroke))?;
        Some((shortcut, *keys))
    })
}

/// Calls `run` when a key for one of these commands is pressed; again and again while it is held, if the command repeats.
pub fn listen(board: &LiveBoard, commands: &'static [Command], run: impl Fn(Pressed) + 'static) {
    let (board, run) = (board.clone(), Rc::new(run));
    Effect::new(move || {
        let (board, run) = (board.clone(), Rc::clone(&run));
        let listener = window_event_listener(ev::keydown, move |event| {
            let Some(pressed) =
                pressed(&event, board.may_now(BoardRole::Editor)).filter(|pressed| commands.contains(&pressed.command))
            else {
                return;
            };
            event.prevent_default();
            if !pressed.held || pressed.command.repeats() {
                run(pressed);
            }
        });
        on_cleanup(move || listener.remove());
    });
}

/// Where the browser keeps that keys which write a character are switched off.
const KEPT: &str = "taskwire-keys";

/// The same for the time that the page is open, in browsers that keep nothing.
static SWITCHED_OFF: AtomicBool = AtomicBool::new(false);

/// Whether keys that write a character are shortcuts.
pub fn are_single_keys_on() -> bool {
    let kept = window().local_storage().ok().flatten().and_then(|storage| storage.get_item(KEPT).ok().flatten());
    kept.map_or(!SWITCHED_OFF.load(Ordering::Relaxed), |kept| kept != "off")
}

/// Switches the shortcuts that write a character on or off, on all pages of this browser.
pub fn switch_single_keys(on: bool) {
    SWITCHED_OFF.store(!on, Ordering::Relaxed);
    if let Ok(Some(storage)) = window().local_storage() {
        // If the browser does not keep it, it is valid as long as the page is open.
        let _ = storage.set_item(KEPT, if on { "on" } else { "off" });
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn stroke(key: Key) -> Stroke {
        Stroke { key, held: false, shift: false, ctrl: false, alt: false, meta: false }
    }

    fn task() -> Option<TaskId> {
        Some(TaskId(Uuid::from_u128(7)))
    }

    fn command(stroke: &Stroke, around: Around) -> Option<Command> {
        meant(stroke).find(|(shortcut, _)| around.has(shortcut)).map(|(shortcut, _)| shortcut.command)
    }

    #[test]
    fn a_key_means_one_thing_wherever_it_works() {
        let everywhere = Around { focused: task(), open: task(), ..Around::default() };
        let lifted = Around { is_lifted: true, ..everywhere };
        for around in [everywhere, lifted] {
            for shortcut in SHORTCUTS.iter().filter(|shortcut| around.has(shortcut)) {
                for keys in shortcut.keys {
                    let others = SHORTCUTS.iter().filter(|other| around.has(other) && other.keys.contains(keys));
                    assert_eq!(others.count(), 1, "{}: {}", keys.words(), shortcut.words);
                }
            }
        }
    }

    #[test]
    fn every_key_can_be_read_in_the_list() {
        for shortcut in SHORTCUTS {
            assert!(!shortcut.words.is_empty() && !shortcut.keys.is_empty());
            assert!(shortcut.keys.iter().all(|keys| !keys.words().is_empty()), "{}", shortcut.words);
        }
    }

    #[test]
    fn a_letter_with_a_modifier_is_no_shortcut() {
        let here = Around { focused: task(), ..Around::default() };
        let c = stroke(Key::Letter('c'));
        assert_eq!(command(&c, here), Some(Command::NewTask));
        for with in [
            Stroke { shift: true, ..c },
            Stroke { ctrl: true, ..c },
            Stroke { meta: true, ..c },
            Stroke { alt: true, ..c },
        ] {
            assert_eq!(command(&with, here), None, "{with:?}");
        }
        // Signs need Shift on many layouts.
        let help = Stroke { shift: true, ..stroke(Key::Sign('?')) };
        assert_eq!(command(&help, here), Some(Command::ShowKeys));
        assert_eq!(command(&Stroke { ctrl: true, ..help }, here), None);
    }

    #[test]
    fn undo_and_redo_are_told_apart() {
        let here = Around::default();
        let z = Stroke { ctrl: true, ..stroke(Key::Letter('z')) };
        let y = stroke(Key::Letter('y'));
        assert_eq!(command(&z, here), Some(Command::Undo));
        assert_eq!(command(&Stroke { shift: true, ..z }, here), Some(Command::Redo));
        assert_eq!(command(&Stroke { ctrl: true, ..y }, here), Some(Command::Redo));
        assert_eq!(command(&Stroke { meta: true, ..y }, here), None, "browsers show their history by ⌘Y");
        assert_eq!(command(&Stroke { alt: true, ..z }, here), None, "AltGr");
    }

    #[test]
    fn what_is_typed_is_no_shortcut() {
        let typing = Around { is_typing: true, has_own_undo: true, open: task(), ..Around::default() };
        for shortcut in SHORTCUTS {
            assert_eq!(typing.has(shortcut), shortcut.command == Command::CloseTask, "{}", shortcut.words);
        }
        let next_task = Around { has_own_undo: false, ..typing };
        let z = Stroke { ctrl: true, ..stroke(Key::Letter('z')) };
        assert_eq!(command(&z, next_task), Some(Command::Undo), "in the empty field for the next task");
    }

    #[test]
    fn a_lifted_card_has_keys_of_its_own() {
        let around = Around { focused: task(), open: task(), ..Around::default() };
        let lifted = Around { is_lifted: true, ..around };
        assert_eq!(command(&stroke(Key::Space), around), Some(Command::Lift));
        assert_eq!(command(&stroke(Key::Space), Around { is_on_button: true, ..around }), None);
        assert_eq!(command(&stroke(Key::Space), lifted), Some(Command::PutDown));
        assert_eq!(command(&stroke(Key::Escape), around), Some(Command::CloseTask));
        assert_eq!(command(&stroke(Key::Escape), lifted), Some(Command::PutBack));
        assert_eq!(command(&stroke(Key::Letter('d')), lifted), None);
        assert_eq!(while_lifted(&stroke(Key::Down)), Some(Command::MoveLifted));
    }

    #[test]
    fn a_checklist_item_has_keys_of_its_own_and_none_of_the_open_task() {
        let on_item = Around { is_on_item: true, is_on_button: true, open: task(), ..Around::default() };
        let down = stroke(Key::Down);
        assert_eq!(command(&down, on_item), Some(Command::GoToItem));
        assert_eq!(command(&Stroke { alt: true, ..down }, on_item), Some(Command::MoveItem));
        assert_eq!(command(&Stroke { alt: true, ctrl: true, ..down }, on_item), None);
        assert_eq!(command(&stroke(Key::Letter('x')), on_item), None, "it would complete the task");
        assert_eq!(command(&stroke(Key::Letter('c')), on_item), Some(Command::NewTask));
        assert_eq!(command(&stroke(Key::Escape), on_item), Some(Command::CloseTask));
        let typing = Around { is_typing: true, has_own_undo: true, ..on_item };
        assert_eq!(command(&down, typing), None);
        assert_eq!(command(&down, Around { is_on_item: false, ..on_item }), None);
    }

    #[test]
    fn keys_of_a_task_are_for_the_focused_one_or_else_the_open_one() {
        let other = Some(TaskId(Uuid::from_u128(8)));
        let of =
            |focused, open| Pressed { command: Command::SetDue, key: Key::Other, held: false, focused, open }.task();
        assert_eq!(of(task(), other), task());
        assert_eq!(of(None, other), other);
        assert_eq!(command(&stroke(Key::Letter('d')), Around::default()), None);
        assert_eq!(command(&stroke(Key::Delete), Around { open: other, ..Around::default() }), None);
    }
}
