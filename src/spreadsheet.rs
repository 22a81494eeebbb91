//! CSV for spreadsheets.
//!
//! A spreadsheet takes a cell that begins with `=` and the like for a formula, which may fetch or run something when the file is opened
//! (CSV injection). So such a cell gets an apostrophe before it, which spreadsheets take for the sign of plain text.

use std::{borrow::Cow, io::Write};

/// Writes a table as CSV, with no cell that a spreadsheet takes for a formula.
pub fn write<const COLUMNS: usize>(
    to: impl Write,
    header: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| plain(cell).into_owned()))?;
    }
    writer.flush()?;
    Ok(())
}

/// The text of a cell as a spreadsheet shows it, and does not evaluate it.
pub fn plain(cell: &str) -> Cow<'_, str> {
    match cell.trim_start().chars().next().or(cell.chars().next()) {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            Cow::Owned(format!("'{cell}"))
        }
        _ => Cow::Borrowed(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_formula() {
        let mut file = Vec::new();
        let row = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "a=b", "1, \"2\""].map(str::to_owned);
        write(&mut file, ["a", "b", "c", "d", "e", "f", "g", "h"], std::iter::once(row)).unwrap();
        assert_eq!(
            String::from_utf8(file).unwrap(),
            "a,b,c,d,e,f,g,h\n'=1+1,'+1,'-1,'@SUM(A1),'\t=1,' =1,a=b,\"1, \"\"2\"\"\"\n"
        );
    }
}
