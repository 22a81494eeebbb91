//! The state of the connection to the server, in words.

use leptos::prelude::*;

use crate::live::{ConnectError, Live, LiveBoard, Status};

/// The state of the connection as it matters to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConnectionStatus {
    Connecting,
    Live,
    Saving,
    /// The server is connected but cannot serve this board.
    Behind,
    Reconnecting,
    Offline,
    SignedOut,
}

impl ConnectionStatus {
    fn of(status: Status, synced: bool, failing: bool, unsaved: usize) -> Self {
        match status {
            Status::Live if failing => Self::Behind,
            Status::Live if !synced => Self::Connecting,
            Status::Live if unsaved > 0 => Self::Saving,
            Status::Live => Self::Live,
            Status::Connecting => Self::Connecting,
            Status::Reconnecting => Self::Reconnecting,
            Status::Offline => Self::Offline,
            Status::SignedOut => Self::SignedOut,
        }
    }

    /// The value of the attribute `data-connection`.
    fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Saving => "saving",
            Self::Behind => "behind",
            Self::Reconnecting => "reconnecting",
            Self::Offline => "offline",
            Self::SignedOut => "signed-out",
        }
    }

    fn words(self, unsaved: usize) -> String {
        let words = match self {
            Self::Connecting => "Connecting…",
            Self::Live => "Live",
            Self::Saving => return "Saving…".to_owned(),
            Self::Behind => "Not up to date; trying again…",
            Self::Reconnecting => "Reconnecting…",
            Self::Offline => "Offline",
            Self::SignedOut => "Signed out",
        };
        match unsaved {
            0 => words.to_owned(),
            1 => format!("{words} 1 unsent edit"),
            count => format!("{words} {count} unsent edits"),
        }
        .replacen("Offline ", "Offline with ", 1)
        .replacen("Signed out ", "Signed out with ", 1)
    }

    /// The announcement for screen readers. It changes only with what a person can rely on, not with every save.
    fn announcement(self) -> &'static str {
        match self {
            Self::Connecting => "",
            Self::Live | Self::Saving => "Live",
            Self::Behind => "The server cannot load this board at the moment. This page keeps trying; edits are kept.",
            Self::Reconnecting => "Connection lost. Reconnecting; edits are kept.",
            Self::Offline => "Offline; edits are kept until the network is back.",
            Self::SignedOut => "You are signed out; edits are kept until you have signed in again.",
        }
    }
}

/// Shows the state of the connection for a board.
#[component]
pub fn BoardConnection(board: LiveBoard) -> impl IntoView {
    view! { <ConnectionState unsaved=board.unsaved() synced=board.synced() failing=board.failing() /> }
}

/// Shows the state of the connection for the list of boards.
#[component]
pub fn ListConnection() -> impl IntoView {
    let list = expect_context::<Live>().boards();
    let synced = Signal::derive(move || list.read().is_some());
    view! { <ConnectionState unsaved=0 synced failing=false /> }
}

/// Shows the state of the connection: how many edits are not saved, whether everything is up to date, and whether the server fails to
/// bring it up to date.
#[component]
fn ConnectionState(
    #[prop(into)] unsaved: Signal<usize>,
    #[prop(into)] synced: Signal<bool>,
    #[prop(into)] failing: Signal<bool>,
) -> impl IntoView {
    let status = expect_context::<Live>().status();
    let connection_status =
        Memo::new(move |_| ConnectionStatus::of(status.get(), synced.get(), failing.get(), unsaved.get()));
    let is_signed_out = Memo::new(move |_| connection_status.get() == ConnectionStatus::SignedOut);
    let announcement = Memo::new(move |_| connection_status.get().announcement());
    view! {
        <div class="connection needs-script" data-connection=move || connection_status.get().as_str()>
            <span class="connection-words" aria-hidden="true">
                {move || connection_status.get().words(unsaved.get())}
            </span>
            <span class="visually-hidden" role="status">
                {move || announcement.get()}
            </span>
            // Signing in opens a new tab: this tab keeps the unsent edits, and reconnects by itself when the reader comes back to it.
            {move || {
                let sign_in = || {
                    view! {
                        <a class="button" href="/sign-in" target="_blank" rel="external">
                            "Sign in"
                        </a>
                    }
                };
                is_signed_out.get().then(sign_in)
            }}
        </div>
    }
}

/// Shows why the page cannot connect, if the reason is known and does not pass by itself. Otherwise nothing.
#[component]
pub fn WhatIsInTheWay() -> impl IntoView {
    let connect_error = expect_context::<Live>().connect_error();
    let connect_error = Memo::new(move |_| connect_error.get());
    move || {
        connect_error.get().map(|connect_error| {
            let words = connect_error_words(connect_error, &location().origin().unwrap_or_default());
            view! {
                <p class="connect-error" role="alert">
                    {words}
                </p>
            }
            .into_any()
        })
    }
}

/// The problem, its effect, and how to fix it.
fn connect_error_words(connect_error: ConnectError, origin: &str) -> String {
    let (wrong, remedy) = match connect_error {
        ConnectError::Origin => (
            format!("the server does not know {origin} as its own address"),
            format!(
                "For the administrator: configure the proxy to forward the header Host unchanged, or start Taskwire \
                 with --allowed-origin {origin}"
            ),
        ),
        ConnectError::NoSockets => (
            "something between this page and the server, such as a proxy, blocks WebSocket connections".to_owned(),
            "For the administrator: configure the proxy to forward the headers Upgrade and Connection for /ws, over \
             HTTP/1.1"
                .to_owned(),
        ),
        ConnectError::Full => (
            "the server has reached its limit of live connections, or is shutting down".to_owned(),
            "Closing pages that are not needed may help".to_owned(),
        ),
        ConnectError::Other(status) => (
            format!("something other than Taskwire answers at this address, with status {status}"),
            "For the administrator: check what is between this address and Taskwire".to_owned(),
        ),
    };
    format!("This page is not live, because {wrong}. Edits are kept, and this page keeps trying to connect. {remedy}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_is_said_only_when_the_board_follows_and_all_is_saved() {
        assert_eq!(ConnectionStatus::of(Status::Live, true, false, 0), ConnectionStatus::Live);
        assert_eq!(ConnectionStatus::of(Status::Live, true, false, 1), ConnectionStatus::Saving);
        assert_eq!(ConnectionStatus::of(Status::Live, false, false, 0), ConnectionStatus::Connecting);
        assert_eq!(ConnectionStatus::of(Status::Offline, true, false, 0), ConnectionStatus::Offline);
        assert_eq!(ConnectionStatus::of(Status::Live, false, true, 1), ConnectionStatus::Behind);
    }

    #[test]
    fn what_is_in_the_way_is_told_with_what_to_set() {
        let words = connect_error_words(ConnectError::Origin, "https://board.example.com");
        assert!(words.contains("--allowed-origin https://board.example.com."), "{words}");
        assert!(connect_error_words(ConnectError::NoSockets, "").contains("Upgrade"));
    }

    #[test]
    fn unsent_edits_are_counted() {
        assert_eq!(ConnectionStatus::Offline.words(0), "Offline");
        assert_eq!(ConnectionStatus::Offline.words(1), "Offline with 1 unsent edit");
        assert_eq!(ConnectionStatus::Reconnecting.words(3), "Reconnecting… 3 unsent edits");
    }
}
