//! The page around the socket: its clock, its address, and the events that it gets and sends.

use futures::channel::mpsc;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, prelude::Closure};

use super::socket::{Command, Socket};
use crate::{
    id::ActorId,
    live::{
        LEAVING,
        reconnect::{Event, Millis},
    },
};

/// Returns the time of a monotonic clock, if the browser has one.
pub(super) fn now() -> Millis {
    window().performance().map_or_else(js_sys::Date::now, |clock| clock.now()) as Millis
}

/// Tells the script around the app (`pages/bootstrap.js`) that the page is older than the server. The script
/// reloads the page if nothing would be lost, or says that it should be reloaded.
pub(super) fn dispatch_outdated() {
    if let Ok(event) = web_sys::Event::new("taskwire-outdated") {
        // No listener cancels this event.
        let _ = window().dispatch_event(&event);
    }
}

/// Tells the script around the app the build of the pages that the server serves now. If this page is of another
/// build, the script reloads it when that loses nothing and disturbs nobody.
pub(super) fn dispatch_build(build: &str) {
    if let (Some(root), Ok(event)) = (document().document_element(), web_sys::Event::new("taskwire-hello")) {
        // If this fails, the page stays as it is.
        let _ = root.set_attribute("data-server-build", build);
        let _ = window().dispatch_event(&event);
    }
}

/// Returns the address of the socket on the server that served the page. It names the person for whom the page was
/// made, and the server refuses it for anybody else.
pub(super) fn url(current_user: Option<ActorId>) -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    let current_user = current_user.map(|person| format!("?as={person}")).unwrap_or_default();
    Some(format!("{scheme}://{}/ws{current_user}", location.host().ok()?))
}

pub(super) fn environment() -> Event {
    Event::Environment { online: is_online(), visible: !document().hidden() }
}

pub(super) fn is_online() -> bool {
    window().navigator().on_line()
}

/// Asks the person before they leave the page, and keeps the page from reloading by itself, if something would be
/// lost.
pub(super) fn warn_before_loss(socket: Socket) {
    let warn = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        if socket.has_unsaved() || event.type_() == LEAVING && socket.has_problems() {
            event.prevent_default();
        }
    });
    for event in ["beforeunload", LEAVING] {
        let _ = window().add_event_listener_with_callback(event, warn.as_ref().unchecked_ref());
    }
    // The listeners live as long as the page.
    warn.forget();
}

/// Wakes the task when the network or the visibility of the tab changes.
pub(super) fn wake_on_return(commands: &mpsc::UnboundedSender<Command>) {
    for event in ["online", "offline", "pageshow", "visibilitychange", "focus"] {
        let commands = commands.clone();
        let wake = Closure::<dyn Fn()>::new(move || {
            // The task lives as long as the page.
            let _ = commands.unbounded_send(Command::Wake);
        });
        let _ = window().add_event_listener_with_callback(event, wake.as_ref().unchecked_ref());
        // The listeners live as long as the page.
        wake.forget();
    }
}
