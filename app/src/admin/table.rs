//! A table that can be sorted, searched, filtered, and read in pages. Everything that a reader chose is in the address, so a view can be kept
//! as a bookmark and sent to others.

use leptos::prelude::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::dates::{self, Dates};

/// The parameters of an address, in their order. Empty ones are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(pub Vec<(&'static str, String)>);

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Query {
    /// The value of a parameter; empty if it is absent.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// The same with another value of a parameter; with an empty value it is absent.
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut parameters: Vec<_> = self.0.iter().filter(|(known, _)| *known != name).cloned().collect();
        parameters.push((name, value.into()));
        parameters.retain(|(_, value)| !value.is_empty());
        Self(parameters)
    }

    /// The address of a path with these parameters.
    pub fn address(&self, path: &str) -> String {
        let mut address = path.to_owned();
        for (index, (name, value)) in self.0.iter().filter(|(_, value)| !value.is_empty()).enumerate() {
            address.push(if index == 0 { '?' } else { '&' });
            address.push_str(name);
            address.push('=');
            address.extend(utf8_percent_encode(value, ENCODED));
        }
        address
    }

    /// Hidden fields with these parameters, for a form, except those named.
    pub fn hidden(&self, except: &[&str]) -> AnyView {
        let fields: Vec<_> = self
            .0
            .iter()
            .filter(|(name, value)| !value.is_empty() && !except.contains(name))
            .map(|(name, value)| view! { <input type="hidden" name=*name value=value.clone() /> }.into_any())
            .collect();
        fields.into_any()
    }
}

/// A column.
pub struct Column {
    /// The value of `sort` that sorts by it; empty if one cannot sort by it.
    pub sort: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// The style class of its cells.
    pub class: &'static str,
}

impl Column {
    /// A column by which the table can be sorted.
    pub const fn sorted(sort: &'static str, heading: &'static str) -> Self {
        Self { sort, heading, class: "" }
    }

    /// A column by which the table cannot be sorted.
    pub const fn plain(heading: &'static str) -> Self {
        Self { sort: "", heading, class: "" }
    }

    /// The same with a style class for its cells, such as `number`.
    pub const fn with_class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }
}

/// A row.
pub struct Row {
    /// The row's element id.
    pub id: String,
    /// The cells, one for each column. The first is the row's heading.
    pub cells: Vec<AnyView>,
    /// A field before the cells that selects the row for an action on many.
    pub select: Option<AnyView>,
    /// The row's style class.
    pub class: &'static str,
}

/// A filter: a select field.
pub struct Filter {
    /// The parameter.
    pub name: &'static str,
    /// The label.
    pub label: &'static str,
    /// The values with their labels. The first one is the default, and has an empty value.
    pub choices: Vec<(String, String)>,
}

/// A view of the table that is offered as a link: its label, its parameters, and how many rows it has, if that is known.
pub struct Preset {
    /// The label.
    pub label: &'static str,
    /// The parameters.
    pub query: Query,
    /// The number of rows, in words.
    pub count: Option<String>,
}

/// A table.
pub struct Table {
    /// The path of the page.
    pub path: &'static str,
    /// What the rows are, for screen readers.
    pub caption: &'static str,
    /// What the reader chose.
    pub query: Query,
    /// The label of the search field; `None` if one cannot search.
    pub search: Option<&'static str>,
    /// The filters.
    pub filters: Vec<Filter>,
    /// Views that are offered as links.
    pub presets: Vec<Preset>,
    /// The periods by which it can be narrowed down.
    pub dates: Option<Dates>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The value of `sort` that applies if none is chosen; with `-` before it, in descending order.
    pub default_sort: &'static str,
    /// The rows.
    pub rows: Vec<Row>,
    /// How many rows there are in all, in words.
    pub count: String,
    /// The value of `after` with which the next rows are shown, if there are more.
    pub next: Option<String>,
    /// What to say if there are no rows.
    pub empty: &'static str,
    /// Fields and buttons for an action on the selected rows.
    pub actions: Option<AnyView>,
}

/// A number of rows in words, for counts that end at a limit.
pub fn counted(count: u64, most: u64) -> String {
    match count > most {
        true => format!("more than {}", thousands(most)),
        false => thousands(count),
    }
}

/// A number with a space between thousands, which reads the same in every country.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

impl Table {
    /// Renders the table with its controls.
    pub fn view(self) -> AnyView {
        let is_filtered =
            self.query.0.iter().any(|(name, value)| !value.is_empty() && !["sort", "edit"].contains(name));
        let gone = self.gone();
        let controls = self.controls(is_filtered, gone);
        let presets = self.preset_links();
        let Self { path, caption, query, dates, columns, default_sort, rows, count, next, empty, actions, .. } = self;
        let dates = dates.map(|dates| dates::view(dates, &query, path));
        let selects = actions.is_some();
        let headings: Vec<_> = columns.iter().map(|column| heading(column, &query, path, default_sort)).collect();
        let select_heading = selects.then(|| view! { <td></td> }.into_any());
        let is_empty = rows.is_empty();
        let rows: Vec<_> = rows.into_iter().map(|row| row_view(row, &columns, selects)).collect();
        let csv = query.with("after", "").with("edit", "").with("format", "csv").address(path);
        let next = next.map(|after| {
            let address = query.with("edit", "").with("after", after).address(path);
            view! {
                <a class="button" href=address rel="next">
                    "Next rows"
                </a>
            }
            .into_any()
        });
        let first = (!query.get("after").is_empty()).then(|| {
            let address = query.with("edit", "").with("after", "").address(path);
            view! {
                <a class="button" href=address rel="first">
                    "First rows"
                </a>
            }
            .into_any()
        });
        let nothing = is_empty.then(|| {
            let words = match gone {
                Some(filter) => format!(
                    "The filter “{filter}” names something that is not there any more, so nothing is found. Choose something else."
                ),
                None => empty.to_owned(),
            };
            view! { <p class="table-empty">{words}</p> }.into_any()
        });
        view! {
            {presets}
            {controls}
            {dates}
            <div class="table-head">
                <p class="hint" data-live="count">
                    {count}
                </p>
                <a class="button quiet" href=csv download="">
                    "Download CSV"
                </a>
            </div>
            <div class="table-scroll" tabindex="0" role="region" aria-label=caption>
                <table class="table">
                    <thead>
                        <tr>{select_heading} {headings}</tr>
                    </thead>
                    <tbody data-live="rows">{rows}</tbody>
                </table>
                {nothing}
            </div>
            {actions}
            <nav class="table-pages" aria-label="Pages of the table">
                {first}
                {next}
            </nav>
        }
        .into_any()
    }

    fn preset_links(&self) -> Option<AnyView> {
        let current = self.query.with("sort", "").with("after", "").with("edit", "");
        let links: Vec<_> = self
            .presets
            .iter()
            .map(|preset| {
                let is_current = (preset.query == current).then_some("true");
                let count = preset.count.clone().map(|count| view! { <span class="chip">{count}</span> }.into_any());
                view! {
                    <a class="button" href=preset.query.address(self.path) aria-current=is_current>
                        {preset.label}
                        {count}
                    </a>
                }
                .into_any()
            })
            .collect();
        (!links.is_empty()).then(|| {
            view! {
                <nav class="table-presets" aria-label="Views" data-live="views">
                    {links}
                </nav>
            }
            .into_any()
        })
    }

    /// The label of a filter that names what is not offered, because it is not there any more: the reason why nothing is found.
    fn gone(&self) -> Option<&'static str> {
        let is_gone = |filter: &&Filter| {
            let chosen = self.query.get(filter.name);
            !chosen.is_empty() && filter.choices.iter().all(|(value, _)| value != chosen)
        };
        self.filters.iter().filter(|_| self.rows.is_empty()).find(is_gone).map(|filter| filter.label)
    }

    fn controls(&self, is_filtered: bool, gone: Option<&str>) -> Option<AnyView> {
        if self.search.is_none() && self.filters.is_empty() {
            return None;
        }
        let search = self.search.map(|label| {
            view! {
                <div class="field table-search">
                    <label for="table-search">{label}</label>
                    <input id="table-search" name="q" type="search" value=self.query.get("q").to_owned() />
                </div>
            }
            .into_any()
        });
        let view = |filter: &Filter| filter_view(filter, self.query.get(filter.name), gone == Some(filter.label));
        let filters: Vec<_> = self.filters.iter().map(view).collect();
        let mut given: Vec<&str> = self.filters.iter().map(|filter| filter.name).collect();
        given.extend(["q", "after", "edit"]);
        let clear = is_filtered.then(|| {
            let address = Query::default().with("sort", self.query.get("sort")).address(self.path);
            view! {
                <a class="button quiet" href=address>
                    "Clear"
                </a>
            }
            .into_any()
        });
        Some(
            view! {
                <form class="table-controls" action=self.path>
                    {search}
                    {filters}
                    {self.query.hidden(&given)}
                    <button class="button">"Show"</button>
                    {clear}
                </form>
            }
            .into_any(),
        )
    }
}

fn filter_view(filter: &Filter, chosen: &str, is_gone: bool) -> AnyView {
    let id = format!("filter-{}", filter.name);
    let options: Vec<_> = filter
        .choices
        .iter()
        .map(|(value, label)| {
            view! {
                <option value=value.clone() selected=value == chosen>
                    {label.clone()}
                </option>
            }
            .into_any()
        })
        .collect();
    // As if all were chosen it must not look.
    let gone = is_gone.then(|| {
        view! {
            <option value=chosen.to_owned() selected>
                "(not there any more)"
            </option>
        }
        .into_any()
    });
    view! {
        <div class="field">
            <label for=id.clone()>{filter.label}</label>
            <select id=id name=filter.name>
                {gone}
                {options}
            </select>
        </div>
    }
    .into_any()
}

/// A heading. Its link sorts by the column, or reverses the order if the table is already sorted by it.
fn heading(column: &Column, query: &Query, path: &str, default_sort: &'static str) -> AnyView {
    let Column { sort, heading, class } = *column;
    if sort.is_empty() {
        return view! {
            <th scope="col" class=class>
                {heading}
            </th>
        }
        .into_any();
    }
    let chosen = match query.get("sort") {
        "" => default_sort,
        chosen => chosen,
    };
    let (ascending, descending) = (chosen == sort, chosen.strip_prefix('-') == Some(sort));
    let order = match (ascending, descending) {
        (true, _) => Some("ascending"),
        (_, true) => Some("descending"),
        _ => None,
    };
    let next = if ascending { format!("-{sort}") } else { sort.to_owned() };
    let address = query.with("after", "").with("edit", "").with("sort", next).address(path);
    view! {
        <th scope="col" class=class aria-sort=order>
            <a href=address>{heading}</a>
        </th>
    }
    .into_any()
}

fn row_view(row: Row, columns: &[Column], selects: bool) -> AnyView {
    let Row { id, cells, select, class } = row;
    let select = selects.then(|| view! { <td class="table-select">{select}</td> }.into_any());
    let cells: Vec<_> = cells
        .into_iter()
        .zip(columns)
        .enumerate()
        .map(|(index, (cell, Column { heading, class, .. }))| match index {
            0 => view! { <th scope="row">{cell}</th> }.into_any(),
            _ => view! {
                <td class=*class data-column=*heading>
                    {cell}
                </td>
            }
            .into_any(),
        })
        .collect();
    view! {
        <tr id=id class=class>
            {select}
            {cells}
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_an_address() {
        let query = Query::default().with("q", "a&b=ü").with("sort", "-due").with("board", "");
        assert_eq!(query.address("/admin/tasks"), "/admin/tasks?q=a%26b%3D%C3%BC&sort=-due");
        assert_eq!(query.with("q", "").address("/admin/tasks"), "/admin/tasks?sort=-due");
        assert_eq!(query.get("sort"), "-due");
    }

    #[test]
    fn a_count_that_ended_at_its_limit_says_so() {
        assert_eq!(counted(7, 10_000), "7");
        assert_eq!(counted(10_000, 10_000), "10\u{202f}000");
        assert_eq!(counted(10_001, 10_000), "more than 10\u{202f}000");
    }
}
