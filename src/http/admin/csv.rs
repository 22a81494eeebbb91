//! Tables as CSV files (RFC 4180), sent row by row, so that a table of any length takes no more memory than one of its pages.

use std::{future::Future, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::{
        HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::Response,
};
use futures::{StreamExt, stream};

use crate::{
    http::{admission::Admission, guard::Streamed},
    store::{
        StoreError,
        tables::{Key, Rows},
    },
};

/// Marks a response, as one of its extensions, as a table of this name.
#[derive(Clone, Copy, Debug)]
pub struct File(pub &'static str);

/// How many rows are read at a time.
pub const ROWS_AT_A_TIME: usize = 500;

/// A response with a CSV file: a line of headings, and a line for each row. `read` returns the rows after a key, and `None` once the reader may
/// not see them any more. A file that could not be completed is cut off, so that the browser reports the download as failed.
pub fn file<T, R, F>(
    name: &'static str,
    headings: &'static [&'static str],
    read: R,
    record: fn(&T) -> Vec<String>,
) -> Response
where
    T: Send + 'static,
    R: Fn(Option<Key>) -> F + Send + Sync + 'static,
    F: Future<Output = Option<Result<Rows<T>, StoreError>>> + Send,
{
    let read = Arc::new(read);
    let first = line(headings.iter().map(|heading| (*heading).to_owned()));
    let pages = stream::unfold(Some((None, first)), move |state| {
        let read = Arc::clone(&read);
        async move {
            let (after, mut text) = state?;
            match read(after).await {
                Some(Ok(Rows { rows, next })) => {
                    for row in &rows {
                        text.extend(line(record(row)));
                    }
                    Some((Ok(Bytes::from(text)), next.map(|next| (Some(next), Vec::new()))))
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "a table could not be read to its end for a file");
                    Some((Err(std::io::Error::other(error)), None))
                }
                None => Some((Err(std::io::Error::other("the reader may not see this any more")), None)),
            }
        }
    });
    let mut response = Response::new(Body::from_stream(pages));
    response.extensions_mut().insert(Streamed);
    response.extensions_mut().insert(File(name));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}

/// A body that is counted as a long connection until it has been sent, or is given up.
pub fn counted(body: Body, admission: Admission) -> Body {
    Body::from_stream(body.into_data_stream().inspect(move |_| {
        let _held = &admission;
    }))
}

/// With what a formula begins in a spreadsheet: some take the wide forms of East Asian keyboards for the others.
const BEGINS_FORMULA: [char; 11] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'];

/// A line of a CSV file. A text that a spreadsheet would run as a formula gets an apostrophe before it (OWASP, "CSV Injection"). A field with a
/// semicolon is quoted too: where that separates fields, a part of it would be a field of its own, and so a formula.
pub fn line(fields: impl IntoIterator<Item = String>) -> Vec<u8> {
    let fields = fields.into_iter().map(|field| {
        let field = if field.starts_with(BEGINS_FORMULA) { format!("'{field}") } else { field };
        match field.contains([',', ';', '"', '\t', '\r', '\n']) {
            true => format!("\"{}\"", field.replace('"', "\"\"")),
            false => field,
        }
    });
    let mut line = fields.collect::<Vec<_>>().join(",").into_bytes();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(fields: &[&str]) -> String {
        String::from_utf8(line(fields.iter().map(|field| (*field).to_owned()))).unwrap_or_default()
    }

    #[test]
    fn a_line_is_quoted_where_it_must_be() {
        assert_eq!(text(&["a", "b,c", "say \"d\"", "e\nf"]), "a,\"b,c\",\"say \"\"d\"\"\",\"e\nf\"\n");
    }

    #[test]
    fn a_formula_is_only_text() {
        assert_eq!(text(&["x;=1+1", "；", "＝1+1", "＋1", "－1", "＠x"]), "\"x;=1+1\",；,'＝1+1,'＋1,'－1,'＠x\n");
        assert_eq!(text(&["=1+1", "+1", "-1", "@x", "a=b"]), "'=1+1,'+1,'-1,'@x,a=b\n");
    }
}
