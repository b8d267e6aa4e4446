//! How wide texts are, without a browser to ask.

/// Widths in hundredths of the font's size, from the space to `~`. Each is the larger one of DejaVu Sans and
/// Liberation Sans, the widest and the usual sans serif; with another font a text comes out a little narrower.
const WIDTHS: [u8; 95] = [
    32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
    84, 84, 56, 102, 69, 69, 73, 78, 67, 62, 78, 76, 30, 50, 67, 56, 87, 75, 79, 67, 79, 73, 67, 62, 74, 69, 99, 69,
    67, 69, 40, 34, 40, 84, 56, 50, 62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98, 64, 62, 64, 64, 42, 53, 40, 64,
    60, 82, 60, 60, 53, 64, 34, 64, 84,
];
const ELLIPSIS: char = '…';

/// The width of a text in pixels, for a font of so many pixels.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(char_width).sum::<f64>() * size
}

fn char_width(c: char) -> f64 {
    let known = (c as usize).checked_sub(32).and_then(|index| WIDTHS.get(index));
    match known {
        Some(width) => f64::from(*width) / 100.0,
        // Full width from Hangul on, then emoji.
        None if c >= '\u{1100}' && !('\u{1e00}'..'\u{2e80}').contains(&c) => 1.4,
        None => 1.0,
    }
}

/// The text, or as much of its beginning and end as fits with an ellipsis between them: names of one family
/// begin alike, and differ at the end.
pub fn shorten(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut room = room / size - char_width(ELLIPSIS);
    let mut rest = text.chars();
    // The tail is backwards.
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    loop {
        let (end, next) = match head.len() <= tail.len() {
            true => (&mut head, rest.next()),
            false => (&mut tail, rest.next_back()),
        };
        let Some(next) = next else { break };
        room -= char_width(next);
        if room < 0.0 {
            break;
        }
        end.push(next);
    }
    let (head, tail): (String, String) = (head.iter().collect(), tail.iter().rev().collect());
    format!("{}{ELLIPSIS}{}", head.trim_end(), tail.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        assert_eq!(width("", 12.0), 0.0);
        assert!((width("41150", 12.0) - 38.4).abs() < 1e-9);
        assert!(width("日本", 12.0) > 24.0);
    }

    #[test]
    fn texts_keep_their_beginning_and_end() {
        assert_eq!(shorten("short", 12.0, 100.0), "short");
        assert_eq!(shorten("org.clearlinux/mce/corrected", 12.0, 120.0), "org.clear…orrected");
        assert_eq!(shorten("anything", 12.0, 0.0), "…");
    }

    #[test]
    fn shortened_texts_fit() {
        let text = "org.clearlinux/crash/clr — «日本» äöü 😀 WWWWWWWW iiiiiiiiii";
        for room in 15..400 {
            let room = f64::from(room);
            assert!(width(&shorten(text, 12.0, room), 12.0) <= room);
        }
    }
}
