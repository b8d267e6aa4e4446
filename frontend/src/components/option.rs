//! What the options of a select stand for: a text, or none. A mark tells the empty text from none.

/// The value of the option that stands for none.
pub const NONE: &str = "";

/// The value of the option that stands for a text.
pub fn value(text: Option<&str>) -> String {
    text.map_or_else(|| NONE.to_owned(), |text| format!("={text}"))
}

/// The text that the option with a value stands for.
pub fn text(value: &str) -> Option<String> {
    value.strip_prefix('=').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_text_is_not_none() {
        for chosen in [None, Some(""), Some("clear"), Some("=")] {
            assert_eq!(text(&value(chosen)).as_deref(), chosen);
        }
        assert_eq!(value(None), NONE);
    }
}
