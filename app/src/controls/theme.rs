//! The theme of a browser: light, dark, or as its system has it. The server keeps the choice in a cookie and writes it into every document
//! (`data-theme`), so that nothing is painted in another theme first. The buttons are a form, and work without JavaScript. Where there is
//! JavaScript, the script in the page (`pages/bootstrap.js`) shows the theme at once, in all tabs.

use leptos::prelude::*;

/// The path that the form posts to.
pub const PATH: &str = "/theme";

/// Each theme's name and words. The first is that of a browser without a choice.
const THEMES: [(&str, &str); 3] = [("system", "As the system"), ("light", "Light"), ("dark", "Dark")];

/// A theme: its index in [`THEMES`].
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme(usize);

#[cfg(feature = "ssr")]
impl Theme {
    /// The theme with a name.
    pub fn named(name: &str) -> Option<Self> {
        THEMES.iter().position(|(theme, _)| *theme == name).map(Self)
    }

    /// The name.
    pub fn as_str(self) -> &'static str {
        THEMES[self.0].0
    }

    /// What the head of a document says about the theme: to the browser before the style sheet is there, and to the parts of the browser
    /// around the page. The colours are `--ground` in `style/design.css`.
    pub(crate) fn in_head(self) -> AnyView {
        let scheme = if self == Self::default() { "light dark" } else { self.as_str() };
        let colours = [("light", "#f4f2ee"), ("dark", "#161514")].map(|(theme, colour)| {
            let media = match self.as_str() {
                "system" => format!("(prefers-color-scheme: {theme})"),
                chosen if chosen == theme => "all".to_owned(),
                _ => "not all".to_owned(),
            };
            leptos::html::meta()
                .name("theme-color")
                .content(colour)
                .attr("media", media)
                .attr("data-theme", theme)
                .into_any()
        });
        view! {
            <meta name="color-scheme" content=scheme />
            {colours.into_iter().collect_view()}
        }
        .into_any()
    }
}

/// A button for each theme. `next` is the path to return to without JavaScript; without it, the page that the form is on.
pub fn theme_form(theme: &str, next: Option<String>) -> AnyView {
    let buttons = THEMES.map(|(name, words)| {
        view! {
            <button class="menu-item" name="theme" value=name aria-pressed=(name == theme).to_string()>
                {words}
            </button>
        }
        .into_any()
    });
    view! {
        <form class="theme" method="post" action=PATH aria-label="Theme">
            {next.map(|next| view! { <input type="hidden" name="next" value=next /> }.into_any())}
            {buttons.into_iter().collect_view()}
        </form>
    }
    .into_any()
}

/// The name of the theme of the document in which this is shown.
pub fn theme_of_document() -> String {
    #[cfg(feature = "ssr")]
    let name = use_context::<Theme>().unwrap_or_default().as_str().to_owned();
    #[cfg(not(feature = "ssr"))]
    let name = document().document_element().and_then(|root| root.get_attribute("data-theme")).unwrap_or_default();
    name
}
