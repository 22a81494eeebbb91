//! Moves cards with the mouse, a pen, a finger or the keyboard. Every way ends in one mutation.
//!
//! While a card is lifted, the board itself does not change: a line marks the gap where the card would go. So remote changes cannot
//! disturb the move, and releasing the card puts it into the gap that the reader sees.
//!
//! [`drop_target`] has the positions where a card can go, [`geometry`] their positions on the screen, and [`Moving`] the state of a move.

mod drop_target;
mod geometry;

use std::time::Duration;

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use self::drop_target::{DropColumns, DropTarget, Step};
use super::{
    super::revealed::Revealed,
    motion::{Motion, Point},
};
use crate::{
    access::BoardRole,
    controls::{
        announcer::Announcer,
        focus::{card_link, find, focus, focus_card},
        keyboard::{self, Key, Stroke},
        redrawn::redrawn,
    },
    features::shortcuts::{self, Command, Pressed},
    id::TaskId,
    live::LiveBoard,
};

/// How far the mouse must move with its button down before a drag starts, in pixels.
const MOUSE_SLACK: f64 = 5.0;
/// How long a finger must rest before a drag starts, and how far it may move meanwhile, in pixels.
const LONG_PRESS: Duration = Duration::from_millis(350);
const TOUCH_SLACK: f64 = 10.0;

/// The state of moving cards on a board: the lifted card and the pointer that is down.
#[derive(Clone, Copy)]
pub struct Moving {
    board: StoredValue<LiveBoard>,
    announcer: Announcer,
    revealed: Revealed,
    motion: Motion,
    lifted: RwSignal<Option<Lifted>>,
    press: StoredValue<Option<Press>>,
    /// When the last frame of a move by pointer was drawn, in milliseconds of the page.
    last_frame: StoredValue<f64>,
    /// Whether the next click is ignored. The browser sends a click when a drag ends, and that click must not open the task.
    swallow_click: StoredValue<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lifted {
    task: TaskId,
    /// The gap where the card would go.
    drop_target: DropTarget,
    by: Hand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hand {
    Pointer,
    Keyboard,
}

/// A pointer that is down on a card.
#[derive(Clone, Copy)]
struct Press {
    task: TaskId,
    pointer: i32,
    touch: bool,
    start: (f64, f64),
    at: (f64, f64),
    /// The point of the card at which the pointer holds it.
    grip: (f64, f64),
    width: f64,
}

impl Press {
    /// Where the copy of the card under the pointer is.
    fn ghost(&self) -> Point {
        (self.at.0 - self.grip.0, self.at.1 - self.grip.1)
    }
}

impl Moving {
    /// Starts with no card lifted.
    pub fn new(board: LiveBoard, announcer: Announcer, revealed: Revealed, motion: Motion) -> Self {
        Self {
            board: StoredValue::new(board),
            announcer,
            revealed,
            motion,
            lifted: RwSignal::new(None),
            press: StoredValue::new(None),
            last_frame: StoredValue::new(0.0),
            swallow_click: StoredValue::new(false),
        }
    }

    fn lift(self, task: TaskId, by: Hand) {
        let board = self.board.get_value();
        if !board.may_now(BoardRole::Editor) {
            return;
        }
        let Some((drop_target, words)) = board.with(|board| {
            let home = DropColumns::home(board, task)?;
            Some((home, DropColumns::without(board, task).words(home)))
        }) else {
            return;
        };
        self.lifted.set(Some(Lifted { task, drop_target, by }));
        if by == Hand::Keyboard {
            self.announcer.say(format!(
                "Picked up {}, {words}. Arrow keys move it, Space puts it down, Escape cancels.",
                self.title(task)
            ));
        }
    }

    fn step(self, lifted: Lifted, step: Step) {
        let board = self.board.get_value();
        let (drop_target, words) = board.with(|board| {
            let drop_columns = DropColumns::without(board, lifted.task);
            let drop_target = drop_columns.step(lifted.drop_target, step);
            (drop_target, drop_columns.words(drop_target))
        });
        self.lifted.set(Some(Lifted { drop_target, ..lifted }));
        geometry::show(drop_target, lifted.task);
        self.announcer.say(capitalised(words));
    }

    fn put_down(self) {
        let Some(lifted) = self.end() else { return };
        let Lifted { task, drop_target, by } = lifted;
        let board = self.board.get_value();
        let title = self.title(task);
        let (home, words) =
            board.with(|board| (DropColumns::home(board, task), DropColumns::without(board, task).words(drop_target)));
        if home == Some(drop_target) {
            self.announcer.say(format!("{title} stays at {words}"));
        } else {
            match board.submit(drop_target.put(task)) {
                Ok(_) => {
                    self.revealed.add(task);
                    self.announcer.say(format!("{title} is now at {words}"));
                }
                Err(refusal) => self.announcer.say(format!("{title} was not moved. {}", refusal.sentence())),
            }
        }
        if by == Hand::Keyboard {
            focus_card(task);
        }
    }

    fn cancel(self) {
        if let Some(lifted) = self.end() {
            self.announcer.say(format!("Cancelled; {} stays where it was", self.title(lifted.task)));
            if lifted.by == Hand::Keyboard {
                focus_card(lifted.task);
            }
        }
    }

    fn end(self) -> Option<Lifted> {
        let lifted = self.lifted.get_untracked()?;
        self.lifted.set(None);
        if let (Hand::Pointer, Some(press)) = (lifted.by, self.press.get_value()) {
            // To its new place, or back.
            self.motion.slide_from(lifted.task, press.ghost());
        }
        self.press.set_value(None);
        geometry::light_up(None);
        if let Some(card) = geometry::card_element(lifted.task) {
            // If the class cannot be removed, it goes when the card is drawn again.
            let _ = card.class_list().remove_1("lifted");
        }
        Some(lifted)
    }

    fn title(self, task: TaskId) -> String {
        let title = self.board.get_value().with(|board| board.task(task).map(|task| task.title.clone()));
        format!("“{}”", title.unwrap_or_default())
    }

    /// Ends the move when the lifted task is deleted by somebody else, or when the reader may no longer move it.
    fn follow_the_task(self) {
        let edits = self.board.get_value().may(BoardRole::Editor);
        Effect::new(move || {
            let Some(lifted) = self.lifted.get() else { return };
            if !edits.get() {
                return self.cancel();
            }
            let task = self.board.get_value().task(lifted.task).task;
            if task.read().as_ref().is_none_or(|task| task.is_deleted()) {
                let title = self.title(lifted.task);
                self.end();
                self.announcer.say(format!("{title} was deleted meanwhile"));
            }
        });
    }

    // By pointer.

    fn pressed(self, event: &ev::PointerEvent, columns: NodeRef<html::Div>) {
        if self.lifted.get_untracked().is_some() {
            return self.cancel();
        }
        let Some((task, card)) = pressed_card(event).filter(|_| self.board.get_value().may_now(BoardRole::Editor))
        else {
            return;
        };
        let rect = card.get_bounding_client_rect();
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let press = Press {
            task,
            pointer: event.pointer_id(),
            touch: event.pointer_type() == "touch",
            start: at,
            at,
            grip: (at.0 - rect.left(), at.1 - rect.top()),
            width: rect.width(),
        };
        self.press.set_value(Some(press));
        if press.touch {
            let rested = move || {
                let still = self.press.try_get_value().flatten();
                if still.is_some_and(|still| still.pointer == press.pointer && still.start == press.start) {
                    self.take_up(press, columns);
                }
            };
            set_timeout(rested, LONG_PRESS);
        }
    }

    fn pointer_moved(self, event: &ev::PointerEvent, columns: NodeRef<html::Div>) {
        let Some(mut press) = self.press.get_value().filter(|press| press.pointer == event.pointer_id()) else {
            return;
        };
        // The button was released where the page got no event: in a menu, or outside of the window.
        if event.buttons() == 0 {
            return self.let_go();
        }
        press.at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let far = f64::hypot(press.at.0 - press.start.0, press.at.1 - press.start.1);
        self.press.set_value(Some(press));
        if self.lifted.get_untracked().is_some() {
            return;
        }
        match press.touch {
            // The finger scrolls the page, so this is not a long press.
            true if far > TOUCH_SLACK => self.press.set_value(None),
            false if far > MOUSE_SLACK => self.take_up(press, columns),
            _ => {}
        }
    }

    fn released(self, event: &ev::PointerEvent) {
        let Some(press) = self.press.get_value().filter(|press| press.pointer == event.pointer_id()) else { return };
        if self.lifted.get_untracked().is_some() {
            self.aim(press);
            self.swallow_click.set_value(true);
            set_timeout(move || _ = self.swallow_click.try_set_value(false), Duration::ZERO);
            self.put_down();
        }
        self.press.set_value(None);
    }

    /// The browser took the pointer away, for example to scroll.
    fn lost(self, event: &ev::PointerEvent) {
        if self.press.get_value().is_some_and(|press| press.pointer == event.pointer_id()) {
            self.let_go();
        }
    }

    /// Lifts the card under a pointer. The pointer is captured, so that its events reach this page wherever it goes.
    fn take_up(self, press: Press, columns: NodeRef<html::Div>) {
        let Some(columns) = columns.get_untracked() else { return };
        match columns.set_pointer_capture(press.pointer) {
            Ok(()) => self.lift(press.task, Hand::Pointer),
            // The browser no longer knows this pointer: it was released.
            Err(_) => self.press.set_value(None),
        }
    }

    /// The pointer is gone, or its release was not seen: the card stays where it was.
    fn let_go(self) {
        self.press.set_value(None);
        if self.lifted.get_untracked().is_some_and(|lifted| lifted.by == Hand::Pointer) {
            self.cancel();
        }
    }

    /// Makes the gap under the pointer the drop target.
    fn aim(self, press: Press) {
        let Some(lifted) = self.lifted.get_untracked() else { return };
        let Some(hit) = geometry::hit(press.at.0, press.at.1, press.task) else { return };
        let drop_target = match hit.before {
            Some(_) => DropTarget { column: hit.column, before: hit.before },
            None => {
                let drop_columns = self.board.get_value().with(|board| DropColumns::without(board, press.task));
                drop_columns.after(hit.column, hit.last)
            }
        };
        if drop_target != lifted.drop_target {
            self.lifted.set(Some(Lifted { drop_target, ..lifted }));
        }
    }

    // By keyboard.

    fn key(self, event: &ev::KeyboardEvent) {
        match self.lifted.get_untracked() {
            Some(lifted) => self.key_while_lifted(event, lifted),
            None => self.key_on_card(event),
        }
    }

    fn key_on_card(self, event: &ev::KeyboardEvent) {
        let may_edit = self.board.get_value().may_now(BoardRole::Editor);
        let Some(Pressed { command, key, held, focused: Some(task), .. }) = shortcuts::pressed(event, may_edit) else {
            return;
        };
        match (command, step(key)) {
            (Command::Lift, _) if held => {}
            (Command::Lift, _) => self.lift(task, Hand::Keyboard),
            (Command::GoToCard, Some(step)) => self.focus_next(task, step),
            (Command::GoToFirst, _) => self.focus_end(task, false),
            (Command::GoToLast, _) => self.focus_end(task, true),
            _ => return,
        }
        event.prevent_default();
    }

    fn key_while_lifted(self, event: &ev::KeyboardEvent, lifted: Lifted) {
        let Some(stroke) = keyboard::pressed_or_held(event).filter(Stroke::is_plain) else { return };
        let by_keyboard = lifted.by == Hand::Keyboard;
        match (shortcuts::while_lifted(&stroke), step(stroke.key)) {
            (Some(Command::PutBack), _) => {
                self.cancel();
                // With Tab the reader leaves the card.
                if stroke.key == Key::Tab {
                    return;
                }
            }
            (Some(Command::PutDown), _) if by_keyboard && !stroke.held => self.put_down(),
            (Some(Command::MoveLifted), Some(step)) if by_keyboard => self.step(lifted, step),
            _ => {}
        }
        event.prevent_default();
        event.stop_propagation();
    }

    /// Moves the focus from a card to the next card in the direction of `step`.
    fn focus_next(self, task: TaskId, step: Step) {
        let next = self.board.get_value().with(|board| {
            let home = DropColumns::home(board, task)?;
            match step {
                Step::Down => home.before,
                Step::Up => board.column_task_ids(home.column).take_while(|id| *id != task).last(),
                Step::Left | Step::Right => {
                    let drop_columns = DropColumns::without(board, task);
                    let mut drop_target = drop_columns.step(home, step);
                    let mut at = home.column;
                    // An empty column has nothing to focus: go on to the next column.
                    while drop_target.column != at {
                        let last = board.column_task_ids(drop_target.column).next_back();
                        if let Some(task) = drop_target.before.or(last) {
                            return Some(task);
                        }
                        at = drop_target.column;
                        drop_target = drop_columns.step(drop_target, step);
                    }
                    None
                }
            }
        });
        if let Some(link) = next.and_then(|next| find(&card_link(next))) {
            focus(&link);
        }
    }

    /// Moves the focus from a card to the first or the last card that is drawn of its column.
    fn focus_end(self, task: TaskId, last: bool) {
        let column = self.board.get_value().with(|board| Some(board.live_task(task)?.column));
        let end = column.and_then(|column| geometry::end(column, last));
        if let Some(link) = end.and_then(|end| find(&card_link(end))) {
            focus(&link);
        }
    }

    // Drawing.

    /// Draws the line and the card under the pointer, again with every frame until the card is put down.
    fn draw(self, line: NodeRef<html::Div>, ghost: NodeRef<html::Div>) {
        let Some(Some(lifted)) = self.lifted.try_get_untracked() else { return };
        if let (Hand::Pointer, Some(press)) = (lifted.by, self.press.get_value()) {
            let now = window().performance().map_or(0.0, |clock| clock.now());
            geometry::scroll_at_edges(press.at.0, press.at.1, now - self.last_frame.get_value());
            self.last_frame.set_value(now);
            self.aim(press);
            if let Some(ghost) = ghost.get_untracked() {
                if ghost.first_element_child().is_none() {
                    geometry::copy_card(lifted.task, &ghost);
                }
                let (x, y) = press.ghost();
                place(&ghost, x, y, press.width);
            }
        }
        let drop_target = self.lifted.get_untracked().map_or(lifted.drop_target, |lifted| lifted.drop_target);
        geometry::light_up(Some(drop_target.column));
        if let (Some(line), Some((x, y, width))) = (line.get_untracked(), geometry::line(drop_target, lifted.task)) {
            place(&line, x, y, width);
        }
        if let Some(card) = geometry::card_element(lifted.task) {
            // If this fails, only the look of the card is affected.
            let _ = card.class_list().add_1("lifted");
        }
        request_animation_frame(move || self.draw(line, ghost));
    }
}

/// The columns, with cards that can be moved.
#[component]
pub fn Movable(moving: Moving, children: Children) -> impl IntoView {
    let line = NodeRef::<html::Div>::new();
    let ghost = NodeRef::<html::Div>::new();
    let columns = NodeRef::<html::Div>::new();
    let is_lifted = Memo::new(move |_| moving.lifted.read().is_some());
    moving.follow_the_task();
    Effect::new(move || {
        if is_lifted.get() {
            request_animation_frame(move || moving.draw(line, ghost));
        }
    });
    Effect::new(move || {
        let listeners = [
            window_event_listener(ev::pointermove, move |event| moving.pointer_moved(&event, columns)),
            window_event_listener(ev::pointerup, move |event| moving.released(&event)),
            window_event_listener(ev::pointercancel, move |event| moving.lost(&event)),
            window_event_listener(ev::lostpointercapture, move |event| moving.lost(&event)),
            // When another window takes the focus, this page gets no more pointer events.
            window_event_listener(ev::blur, move |_| moving.let_go()),
            window_event_listener(ev::keydown, move |event| moving.key(&event)),
        ];
        on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
    });

    let clicked = move |event: ev::MouseEvent| {
        if moving.swallow_click.get_value() {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    // While a finger holds a card, the finger must not scroll the page or open the context menu.
    let touch_moved = move |event: ev::TouchEvent| {
        if moving.lifted.get_untracked().is_some() {
            event.prevent_default();
        }
    };
    let menu_wanted = move |event: ev::MouseEvent| {
        if moving.press.get_value().is_some_and(|press| press.touch) {
            event.prevent_default();
        }
    };
    view! {
        <p id="moving-help" hidden>
            "Arrow keys go to the other cards. Space picks the card up; then the arrow keys move it, Space puts it down, Escape cancels."
        </p>
        <div
            class="columns"
            class:moving=is_lifted
            node_ref=columns
            on:pointerdown=move |event| moving.pressed(&event, columns)
            on:click=clicked
            on:touchmove=touch_moved
            on:contextmenu=menu_wanted
            on:dragstart=|event: ev::DragEvent| event.prevent_default()
        >
            {children()}
        </div>
        {move || {
            is_lifted
                .get()
                .then(|| {
                    let lifted = moving.lifted.get_untracked();
                    let by_pointer = lifted.is_some_and(|lifted| lifted.by == Hand::Pointer);
                    view! {
                        <div class="drop-line" node_ref=line></div>
                        {if by_pointer {
                            view! {
                                // The copy of the card is put into it with the first frame.
                                <div class="drag-ghost" aria-hidden="true" inert node_ref=ghost></div>
                            }
                                .into_any()
                        } else {
                            let title = lifted.map(|lifted| moving.title(lifted.task)).unwrap_or_default();
                            view! { <KeyboardHint moving title /> }.into_any()
                        }}
                    }
                        .into_any()
                })
        }}
    }
}

/// Shows what the keys do, while a card is lifted by keyboard.
#[component]
fn KeyboardHint(moving: Moving, title: String) -> impl IntoView {
    let words = move || {
        let lifted = moving.lifted.get()?;
        let board = moving.board.get_value();
        Some(board.with(|board| DropColumns::without(board, lifted.task).words(lifted.drop_target)))
    };
    view! {
        <div class="moving-hint" aria-hidden="true">
            <p>"Moving " <strong>{title}</strong> " to " {redrawn(words)}</p>
            <p class="keys">
                <kbd>"← ↑ ↓ →"</kbd>
                " move "
                <kbd>"Space"</kbd>
                " put down "
                <kbd>"Esc"</kbd>
                " cancel"
            </p>
        </div>
    }
}

fn capitalised(words: String) -> String {
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The card that a pointer went down on, unless the pointer is on a control within the card.
fn pressed_card(event: &ev::PointerEvent) -> Option<(TaskId, Element)> {
    if event.button() != 0 || !event.is_primary() {
        return None;
    }
    let target = event.target()?.dyn_into::<Element>().ok()?;
    if target.closest("button, input, summary, label").ok()?.is_some() {
        return None;
    }
    let card = target.closest("[data-task]").ok()??;
    Some((card.get_attribute("data-task")?.parse().ok()?, card))
}

/// The direction of an arrow key.
fn step(key: Key) -> Option<Step> {
    match key {
        Key::Up => Some(Step::Up),
        Key::Down => Some(Step::Down),
        Key::Left => Some(Step::Left),
        Key::Right => Some(Step::Right),
        _ => None,
    }
}

/// Positions an element that floats over the page.
fn place(element: &HtmlElement, x: f64, y: f64, width: f64) {
    let style = element.style();
    // If this fails, the element is not seen, but the move itself does not depend on it.
    let _ = style.set_property("transform", &format!("translate({x}px, {y}px)"));
    let _ = style.set_property("width", &format!("{width}px"));
}
