//! Renders Markdown as HTML that is safe to put into a page, whoever wrote the text.
//!
//! The output is safe by construction: every tag and attribute name is a literal in this file, and everything that comes from the text
//! goes through [`escape`]. HTML in the text is shown as text. A link keeps its address only if [`safe_address`] accepts it. Nothing is
//! loaded from other servers: only an image of this server is shown, and any other becomes a link to the image.

use std::fmt::Write as _;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeWithOffset};

use crate::key::next_ref;

/// How many levels the headings in the text are lowered, so that they come below the headings of the panel around the text.
const HEADING_SHIFT: usize = 2;

/// Renders Markdown with tables, strikethrough, task lists, bare web addresses and names of tasks. A line break in the text becomes a line break on the
/// page.
pub fn to_html(markdown: &str) -> String {
    rendered(markdown, LINE_BREAK, false)
}

/// Like [`to_html`], for text whose lines were wrapped by an editor, such as a comment in code: a line break in it is a space. Only the
/// server shows such texts.
#[cfg(feature = "ssr")]
pub fn wrapped_to_html(markdown: &str) -> String {
    rendered(markdown, " ", false)
}

/// Like [`to_html`], with boxes that can be ticked. A box is a button with `data-box`, the position of its mark in the text: see
/// [`ticked`].
pub fn to_html_with_boxes(markdown: &str) -> String {
    rendered(markdown, LINE_BREAK, true)
}

/// Returns the text with the box at a position ticked, or not ticked any more. `None` if there is no box.
pub fn ticked(markdown: &str, at: usize) -> Option<String> {
    let (before, rest) = markdown.split_at_checked(at)?;
    let (mark, after) = rest.split_at_checked(3)?;
    let mark = match mark {
        "[x]" | "[X]" => "[ ]",
        // Any white space counts as none.
        "[ ]" | "[\t]" | "[\n]" => "[x]",
        _ => return None,
    };
    Some(format!("{before}{mark}{after}"))
}

/// Renders one line with inline Markdown: emphasis, code, links and web addresses. What would begin a list, a heading or the like is shown as
/// it is written.
pub fn inline_to_html(line: &str) -> String {
    // Most lines have no Markdown, and a page may have thousands.
    let has_none = !line.contains(['*', '_', '`', '~', '[', '<', '&', '\\']) && !line.contains("http");
    if has_none && next_ref(line).is_none() {
        return escaped(line);
    }
    // With a word in front, every line is a paragraph.
    let html = to_html(&format!("x {line}"));
    let inner = html.strip_prefix("<p>x ").and_then(|html| html.strip_suffix("</p>"));
    inner.map_or_else(|| escaped(line), str::to_owned)
}

/// A line break in a text that somebody typed is meant.
const LINE_BREAK: &str = "<br>";

fn rendered(markdown: &str, soft_break: &str, with_boxes: bool) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut page = Writer { html: String::with_capacity(markdown.len() * 3 / 2), ..Writer::default() };
    for (event, range) in TextMergeWithOffset::new(Parser::new_ext(markdown, options).into_offset_iter()) {
        match event {
            Event::TaskListMarker(done) if with_boxes => {
                let label = markdown[range.end..].lines().next().unwrap_or_default();
                page.button(done, range.start, label.trim());
            }
            Event::SoftBreak if !page.in_alternative => page.html.push_str(soft_break),
            event => page.event(event),
        }
    }
    page.html
}

/// Escapes text for HTML, so that it is shown as it is.
pub fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    escape(&mut html, text);
    html
}

#[derive(Default)]
struct Writer {
    html: String,
    /// The links and images that are open, outermost first. HTML does not allow nested links, so only the outermost becomes a link.
    anchors: Vec<Anchor>,
    /// The alignment of the columns of the current table. `table_column` is the index of the next column.
    table: Vec<Alignment>,
    table_column: usize,
    in_table_head: bool,
    in_code_block: bool,
    /// Whether what comes next stands in the alternative text of an image that is shown.
    in_alternative: bool,
}

struct Anchor {
    /// The address of an image, shown if the image has no alternative text; `None` for a link.
    address: Option<String>,
    /// The position in the HTML where the text of the link begins.
    start: usize,
    /// Whether it is an image that is shown, whose text is the alternative.
    shown: bool,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        if self.in_alternative {
            return self.alternative(event);
        }
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code_block || !self.anchors.is_empty() => self.text(&text),
            Event::Text(text) => self.text_with_addresses(&text),
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.html.push_str("<code>");
                self.text(&text);
                self.html.push_str("</code>");
            }
            Event::SoftBreak | Event::HardBreak => self.html.push_str(LINE_BREAK),
            Event::Rule => self.html.push_str("<hr>"),
            Event::TaskListMarker(done) => self.html.push_str(match done {
                true => "<span class=\"box done\" role=\"img\" aria-label=\"done\"></span>",
                false => "<span class=\"box\" role=\"img\" aria-label=\"not done\"></span>",
            }),
            Event::FootnoteReference(name) => self.text(&name),
        }
    }

    /// A box that can be ticked, with its name for screen readers.
    fn button(&mut self, done: bool, at: usize, label: &str) {
        // Writing to a string cannot fail.
        let _ = write!(
            self.html,
            "<button type=\"button\" class=\"box{}\" role=\"checkbox\" aria-checked=\"{done}\" data-box=\"{at}\" aria-label=\"",
            if done { " done" } else { "" },
        );
        self.text(if label.is_empty() { "done" } else { label });
        self.html.push_str("\"></button>");
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.html.push_str("<p>"),
            Tag::Heading { level, .. } => self.heading("<", level as usize),
            Tag::BlockQuote(_) => self.html.push_str("<blockquote dir=\"auto\">"),
            Tag::CodeBlock(kind) => {
                self.in_code_block = true;
                self.html.push_str("<pre><code");
                if let CodeBlockKind::Fenced(info) = kind
                    && let Some(language) = info.split_whitespace().next()
                {
                    self.html.push_str(" data-language=\"");
                    self.text(language);
                    self.html.push('"');
                }
                self.html.push('>');
            }
            // The mark of an item stands where the text of its list begins.
            Tag::List(None) => self.html.push_str("<ul dir=\"auto\">"),
            Tag::List(Some(1)) => self.html.push_str("<ol dir=\"auto\">"),
            Tag::List(Some(first)) => {
                // Writing to a string cannot fail.
                let _ = write!(self.html, "<ol dir=\"auto\" start=\"{first}\">");
            }
            Tag::Item => self.html.push_str("<li>"),
            Tag::Table(columns) => {
                self.table = columns;
                // A table wider than the text scrolls, also by the arrow keys.
                self.html.push_str(
                    "<div class=\"wide\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table dir=\"auto\">",
                );
            }
            Tag::TableHead => {
                self.in_table_head = true;
                self.table_column = 0;
                self.html.push_str("<thead><tr>");
            }
            Tag::TableRow => {
                self.table_column = 0;
                self.html.push_str("<tr>");
            }
            Tag::TableCell => {
                self.html.push_str(if self.in_table_head { "<th scope=\"col\"" } else { "<td" });
                self.html.push_str(match self.table.get(self.table_column) {
                    Some(Alignment::Center) => " class=\"center\">",
                    Some(Alignment::Right) => " class=\"right\">",
                    Some(Alignment::Left | Alignment::None) | None => ">",
                });
                self.table_column += 1;
            }
            Tag::Emphasis => self.html.push_str("<em>"),
            Tag::Strong => self.html.push_str("<strong>"),
            Tag::Strikethrough => self.html.push_str("<del>"),
            Tag::Link { link_type: LinkType::Email, dest_url, .. } => {
                self.open_anchor(&format!("mailto:{dest_url}"), false)
            }
            Tag::Link { dest_url, .. } => self.open_anchor(&dest_url, false),
            Tag::Image { dest_url, .. } => self.open_anchor(&dest_url, true),
            // These are not enabled in `to_html`.
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.html.push_str("</p>"),
            TagEnd::Heading(level) => self.heading("</", level as usize),
            TagEnd::BlockQuote(_) => self.html.push_str("</blockquote>"),
            TagEnd::CodeBlock => {
                self.in_code_block = false;
                self.html.push_str("</code></pre>");
            }
            TagEnd::List(false) => self.html.push_str("</ul>"),
            TagEnd::List(true) => self.html.push_str("</ol>"),
            TagEnd::Item => self.html.push_str("</li>"),
            TagEnd::Table => self.html.push_str("</tbody></table></div>"),
            TagEnd::TableHead => {
                self.in_table_head = false;
                self.html.push_str("</tr></thead><tbody>");
            }
            TagEnd::TableRow => self.html.push_str("</tr>"),
            TagEnd::TableCell => self.html.push_str(if self.in_table_head { "</th>" } else { "</td>" }),
            TagEnd::Emphasis => self.html.push_str("</em>"),
            TagEnd::Strong => self.html.push_str("</strong>"),
            TagEnd::Strikethrough => self.html.push_str("</del>"),
            TagEnd::Link | TagEnd::Image => self.close_anchor(),
            TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    fn heading(&mut self, open: &str, level: usize) {
        // Writing to a string cannot fail.
        let _ = write!(self.html, "{open}h{}>", (level + HEADING_SHIFT).min(6));
    }

    fn open_anchor(&mut self, address: &str, is_image: bool) {
        let safe = safe_address(address);
        let shown = is_image && safe.as_ref().is_some_and(Address::is_image_of_this_server);
        if self.anchors.is_empty() {
            self.html.push_str("<a");
            if let Some(address) = safe {
                self.html.push_str(" href=\"");
                escape(&mut self.html, address.text);
                self.html.push_str("\" rel=\"noopener noreferrer nofollow\"");
                // A link to another site opens in a new tab, so that text that is being typed on the board is not lost. An image is no page of
                // the app either.
                if address.leaves || shown {
                    self.html.push_str(" target=\"_blank\"");
                }
            }
            self.html.push('>');
        }
        if shown {
            self.html.push_str("<img src=\"");
            escape(&mut self.html, address);
            self.html.push_str("\" loading=\"lazy\" alt=\"");
            self.in_alternative = true;
        }
        let address = is_image.then(|| address.to_owned());
        self.anchors.push(Anchor { address, start: self.html.len(), shown });
    }

    /// The alternative text of an image: what is in it, without its form.
    fn alternative(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::SoftBreak | Event::HardBreak => self.html.push(' '),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                self.anchors.push(Anchor { address: None, start: self.html.len(), shown: false });
            }
            Event::End(TagEnd::Link | TagEnd::Image) => self.close_anchor(),
            _ => {}
        }
    }

    fn close_anchor(&mut self) {
        let Some(anchor) = self.anchors.pop() else { return };
        if let Some(address) = anchor.address
            && self.html.len() == anchor.start
        {
            self.text(&address);
        }
        if anchor.shown {
            self.html.push_str("\">");
            self.in_alternative = false;
        }
        if self.anchors.is_empty() {
            self.html.push_str("</a>");
        }
    }

    fn text(&mut self, text: &str) {
        escape(&mut self.html, text);
    }

    /// Writes text and makes links of the web addresses in it.
    fn text_with_addresses(&mut self, mut text: &str) {
        while let Some(start) = next_address(text) {
            let (before, rest) = text.split_at(start);
            let (address, after) = rest.split_at(address_len(rest));
            self.text_with_names(before);
            self.open_anchor(address, false);
            self.text(address);
            self.close_anchor();
            text = after;
        }
        self.text_with_names(text);
    }

    /// Writes text and makes links of the names of tasks in it, such as `WEB-42`. The router leaves these links to the browser, because the
    /// server finds the task; they open in a new tab, so that text that is being typed is not lost.
    fn text_with_names(&mut self, mut text: &str) {
        while let Some((start, end)) = next_ref(text) {
            self.text(&text[..start]);
            let name = &text[start..end];
            // It has only letters, digits and a dash. Writing to a string cannot fail.
            let _ = write!(
                self.html,
                "<a href=\"/t/{name}\" rel=\"external noopener nofollow\" target=\"_blank\">{name}</a>"
            );
            text = &text[end..];
        }
        self.text(text);
    }
}

/// Where the next `http://` or `https://` starts that begins a word and has a host after it.
fn next_address(text: &str) -> Option<usize> {
    text.match_indices("http").map(|(start, _)| start).find(|&start| {
        let at_word = text[..start].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        let rest = &text[start..];
        let host = rest.strip_prefix("https://").or_else(|| rest.strip_prefix("http://"));
        at_word && host.is_some_and(|host| host.starts_with(char::is_alphanumeric))
    })
}

/// The length of the address at the start of a text. Punctuation at the end belongs to the sentence, not to the address; a closing bracket
/// belongs to the address only if its opening bracket does.
fn address_len(text: &str) -> usize {
    let end =
        text.find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"')).unwrap_or(text.len());
    let mut address = &text[..end];
    let excess = |closing: char, opening: char| {
        address.matches(closing).count().saturating_sub(address.matches(opening).count())
    };
    // The numbers of closing brackets at the end that are not part of the address. They are counted once, because counting them in the loop
    // would take quadratic time on a text full of brackets.
    let (mut round, mut square) = (excess(')', '('), excess(']', '['));
    while let Some(last) = address.chars().next_back() {
        match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' => {}
            ')' if round > 0 => round -= 1,
            ']' if square > 0 => square -= 1,
            _ => break,
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address.len()
}

struct Address<'a> {
    text: &'a str,
    /// Whether the address leads away from this server's pages.
    leaves: bool,
}

impl Address<'_> {
    /// Whether this is the path of an image file on this server. Other paths are no images, and some do something: whoever writes a text
    /// must not make its readers' browsers open them.
    fn is_image_of_this_server(&self) -> bool {
        const KINDS: [&str; 7] = ["png", "jpg", "jpeg", "gif", "webp", "avif", "svg"];
        let kind = self.text.rsplit_once('.').map_or("", |(_, kind)| kind);
        self.text.starts_with('/') && KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known))
    }
}

/// Accepts an address that is safe in a link: a web address, a mail address, or an address on this server.
///
/// Browsers ignore control characters within an address and white space around it, and treat `\` as `/`. An address with any of these is
/// refused, so that this function need not interpret it.
fn safe_address(text: &str) -> Option<Address<'_>> {
    if text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return None;
    }
    let scheme = match text.find([':', '/', '?', '#']) {
        Some(end) if text[end..].starts_with(':') => Some(&text[..end]),
        _ => None,
    };
    match scheme {
        Some(scheme) => {
            let known = ["http", "https", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
            known.then_some(Address { text, leaves: true })
        }
        // `//host` has the scheme of this page but another host.
        None => (!text.starts_with("//")).then_some(Address { text, leaves: false }),
    }
}

/// Appends text, escaped so that it is safe between tags and in a quoted attribute.
fn escape(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REL: &str = "rel=\"noopener noreferrer nofollow\"";

    /// The names of all tags and attributes in the HTML, so that a test fails on any that it does not expect.
    fn tags_and_attributes(html: &str) -> Vec<String> {
        let mut names = Vec::new();
        for tag in html.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap_or_default();
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            names.push(name.trim_start_matches('/').to_owned());
            // Attribute values are always quoted and never contain a quote.
            for (index, piece) in attributes.split('"').enumerate() {
                if index % 2 == 0 && !piece.trim().is_empty() {
                    names.push(piece.trim().to_owned());
                }
            }
        }
        names
    }

    #[test]
    fn what_people_write_looks_as_they_expect() {
        assert_eq!(to_html("Hello **you** and *you*"), "<p>Hello <strong>you</strong> and <em>you</em></p>");
        assert_eq!(to_html("one\ntwo"), "<p>one<br>two</p>");
        assert_eq!(
            wrapped_to_html("one\ntwo  \nthree\n\n- a\n  b"),
            "<p>one two<br>three</p><ul dir=\"auto\"><li>a b</li></ul>"
        );
        assert_eq!(to_html("- a\n- b"), "<ul dir=\"auto\"><li>a</li><li>b</li></ul>");
        assert_eq!(to_html("3. a"), "<ol dir=\"auto\" start=\"3\"><li>a</li></ol>");
        assert_eq!(to_html("~~gone~~ `code <b>`"), "<p><del>gone</del> <code>code &lt;b&gt;</code></p>");
        assert_eq!(to_html("> so"), "<blockquote dir=\"auto\"><p>so</p></blockquote>");
        assert_eq!(
            to_html("```rust ignore\nlet a = \"<\";\n```"),
            "<pre><code data-language=\"rust\">let a = &quot;&lt;&quot;;\n</code></pre>"
        );
    }

    #[test]
    fn headings_stand_below_those_of_the_panel() {
        assert_eq!(to_html("# a"), "<h3>a</h3>");
        assert_eq!(to_html("#### b"), "<h6>b</h6>");
        assert_eq!(to_html("###### c"), "<h6>c</h6>");
    }

    #[test]
    fn a_line_has_only_inline_markdown() {
        for (line, html) in [
            ("Milk", "Milk"),
            ("**Milk** & `tea`", "<strong>Milk</strong> &amp; <code>tea</code>"),
            ("a < b", "a &lt; b"),
            ("# no *heading*", "# no <em>heading</em>"),
            ("- [ ] no `list`", "- [ ] no <code>list</code>"),
            ("1. no *list*", "1. no <em>list</em>"),
            ("~~gone~~", "<del>gone</del>"),
            ("| a | *b* |", "| a | <em>b</em> |"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("[x]: *no* definition", "[x]: <em>no</em> definition"),
        ] {
            assert_eq!(inline_to_html(line), html, "{line}");
        }
        assert!(inline_to_html("see https://example.com").starts_with("see <a href=\"https://example.com\""));
    }

    #[test]
    fn the_name_of_a_task_is_a_link_to_it() {
        let link = |name: &str| {
            format!("<a href=\"/t/{name}\" rel=\"external noopener nofollow\" target=\"_blank\">{name}</a>")
        };
        assert_eq!(to_html("See WEB-42, and AB-7."), format!("<p>See {}, and {}.</p>", link("WEB-42"), link("AB-7")));
        assert_eq!(to_html("**WEB-42**"), format!("<p><strong>{}</strong></p>", link("WEB-42")));
        assert_eq!(inline_to_html("Ask WEB-42"), format!("Ask {}", link("WEB-42")));
        assert_eq!(to_html("- [ ] WEB-1").matches("<a ").count(), 1);
        // Not in code, in a link or an address, and not what only looks like one.
        for text in ["`WEB-42`", "```\nWEB-42\n```", "UTF-8 and CVE-2024-1", "web-42", "x-WEB-42"] {
            assert!(!to_html(text).contains("/t/"), "{text}");
            assert!(!inline_to_html(text).contains("/t/"), "{text}");
        }
        for text in ["[WEB-42](/x)", "https://example.com/WEB-42", "![WEB-42](https://example.com/a.png)"] {
            let html = to_html(text);
            assert!(html.matches("<a ").count() == 1 && !html.contains("/t/"), "{text}: {html}");
        }
        assert_eq!(to_html("https://example.com WEB-42 x").matches("<a ").count(), 2);
    }

    #[test]
    fn a_box_is_ticked_where_it_stands() {
        let text = "Plan:\n\n- [ ] a <b>\n- [x] \"b\"\n  1. [ ] ünï **c**\n\n`- [ ] no box`\n";
        let html = to_html_with_boxes(text);
        let places: Vec<usize> =
            html.split("data-box=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect();
        assert_eq!(places.len(), 3, "{html}");
        assert!(html.contains("aria-checked=\"false\" data-box=\"9\" aria-label=\"a &lt;b&gt;\""), "{html}");
        assert_eq!(ticked(text, places[0]).unwrap(), text.replace("- [ ] a", "- [x] a"));
        assert_eq!(ticked(text, places[1]).unwrap(), text.replace("- [x] \"b", "- [ ] \"b"));
        assert_eq!(ticked(text, places[2]).unwrap(), text.replace("1. [ ]", "1. [x]"));
        assert_eq!(
            places
                .iter()
                .map(|at| ticked(&ticked(text, *at).unwrap(), *at).unwrap())
                .filter(|back| back == text)
                .count(),
            3
        );
        for at in [0, 3, text.len() - 1, text.len(), text.len() + 9] {
            assert_eq!(ticked(text, at), None, "{at}");
        }
    }

    #[test]
    fn task_lists_say_what_is_done() {
        let html = to_html("- [x] a\n- [ ] b");
        assert!(html.contains("aria-label=\"done\"></span>a"), "{html}");
        assert!(html.contains("aria-label=\"not done\"></span>b"), "{html}");
    }

    #[test]
    fn tables_are_aligned_without_inline_styles() {
        let html = to_html("| a | b |\n|---|--:|\n| 1 | 2 |");
        assert_eq!(
            html,
            "<div class=\"wide\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table dir=\"auto\"><thead><tr><th scope=\"col\">a</th>\
             <th scope=\"col\" class=\"right\">b</th></tr></thead><tbody><tr><td>1</td><td class=\"right\">2</td></tr></tbody>\
             </table></div>"
        );
    }

    #[test]
    fn links_of_the_web_open_beside_the_board_and_links_within_it_do_not() {
        let html = to_html("[a](https://example.org/?a=1&b=2 \"title\")");
        assert_eq!(html, format!("<p><a href=\"https://example.org/?a=1&amp;b=2\" {REL} target=\"_blank\">a</a></p>"));
        assert_eq!(to_html("[a](/boards/1?x=2#y)"), format!("<p><a href=\"/boards/1?x=2#y\" {REL}>a</a></p>"));
        assert_eq!(to_html("[a](page:2/x)"), "<p><a>a</a></p>");
        assert_eq!(to_html("[a](./page:2)"), format!("<p><a href=\"./page:2\" {REL}>a</a></p>"));
        let html = to_html("<ana@example.org>");
        assert_eq!(
            html,
            format!("<p><a href=\"mailto:ana@example.org\" {REL} target=\"_blank\">ana@example.org</a></p>")
        );
    }

    #[test]
    fn a_bare_web_address_is_a_link_without_the_punctuation_around_it() {
        let link = |address: &str| format!("<a href=\"{address}\" {REL} target=\"_blank\">{address}</a>");
        assert_eq!(to_html("see https://example.org/a_b."), format!("<p>see {}.</p>", link("https://example.org/a_b")));
        let (wiki, plain) = (link("https://example.org/a_(b)"), link("http://example.org"));
        assert_eq!(to_html("(https://example.org/a_(b)), http://example.org!"), format!("<p>({wiki}), {plain}!</p>"));
        let (brackets, address) = (")]".repeat(10_000), link("http://a"));
        assert_eq!(to_html(&format!("http://a{brackets}")), format!("<p>{address}{brackets}</p>"));
        assert_eq!(to_html("`https://example.org`"), "<p><code>https://example.org</code></p>");
        assert_eq!(to_html("xhttps://example.org https://"), "<p>xhttps://example.org https://</p>");
    }

    #[test]
    fn an_image_of_this_server_is_shown() {
        assert_eq!(
            to_html("![The *plan*, `a` <b> \"&](/files/plan.PNG)"),
            format!(
                "<p><a href=\"/files/plan.PNG\" {REL} target=\"_blank\"><img src=\"/files/plan.PNG\" loading=\"lazy\" \
                 alt=\"The plan, a &lt;b&gt; &quot;&amp;\"></a></p>"
            )
        );
        assert!(to_html("![](/x.svg)").contains("alt=\"/x.svg\">"), "a link has a name");
        assert!(to_html("![a ![b [c](/d)](/e.png)](/x.jpg) d").ends_with(" alt=\"a b c\"></a> d</p>"));
        let html = to_html("[![a ![b](/e.png) https://f.example](/x.jpg)](https://b.example/) after");
        let alt = "a b https://f.example";
        assert_eq!(
            html,
            format!(
                "<p><a href=\"https://b.example/\" {REL} target=\"_blank\"><img src=\"/x.jpg\" loading=\"lazy\" alt=\"{alt}\"></a> after</p>"
            )
        );
        for other in [
            "/sign-in/elsewhere",
            "/share/secret",
            "/x.png?next=1",
            "/x.png#.",
            "x.png",
            "//evil.example/x.png",
            "https://example.org/x.png",
            "/",
            "/boards/x",
        ] {
            assert!(!to_html(&format!("![a]({other})")).contains("<img"), "{other}");
        }
    }

    #[test]
    fn images_are_links_and_load_nothing() {
        let html = to_html("![a *b*](https://example.org/x.png)");
        assert_eq!(
            html,
            format!("<p><a href=\"https://example.org/x.png\" {REL} target=\"_blank\">a <em>b</em></a></p>")
        );
        assert!(to_html("![](/x)").contains(">/x</a>"));
        let nested = to_html("[![alt](https://a.example/i.png)](https://b.example/)");
        assert_eq!(nested, format!("<p><a href=\"https://b.example/\" {REL} target=\"_blank\">alt</a></p>"));
        assert_eq!(to_html("![a [b](javascript:1) https://c.example](x.png)").matches("<a").count(), 1);
    }

    #[test]
    fn an_address_that_could_run_something_is_not_one() {
        for address in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "javascript&colon;alert(1)",
            "javascript&#58;alert(1)",
            "&#106;avascript:alert(1)",
            "&#x6A;avascript:alert(1)",
            "java&Tab;script:alert(1)",
            "java&NewLine;script:alert(1)",
            "&#1;javascript:alert(1)",
            "&#32;javascript:alert(1)",
            "<java\tscript:alert(1)>",
            "<  javascript:alert(1)>",
            "javascript\\:alert(1)",
            "vbscript:msgbox(1)",
            "data:text/html;base64,PHNjcmlwdD4=",
            "data:image/svg+xml,%3Csvg%3E",
            "file:///etc/passwd",
            "blob:https://example.org/1",
            "//evil.example",
            "\\\\\\\\evil.example",
            "/\\\\evil.example",
        ] {
            for text in [format!("[a]({address})"), format!("![a]({address})"), format!("[a]\n\n[a]: {address}")] {
                let html = to_html(&text);
                assert!(!html.contains("href"), "{text} became {html}");
            }
        }
        assert_eq!(to_html("<javascript:alert(1)>"), "<p><a>javascript:alert(1)</a></p>");
    }

    #[test]
    fn html_is_shown_not_used() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<svg/onload=alert(1)>",
            "<a href=\"javascript:alert(1)\" onclick='x'>a</a>",
            "<iframe srcdoc='<script>1</script>'></iframe>",
            "<!-- --><!DOCTYPE html><?php ?><![CDATA[ ]]>",
            "> - <style>*{}</style>\n> - <b onmouseover=alert(1)>",
            "<details open ontoggle=alert(1)>\n\n**bold**\n\n</details>",
            "`<script>`\n\n    <script>\n\n```\"><script>\n<script>\n```",
            "| <script> |\n|---|\n| <img onerror=x> |",
        ] {
            let html = to_html(text);
            let allowed = [
                "p",
                "br",
                "code",
                "pre",
                "blockquote",
                "ul",
                "li",
                "strong",
                "table",
                "thead",
                "tbody",
                "tr",
                "th",
                "td",
                "div",
                "class=",
                "role=",
                "aria-label=",
                "tabindex=",
                "dir=",
                "scope=",
                "data-language=",
            ];
            for name in tags_and_attributes(&html) {
                assert!(allowed.contains(&name.as_str()), "{text} became {html} with {name}");
            }
        }
    }

    #[test]
    fn text_does_not_break_out_of_an_attribute() {
        for text in [
            "[a](https://example.org/\"onclick=\"alert(1))",
            "[a](<https://example.org/\"onclick=\"alert(1)>)",
            "[a](https://example.org/&quot;onclick=&quot;alert(1))",
            "https://example.org/\"onclick=alert(1)",
            "https://example.org/'onclick=alert(1)",
            "![\"onerror=alert(1)](https://example.org/\"x)",
            "<https://example.org/\"onclick=alert(1)>",
        ] {
            let html = to_html(text);
            for name in tags_and_attributes(&html) {
                assert!(["p", "a", "href=", "rel=", "target="].contains(&name.as_str()), "{text} became {html}");
            }
        }
    }
}
