//! The items of a checklist that a typed or pasted text means: one for each line.

use super::Typed;

/// Returns the text of each line that has one, and whether it is done. The marks with which lists are written are left out: `- `, `* `, `• `,
/// `[ ] `, `[x] `, and, where there are several lines, numbers.
pub fn item_lines(text: &str) -> Vec<(String, bool)> {
    let text = Typed::Description.normalize(text);
    let lines: Vec<&str> = text.split('\n').filter(|line| !line.trim().is_empty()).collect();
    let is_list = lines.len() > 1;
    lines.iter().map(|line| item(line, is_list)).filter(|(text, _)| !text.is_empty()).collect()
}

fn item(line: &str, is_list: bool) -> (String, bool) {
    let mut text = line.trim();
    let bullet = ["- ", "* ", "+ ", "• ", "– "].iter().find_map(|mark| text.strip_prefix(mark));
    let number = || {
        let rest = text.trim_start_matches(|char: char| char.is_ascii_digit());
        let is_number = rest.len() < text.len() && text.len() - rest.len() <= 3;
        rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")).filter(|_| is_number && is_list)
    };
    text = bullet.or_else(number).unwrap_or(text).trim_start();
    let boxed = [("[ ] ", false), ("[] ", false), ("[x] ", true), ("[X] ", true), ("☐ ", false), ("☑ ", true)];
    let boxed = boxed.iter().find_map(|(mark, done)| Some((text.strip_prefix(mark)?, *done)));
    let (text, done) = boxed.unwrap_or((text, false));
    (Typed::Title.normalize(text), done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_an_item() {
        let items = |text: &str| item_lines(text).into_iter().map(|(text, _)| text).collect::<Vec<_>>();
        assert_eq!(items(" Milk \r\n\n\tTea\u{2028}Honey\n"), ["Milk", "Tea", "Honey"]);
        assert_eq!(items("- Milk\n* Tea\n• Honey\n  + Sugar"), ["Milk", "Tea", "Honey", "Sugar"]);
        assert_eq!(items("1. Milk\n2) Tea\n2026. A year"), ["Milk", "Tea", "2026. A year"]);
        assert_eq!(items("3. place"), ["3. place"], "one line with a number is no list");
        assert_eq!(items("-5 degrees\n*bold* word"), ["-5 degrees", "*bold* word"]);
        assert!(items(" \n \n").is_empty() && items("").is_empty());
    }

    #[test]
    fn boxes_say_what_is_done() {
        let text = "- [ ] Milk\n- [x] Tea\n[X] Honey\n☑ Sugar\n[]\n[link](x)";
        let items = item_lines(text);
        let items: Vec<(&str, bool)> = items.iter().map(|(text, done)| (text.as_str(), *done)).collect();
        assert_eq!(
            items,
            [("Milk", false), ("Tea", true), ("Honey", true), ("Sugar", true), ("[]", false), ("[link](x)", false)]
        );
    }
}
