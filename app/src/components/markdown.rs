//! Descriptions: Markdown, rendered safely.
