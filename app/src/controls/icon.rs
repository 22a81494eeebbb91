//! Small pictures, drawn with one stroke each. A picture always stands beside text or in a button that has an accessible name.

use leptos::prelude::*;

/// Identifies a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A tick.
    Check,
    /// A cross.
    Close,
    /// Three dots: opens a menu.
    More,
    /// A plus sign.
    Plus,
    /// A bin.
    Trash,
    /// A pencil.
    Edit,
    /// A calendar page.
    Calendar,
    /// An arrow from a line: a start date.
    Start,
    /// Lines of text.
    Text,
    /// Columns.
    Board,
    /// Rows.
    List,
    /// An arrow down: opens a menu.
    Down,
    /// An arrow to the left.
    Left,
    /// An arrow to the right.
    Right,
    /// An arrow that goes back.
    Undo,
    /// An arrow that goes on again.
    Redo,
    /// A clock.
    Activity,
    /// A magnifying glass.
    Search,
    /// A head and shoulders.
    Person,
    /// Two heads.
    People,
    /// A box.
    Archive,
    /// A tag on a string.
    Label,
    /// A keyboard.
    Keys,
    /// A disc that is half dark: the theme.
    Theme,
    /// A speech bubble.
    Comment,
    /// A star.
    Star,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Check => "M3.5 8.5l3 3 6-7",
            Self::Label => "M2.5 2.5h5l6 6-5 5-6-6zM5.4 5.4h.01",
            Self::Keys => "M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.500h6",
            Self::Theme => "M8 2.500a5.500 5.500 0 110 11 5.500 5.500 0 010-11v11M10.200 4v8M12.200 6v4",
            Self::Star => "M8 2l1.800 3.800 4.200.5-3.100 2.900.8 4.100L8 11.300l-3.700 2 .8-4.100L2 6.300l4.200-.5z",
            Self::Comment => "M2.5 3h11v8H7.500l-3.500 2.500V11H2.5z",
            Self::Close => "M4 4l8 8M12 4l-8 8",
            Self::More => "M3.5 8h.01M8 8h.01M12.5 8h.01",
            Self::Plus => "M8 3v10M3 8h10",
            Self::Trash => "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9M6.6 7v4M9.4 7v4",
            Self::Edit => "M3 13l.6-2.8 7.3-7.3 2.2 2.2-7.3 7.3zM9.4 4.4l2.2 2.2",
            Self::Calendar => "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.2V5M10.5 2.2V5",
            Self::Start => "M3.5 3v10M6 8h7M10 5l3 3-3 3",
            Self::Text => "M3 4.5h10M3 8h10M3 11.5h6",
            Self::Board => "M2.5 3h3v10h-3zM6.5 3h3v7h-3zM10.5 3h3v8.500h-3z",
            Self::List => "M6 4h7.500M6 8h7.500M6 12h7.500M2.800 4h.01M2.800 8h.01M2.800 12h.01",
            Self::Down => "M4.5 6.5L8 10l3.5-3.5",
            Self::Left => "M13 8H3M7 4L3 8l4 4",
            Self::Right => "M3 8h10M9 4l4 4-4 4",
            Self::Undo => "M5.500 3L2.500 6l3 3M2.500 6h7a3.500 3.500 0 010 7H6",
            Self::Redo => "M10.500 3l3 3-3 3M13.500 6h-7a3.500 3.500 0 000 7H10",
            Self::Activity => "M8 2.500a5.500 5.500 0 110 11 5.500 5.500 0 010-11M8 5v3.300l2.200 1.300",
            Self::People => {
                "M6 7.500a2.300 2.300 0 100-4.600 2.300 2.300 0 000 4.600zM1.800 13.500c0-2.600 1.700-4 4.200-4s4.200 1.400 4.200 4M10.500 7.300a2 2 0 100-4M12 9.700c1.500.4 2.300 1.700 2.300 3.800"
            }
            Self::Archive => "M2.5 3h11v3h-11zM3.5 6v7h9V6M6.500 8.500h3",
            Self::Search => "M7 11.500a4.500 4.500 0 100-9 4.500 4.500 0 000 9zM10.300 10.300L13.500 13.500",
            Self::Person => "M8 7.800a2.600 2.600 0 100-5.200 2.600 2.600 0 000 5.200zM3 13.400a5 5 0 0110 0",
        }
    }
}

/// Draws an [`Icon`].
#[component]
pub fn Picture(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d=icon.path() />
        </svg>
    }
}
