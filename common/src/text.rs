//! Types that travel as one text, in a query as well as in JSON.

/// Gives a type with `Display` and `FromStr` the serde form of a text.
macro_rules! serde_as_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use serde_as_text;

/// The beginning of a payload in one line, for tables: runs of white space become one space, control
/// characters go, and more than `limit` characters end in `…`.
pub fn excerpt(payload: &str, limit: usize) -> String {
    let mut line = String::with_capacity(limit.min(payload.len()) + 3);
    let mut chars = 0;
    let words = payload.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    for (position, word) in words.enumerate() {
        let space = (position > 0).then_some(' ');
        for c in space.into_iter().chain(word.chars()) {
            if chars == limit {
                line.push('…');
                return line;
            }
            line.push(c);
            chars += 1;
        }
    }
    line
}

/// The beginning of a text: at most `limit` characters.
pub fn beginning(text: &str, limit: usize) -> &str {
    let end = text.char_indices().nth(limit).map_or(text.len(), |(place, _)| place);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_ends_between_characters() {
        assert_eq!(beginning("été", 2), "ét");
        assert_eq!(beginning("été", 3), "été");
        assert_eq!(beginning("", 3), "");
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("hello\n\n", 10), "hello");
        assert_eq!(excerpt("a\tb\r\n c\u{1b}[0m", 20), "a b c [0m");
        assert_eq!(excerpt("abcdef", 6), "abcdef");
        assert_eq!(excerpt("abcdefg", 6), "abcdef…");
        assert_eq!(excerpt("", 6), "");
        assert_eq!(excerpt("été à Köln", 4), "été …");
    }
}
