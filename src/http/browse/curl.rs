//! A request as a command for a shell.

use axum::http::{HeaderMap, HeaderName, header::CONTENT_TYPE};

/// The command. The token stands in a variable, so that it is neither on the page nor in the history of a shell.
pub fn command(method: &str, url: &str, headers: &HeaderMap, body: Option<&str>, is_stream: bool) -> String {
    let mut parts = vec![match method {
        "GET" => "curl".to_owned(),
        method => format!("curl --request {method}"),
    }];
    parts.extend(is_stream.then(|| "--no-buffer".to_owned()));
    parts.push("--header \"Authorization: Bearer $TOKEN\"".to_owned());
    let named = |(name, value): (&HeaderName, &axum::http::HeaderValue)| {
        let name = if name == CONTENT_TYPE { "Content-Type" } else { name.as_str() };
        Some(format!("--header {}", quoted(&format!("{name}: {}", value.to_str().ok()?))))
    };
    parts.extend(headers.iter().filter_map(named));
    parts.extend(body.map(|body| format!("--data {}", quoted(body))));
    parts.push(quoted(url));
    parts.join(" \\\n  ")
}

/// A text as one word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn whatever_a_body_contains_stays_in_its_quotes() {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let command = command("POST", "https://x/api/v1/boards?a='", &headers, Some(r#"{"name":"'; rm $(x)"}"#), false);
        assert_eq!(
            command,
            "curl --request POST \\\n  --header \"Authorization: Bearer $TOKEN\" \\\n  --header 'Content-Type: application/json' \
             \\\n  --data '{\"name\":\"'\\''; rm $(x)\"}' \\\n  'https://x/api/v1/boards?a='\\'''"
        );
    }
}
